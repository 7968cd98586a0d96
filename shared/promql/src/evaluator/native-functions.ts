import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Labels } from '@gumshoe/base/series';
import type { Annotations } from '../annotations.ts';
import { fractionHasNans, mixedClassicNative, quantileIsNan, quantileIsSkewed } from '../histogram-notes.ts';
import { nativeFraction } from '../histograms/fraction.ts';
import { nativeQuantile } from '../histograms/quantile.ts';
import { nativeVariance } from '../histograms/variance.ts';
import type { Position } from '../parser/ast.ts';
import { dropName, keyOf, labelOf, withLabel } from './labels.ts';
import { floatsOf, masked } from './samples.ts';
import { column, nameless, type Column } from './values.ts';

/** Functions of one histogram that give a number; floats have no result. */
const OF_HISTOGRAM: Readonly<Record<string, (histogram: NativeHistogram) => number>> = {
  histogram_count: ({ count }) => count,
  histogram_sum: ({ sum }) => sum,
  histogram_avg: ({ count, sum }) => sum / count,
  histogram_stdvar: nativeVariance,
  histogram_stddev: (histogram) => Math.sqrt(nativeVariance(histogram)),
};

/** One value for each histogram. */
function over(
  columns: readonly Column[],
  labelsOf: (labels: Labels) => Labels,
  valueOf: (histogram: NativeHistogram, i: number, metric: string) => number,
): Column[] {
  return columns.flatMap(({ labels, histograms }) => {
    if (!histograms) return [];
    const made = column(labelsOf(labels), histograms.length);
    const metric = labelOf(labels, '__name__');
    histograms.forEach((histogram, i) => {
      if (!histogram) return;
      made.values[i] = valueOf(histogram, i, metric);
      made.present[i] = 1;
    });
    return [made];
  });
}

/** histogram_count, histogram_sum, histogram_avg, histogram_stddev and histogram_stdvar. */
export function histogramFunction(
  name: string,
  columns: readonly Column[],
  where: Position,
): readonly Column[] {
  const of = OF_HISTOGRAM[name]!;
  return nameless(
    over(
      columns,
      (labels) => labels,
      (histogram) => of(histogram),
    ),
    where,
  );
}

type Scalar = (i: number) => number;

/** A quantile of each native histogram. */
export function nativeQuantiles(
  share: Scalar,
  columns: readonly Column[],
  annotations: Annotations,
  where: Position,
): Column[] {
  return over(columns, dropName, (histogram, i, metric) => {
    const { value, nans } = nativeQuantile(share(i), histogram);
    if (nans === 'result') annotations.inform(quantileIsNan(metric), where);
    if (nans === 'skewed') annotations.inform(quantileIsSkewed(metric), where);
    return value;
  });
}

export function nativeFractions(
  lower: Scalar,
  upper: Scalar,
  columns: readonly Column[],
  annotations: Annotations,
  where: Position,
): Column[] {
  return over(columns, dropName, (histogram, i, metric) => {
    const { value, nans } = nativeFraction(lower(i), upper(i), histogram);
    if (nans) annotations.inform(fractionHasNans(metric), where);
    return value;
  });
}

/** Histograms of both kinds without those that are there in both at the same step, which have no result. */
export function separated(
  columns: readonly Column[],
  annotations: Annotations,
  where: Position,
): { readonly classic: readonly Column[]; readonly native: readonly Column[] } {
  const native = columns.filter(({ histograms }) => histograms !== undefined);
  if (native.length === 0) return { classic: columns, native };
  const buckets = Map.groupBy(
    columns.filter(({ present }) => present.includes(1)),
    ({ labels }) => keyOf(withLabel(labels, 'le', '')),
  );
  const dropped = new Map<Column, Uint8Array>();
  const drop = (one: Column, i: number): void => {
    const mask = dropped.get(one) ?? new Uint8Array(one.present.length).fill(1);
    mask[i] = 0;
    dropped.set(one, mask);
  };
  for (const one of native)
    for (const same of buckets.get(keyOf(one.labels)) ?? [])
      one.histograms?.forEach((histogram, i) => {
        if (!histogram || same === one || same.present[i] === 0) return;
        annotations.warn(mixedClassicNative(labelOf(one.labels, '__name__')), where);
        drop(same, i);
        drop(one, i);
      });
  const left = columns.map((one) => (dropped.has(one) ? masked(one, dropped.get(one)!) : one));
  return {
    classic: left.filter(({ present }) => present.includes(1)).map(floatsOf),
    native: left.filter(({ histograms }) => histograms !== undefined),
  };
}
