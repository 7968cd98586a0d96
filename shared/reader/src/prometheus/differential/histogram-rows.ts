import type { Labels } from '@gumshoe/base/series';
import type { HistogramJson } from '@gumshoe/promql/histograms/json';
import type { Point, Row } from './rows.ts';

const PART = '__part__';

const float = (text: string): number => Number(text.replace('Inf', 'Infinity'));

/** Bounds in few digits, so that equal buckets have one name whosever logarithms they come from. */
const bound = (text: string): string => String(Number(float(text).toPrecision(9)));

/** Count, sum and each bucket of the histograms of one series, each as a row of floats. */
export function histogramRows(
  labels: Labels,
  samples: readonly (readonly [time: number, histogram: HistogramJson])[],
): Row[] {
  const parts = new Map<string, Point[]>();
  const put = (part: string, time: number, text: string): void => {
    const known = parts.get(part);
    const point: Point = [time, float(text)];
    if (known) known.push(point);
    else parts.set(part, [point]);
  };
  for (const [time, { count, sum, buckets = [] }] of samples) {
    put('count', time, count);
    put('sum', time, sum);
    for (const [ends, lower, upper, own] of buckets)
      put(`bucket ${ends} ${bound(lower)} ${bound(upper)}`, time, own);
  }
  return Array.from(parts, ([part, points]) => ({ labels: { ...labels, [PART]: part }, points }));
}
