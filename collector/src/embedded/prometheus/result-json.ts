import type { Labels } from '@gumshoe/base/series';
import { floatJson, histogramJson, type HistogramJson } from '@gumshoe/promql/histograms/json';
import type { EvaluatedMatrix, InstantResult } from '@gumshoe/promql/evaluate';

type Point = readonly [seconds: number, value: string];

interface ResultJson {
  readonly resultType: 'vector' | 'scalar' | 'string' | 'matrix';
  readonly result: unknown;
}

export function instantJson(result: InstantResult, at: number): ResultJson {
  const seconds = at / 1000;
  switch (result.type) {
    case 'vector':
      return {
        resultType: 'vector',
        result: result.samples.map(({ labels, value, histogram }) => ({
          metric: labels,
          ...(histogram
            ? { histogram: [seconds, histogramJson(histogram)] }
            : { value: [seconds, floatJson(value)] }),
        })),
      };
    case 'scalar':
      return { resultType: 'scalar', result: [seconds, floatJson(result.value)] };
    case 'string':
      return { resultType: 'string', result: [seconds, result.value] };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: result.series.map(({ labels, timestamps, values, histograms }) =>
          row(
            labels,
            Array.from(timestamps, (time, i): Point => [time / 1000, floatJson(values[i]!)]),
            (histograms?.samples ?? []).map((one, i) => [
              histograms!.timestamps[i]! / 1000,
              histogramJson(one),
            ]),
          ),
        ),
      };
  }
}

export function rangeJson({ grid, series }: EvaluatedMatrix): ResultJson {
  const result: MatrixRow[] = [];
  for (const { labels, values, present, histograms } of series) {
    const points: Point[] = [];
    const natives: HistogramPoint[] = [];
    for (let i = 0; i < grid.points; i++) {
      const seconds = (grid.from + i * grid.step) / 1000;
      const histogram = histograms?.[i];
      if (present[i] === 1) points.push([seconds, floatJson(values[i]!)]);
      else if (histogram) natives.push([seconds, histogramJson(histogram)]);
    }
    result.push(row(labels, points, natives));
  }
  return { resultType: 'matrix', result };
}

type HistogramPoint = readonly [seconds: number, histogram: HistogramJson];

interface MatrixRow {
  readonly metric: Labels;
  readonly values?: readonly Point[];
  readonly histograms?: readonly HistogramPoint[];
}

const row = (metric: Labels, values: readonly Point[], histograms: readonly HistogramPoint[]): MatrixRow => ({
  metric,
  ...(values.length > 0 || histograms.length === 0 ? { values } : {}),
  ...(histograms.length > 0 ? { histograms } : {}),
});
