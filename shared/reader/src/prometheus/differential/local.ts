import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Labels, Series } from '@gumshoe/base/series';
import { FailureError } from '@gumshoe/base/failure';
import { milliseconds } from '@gumshoe/base/time';
import { evaluateInstant, evaluateRange } from '@gumshoe/promql/evaluate';
import { histogramJson, type HistogramJson } from '@gumshoe/promql/histograms/json';
import { compileMatchers } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import type { SeriesSource } from '@gumshoe/promql/source';
import { cutSeries } from '../../snapshot/contents.ts';
import { histogramRows } from './histogram-rows.ts';
import type { Point, Rows } from './rows.ts';

/** Samples in memory as a source. */
export function sourceOf(all: readonly Series[]): SeriesSource {
  const byName = Map.groupBy(all, (one) => one.labels['__name__'] ?? '');
  return {
    select(matchers, from, to) {
      const name = matchers.find((matcher) => matcher.name === '__name__' && matcher.op === '=');
      const accept = compileMatchers(matchers);
      const candidates = name ? (byName.get(name.value) ?? []) : all;
      const out: Series[] = [];
      for (const one of candidates) {
        if (!accept(one.labels)) continue;
        out.push(...cutSeries(one, from, to));
      }
      return out;
    },
  };
}

export interface Grid {
  readonly from: number;
  readonly step: number;
  readonly points: number;
}

function caught(evaluate: () => Rows): Rows {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof FailureError) return { error: error.failure.reason };
    throw error;
  }
}

export const rangeRows = (text: string, source: SeriesSource, grid: Grid): Rows =>
  caught(() => {
    const { series } = evaluateRange(parsePromql(text), source, { ...grid, from: milliseconds(grid.from) });
    return {
      rows: series.flatMap(({ labels, values, present, histograms }) => {
        const points: Point[] = [];
        for (let i = 0; i < grid.points; i++)
          if (present[i] !== 0) points.push([grid.from + i * grid.step, values[i]!]);
        const natives = timed(histograms ?? [], (i) => grid.from + i * grid.step);
        return points.length > 0 || !histograms
          ? [{ labels, points }, ...histogramRows(labels, natives)]
          : histogramRows(labels, natives);
      }),
    };
  });

export const instantRows = (text: string, source: SeriesSource, at: number): Rows =>
  caught(() => {
    const result = evaluateInstant(parsePromql(text), source, at);
    const row = (labels: Labels, value: number) => ({ labels, points: [[at, value]] as const });
    if (result.type === 'vector')
      return {
        rows: result.samples.flatMap(({ labels, value, histogram }) =>
          histogram
            ? histogramRows(
                labels,
                timed([histogram], () => at),
              )
            : [row(labels, value)],
        ),
      };
    if (result.type === 'scalar') return { rows: [row({}, result.value)] };
    if (result.type === 'string') return { rows: [row({ text: result.value }, 0)] };
    return {
      rows: result.series.flatMap(({ labels, timestamps, values, histograms }) => {
        const points = Array.from(timestamps, (time, i): Point => [time, values[i]!]);
        const natives = timed(histograms?.samples ?? [], (i) => histograms!.timestamps[i]!);
        return [...(points.length > 0 ? [{ labels, points }] : []), ...histogramRows(labels, natives)];
      }),
    };
  });

const timed = (
  histograms: readonly (NativeHistogram | undefined)[],
  timeOf: (i: number) => number,
): (readonly [number, HistogramJson])[] =>
  histograms.flatMap((one, i) => (one ? [[timeOf(i), histogramJson(one)] as const] : []));
