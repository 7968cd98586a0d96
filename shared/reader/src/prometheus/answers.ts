import { FailureError } from '@gumshoe/base/failure';
import type { GridSeries, Labels, Series } from '@gumshoe/base/series';
import type { TimeGrid } from '@gumshoe/base/time';

interface MatrixEntry {
  readonly metric: Labels;
  readonly values: readonly (readonly [number, string])[];
}

function unexpected(what: string): FailureError {
  return new FailureError({
    code: 'wrong-server',
    tried: 'read an answer of Prometheus',
    target: what,
    reason: 'the answer has another shape than the HTTP API documents',
  });
}

function entries(data: unknown): readonly MatrixEntry[] {
  if (typeof data !== 'object' || data === null || !('result' in data) || !Array.isArray(data.result))
    throw unexpected('data.result');
  return data.result as readonly MatrixEntry[];
}

const INFINITY: Readonly<Record<string, number>> = { '+Inf': Infinity, Inf: Infinity, '-Inf': -Infinity };

export function sampleValue(text: string): number {
  const value = Number(text);
  // a look at the table would keep every text in memory
  return Number.isNaN(value) ? (INFINITY[text] ?? NaN) : value;
}

/** Raw series of an instant query for a range selector: samples with `after < t <= to`, ms. */
export function rawSeries(data: unknown, after: number, to: number): Series[] {
  return entries(data).map(({ metric, values }) => {
    const kept = values.filter(([seconds]) => {
      const at = Math.round(seconds * 1000);
      return at > after && at <= to;
    });
    return {
      labels: metric,
      timestamps: Float64Array.from(kept, ([seconds]) => Math.round(seconds * 1000)),
      values: Float64Array.from(kept, ([, text]) => sampleValue(text)),
    };
  });
}

/** Range query on its grid: NaN where a step has no sample. */
export function gridSeries(data: unknown, grid: TimeGrid): GridSeries[] {
  return entries(data).map(({ metric, values }) => {
    const out = new Float64Array(grid.points).fill(NaN);
    for (const [seconds, text] of values) {
      const i = Math.round((seconds * 1000 - grid.from) / grid.step);
      if (i >= 0 && i < grid.points) out[i] = sampleValue(text);
    }
    return { labels: metric, values: out };
  });
}
