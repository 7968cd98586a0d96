import type { Labels } from '@gumshoe/base/series';
import type { EvaluatedMatrix, InstantResult } from '@gumshoe/promql/evaluate';

type Point = readonly [seconds: number, value: string];

interface ResultJson {
  readonly resultType: 'vector' | 'scalar' | 'string' | 'matrix';
  readonly result: unknown;
}

/** A value as Prometheus writes it in JSON. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

export function instantJson(result: InstantResult, at: number): ResultJson {
  const seconds = at / 1000;
  switch (result.type) {
    case 'vector':
      return {
        resultType: 'vector',
        result: result.samples.map(({ labels, value }) => ({
          metric: labels,
          value: [seconds, formatValue(value)],
        })),
      };
    case 'scalar':
      return { resultType: 'scalar', result: [seconds, formatValue(result.value)] };
    case 'string':
      return { resultType: 'string', result: [seconds, result.value] };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: result.series.map(({ labels, timestamps, values }) => ({
          metric: labels,
          values: Array.from(timestamps, (time, i): Point => [time / 1000, formatValue(values[i]!)]),
        })),
      };
  }
}

export function rangeJson({ grid, series }: EvaluatedMatrix): ResultJson {
  const result: { readonly metric: Labels; readonly values: readonly Point[] }[] = [];
  for (const { labels, values, present } of series) {
    const points: Point[] = [];
    for (let i = 0; i < grid.points; i++) {
      if (present[i] === 1) points.push([(grid.from + i * grid.step) / 1000, formatValue(values[i]!)]);
    }
    result.push({ metric: labels, values: points });
  }
  return { resultType: 'matrix', result };
}
