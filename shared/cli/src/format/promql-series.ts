import { type GridHistograms, type GridSeries, labelsKey, type Matrix } from '@gumshoe/base/series';
import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import { gridTime, type TimeGrid } from '@gumshoe/base/time';
import { histogramJson, type HistogramJson } from '@gumshoe/promql/histograms/json';
import { nativeQuantile } from '@gumshoe/promql/histograms/quantile';

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** What one looks for in a native histogram: `count 9, sum 4.5, p50 0.31, p99 2.1`. */
function summaryOf(histogram: NativeHistogram): string {
  const quantile = (share: number): string => short(nativeQuantile(share, histogram).value);
  return `count ${short(histogram.count)}, sum ${short(histogram.sum)}, p50 ${quantile(0.5)}, p99 ${quantile(0.99)}`;
}

/** Line of a table: labels, points, first, last and largest value. */
export function promqlRow({ labels, values, histograms = [] }: GridSeries): string[] {
  const texts = Array.from(values, (value, i) => {
    const histogram = histograms[i];
    if (histogram) return summaryOf(histogram);
    return Number.isNaN(value) ? undefined : String(value);
  }).filter((text) => text !== undefined);
  const floats = values.filter((value) => !Number.isNaN(value));
  return [
    labelsKey(labels).slice(0, -1) || '{}',
    String(texts.length),
    texts[0] ?? '',
    texts.at(-1) ?? '',
    floats.length > 0 ? String(Math.max(...floats)) : '',
  ];
}

/** The matrix with native histograms as Prometheus writes them: `[seconds, {count, sum, buckets}]` where there are any. */
export const promqlDocument = (matrix: Matrix): object => ({
  ...matrix,
  series: matrix.series.map(({ labels, values, histograms }) => ({
    labels,
    values,
    ...(histograms ? { histograms: timed(histograms, matrix.grid) } : {}),
  })),
});

const timed = (histograms: GridHistograms, grid: TimeGrid): (readonly [number, HistogramJson])[] =>
  histograms.flatMap((one, i) => (one ? [[gridTime(grid, i) / 1000, histogramJson(one)] as const] : []));
