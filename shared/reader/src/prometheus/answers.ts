import { FailureError } from '@gumshoe/base/failure';
import type { HistogramSamples, NativeHistogram } from '@gumshoe/base/native-histogram';
import type { GridHistograms, GridSeries, Labels, Series } from '@gumshoe/base/series';
import type { TimeGrid } from '@gumshoe/base/time';
import { sampleValue } from './sample-value.ts';
import { toldHistograms, type ToldSample } from './told-histograms.ts';

interface MatrixEntry {
  readonly metric: Labels;
  readonly values?: readonly (readonly [number, string])[];
  readonly histograms?: readonly ToldSample[];
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

function histogramsOf(
  told: readonly ToldSample[],
  after?: number,
  to?: number,
): HistogramSamples | undefined {
  try {
    return toldHistograms(told, after, to);
  } catch (error) {
    throw error instanceof SyntaxError ? unexpected(error.message) : error;
  }
}

/** Raw series of an instant query for a range selector: samples with `after < t <= to`, ms. */
export function rawSeries(data: unknown, after: number, to: number): Series[] {
  return entries(data).map(({ metric, values = [], histograms: told = [] }) => {
    const histograms = histogramsOf(told, after, to);
    const kept = values.filter(([seconds]) => {
      const at = Math.round(seconds * 1000);
      return at > after && at <= to;
    });
    return {
      labels: metric,
      timestamps: Float64Array.from(kept, ([seconds]) => Math.round(seconds * 1000)),
      values: Float64Array.from(kept, ([, text]) => sampleValue(text)),
      ...(histograms ? { histograms } : {}),
    };
  });
}

/** Range query on its grid: NaN where a step has no sample. */
export function gridSeries(data: unknown, grid: TimeGrid): GridSeries[] {
  return entries(data).map(({ metric, values = [], histograms = [] }) => {
    const out = new Float64Array(grid.points).fill(NaN);
    for (const [seconds, text] of values) {
      const i = Math.round((seconds * 1000 - grid.from) / grid.step);
      if (i >= 0 && i < grid.points) out[i] = sampleValue(text);
    }
    const natives = histograms.length > 0 ? histogramsOnGrid(histograms, grid) : undefined;
    return natives ? { labels: metric, values: out, histograms: natives } : { labels: metric, values: out };
  });
}

function histogramsOnGrid(told: readonly ToldSample[], grid: TimeGrid): GridHistograms {
  const out: (NativeHistogram | undefined)[] = Array.from({ length: grid.points });
  const { timestamps, samples } = histogramsOf(told) ?? { timestamps: [], samples: [] };
  samples.forEach((sample, n) => {
    const i = Math.round((timestamps[n]! - grid.from) / grid.step);
    if (i >= 0 && i < grid.points) out[i] = sample;
  });
  return out;
}
