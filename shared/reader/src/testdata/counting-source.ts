import type { Labels, Series } from '@gumshoe/base/series';
import type { Milliseconds, TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';

export interface Question {
  readonly metrics: readonly string[];
  readonly from: number;
  readonly to: number;
}

export interface CountingSourceOptions {
  /** Series of each metric; they come and go: the i-th lives in hours that i divides, the first always. */
  readonly series: number;
  /** ms between samples */
  readonly step: number;
  /** Newest instant that has samples. */
  readonly now: () => number;
}

/**
 * A source whose every sample follows from its metric, series and instant, so that any window can be checked. Says
 * what it was asked.
 */
export class CountingSource {
  readonly questions: Question[] = [];
  failure: Error | undefined;
  /** Samples from here on that have not come yet. */
  late: { readonly from: number; readonly to: number } | undefined;
  readonly #options: CountingSourceOptions;

  constructor(options: CountingSourceOptions) {
    this.#options = options;
  }

  /** What the source holds for a window. */
  truth(metrics: readonly string[], range: { readonly from: number; readonly to: number }): Series[] {
    return metrics.flatMap((metric) =>
      Array.from({ length: this.#options.series }, (_, i) => this.#series(metric, i, range)).filter(
        ({ values }) => values.length > 0,
      ),
    );
  }

  #series(metric: string, i: number, { from, to }: { readonly from: number; readonly to: number }): Series {
    const { step, now } = this.#options;
    const timestamps: number[] = [];
    for (let at = (Math.floor(from / step) + 1) * step; at <= Math.min(to, now()); at += step) {
      if (i > 0 && Math.floor(at / 3_600_000) % (i + 1) !== 0) continue;
      if (this.late && at > this.late.from && at <= this.late.to) continue;
      timestamps.push(at);
    }
    const labels: Labels = { __name__: metric, container_id: `/k8s/shop/api-${i}`, zone: `z"${i % 3}\n` };
    return {
      labels,
      timestamps: Float64Array.from(timestamps),
      values: Float64Array.from(timestamps, (at) => valueOf(metric, i, at)),
    };
  }

  /** As a reader; what no test asks is not there. */
  reader(): Reader {
    return {
      status: () => Promise.resolve({ name: 'test', kind: 'direct', parts: [] }),
      series: (metrics: readonly string[], range: TimeRange) => {
        this.questions.push({ metrics, from: range.from, to: range.to });
        if (this.failure) return Promise.reject(this.failure);
        return Promise.resolve(this.truth(metrics, range));
      },
      close: () => Promise.resolve(),
    } as Partial<Reader> as Reader;
  }

  /** Samples asked for since the last time, as ms of all metrics together. */
  takeAsked(): number {
    const ms = this.questions.reduce((sum, { metrics, from, to }) => sum + (to - from) * metrics.length, 0);
    this.questions.length = 0;
    return ms;
  }
}

function valueOf(metric: string, i: number, at: number): number {
  if (i === 1) return NaN;
  const seconds = at / 1000;
  return metric.endsWith('_total') ? seconds * (i + 1) : Math.sin(seconds + i) * 1e-3;
}

/** Series as text, sorted: equal texts, equal answers. */
export function comparable(series: readonly Series[]): string[] {
  return series
    .map(({ labels, timestamps, values }) => {
      const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return JSON.stringify([sorted, [...timestamps], [...values].map(String)]);
    })
    .toSorted();
}

export const rangeOf = (from: number, to: number): TimeRange => ({
  from: from as Milliseconds,
  to: to as Milliseconds,
});
