import type { CellRange, Column, HistogramColumns } from './world.ts';

/** Arithmetic over stretches of columns. NaN cells do not count; an empty stretch gives NaN, its sum is 0. */

export function meanOf(column: Column, cells: CellRange): number {
  let sum = 0;
  let n = 0;
  for (let i = cells.lo; i < cells.hi; i++) {
    const value = column[i]!;
    if (value === value) {
      sum += value;
      n++;
    }
  }
  return n === 0 ? NaN : sum / n;
}

export function maxOf(column: Column, cells: CellRange): number {
  let top = NaN;
  for (let i = cells.lo; i < cells.hi; i++)
    if (!(column[i]! <= top) && column[i] === column[i]) top = column[i]!;
  return top;
}

export function sumOf(column: Column, cells: CellRange): number {
  let sum = 0;
  for (let i = cells.lo; i < cells.hi; i++) if (column[i] === column[i]) sum += column[i]!;
  return sum;
}

/** Newest value in the stretch, looking back at most `depth` cells. */
export function lastOf(column: Column, cells: CellRange, depth = Infinity): number {
  const least = Math.max(cells.lo, cells.hi - depth);
  for (let i = cells.hi - 1; i >= least; i--) if (column[i] === column[i]) return column[i]!;
  return NaN;
}

export function countOf(column: Column, cells: CellRange): number {
  let n = 0;
  for (let i = cells.lo; i < cells.hi; i++) if (column[i] === column[i]) n++;
  return n;
}

/** `q` in 0..1, linear between ranks. */
export function quantileOf(column: Column, cells: CellRange, q: number): number {
  const values = column.slice(cells.lo, cells.hi).filter((value) => value === value);
  if (values.length === 0) return NaN;
  values.sort();
  const rank = q * (values.length - 1);
  const low = Math.floor(rank);
  const high = Math.min(values.length - 1, low + 1);
  return values[low]! + (values[high]! - values[low]!) * (rank - low);
}

export const medianOf = (column: Column, cells: CellRange): number => quantileOf(column, cells, 0.5);

/** Cell by cell `a / b` of counts: an unknown `a` over a known `b` is 0. NaN where `b` is 0 or unknown. */
export function ratioColumn(a: Column, b: Column): Column {
  const out = new Float64Array(b.length);
  for (let i = 0; i < b.length; i++) out[i] = b[i]! > 0 ? (a[i] === a[i] ? a[i]! : 0) / b[i]! : NaN;
  return out;
}

/** `a / b` of counts over a whole stretch, as their sums tell, so that busy cells weigh more; NaN where `b` has none. */
export function ratioOf(a: Column, b: Column, cells: CellRange): number {
  let [part, whole] = [0, 0];
  for (let i = cells.lo; i < cells.hi; i++) {
    if (!(b[i]! > 0)) continue;
    whole += b[i]!;
    part += a[i] === a[i] ? a[i]! : 0;
  }
  return whole > 0 ? part / whole : NaN;
}

/** Cell by cell how much of `whole` a measured `part` is; NaN where either is unknown, or `whole` is 0. */
export function shareColumn(part: Column, whole: Column): Column {
  const out = new Float64Array(whole.length);
  for (let i = 0; i < whole.length; i++) out[i] = whole[i]! > 0 ? part[i]! / whole[i]! : NaN;
  return out;
}

/** Rank `q` (0..1) of the latencies observed in the stretch, linear within a bucket, seconds. */
export function latencyQuantile(histogram: HistogramColumns, cells: CellRange, q: number): number {
  const totals = histogram.counts.map((column) => sumOf(column, cells));
  return bucketQuantile(histogram.bounds, totals, q);
}

/** As Prometheus's histogram_quantile: the last finite bound when the rank lies above it. */
export function bucketQuantile(bounds: readonly number[], totals: readonly number[], q: number): number {
  const total = totals.at(-1) ?? 0;
  if (!(total > 0)) return NaN;
  const rank = q * total;
  let b = 0;
  while (b < bounds.length - 1 && totals[b]! < rank) b++;
  if (bounds[b] === Infinity) return bounds[b - 1] ?? NaN;
  const low = b === 0 ? 0 : bounds[b - 1]!;
  const below = b === 0 ? 0 : totals[b - 1]!;
  const inside = totals[b]! - below;
  return inside > 0 ? low + ((bounds[b]! - low) * (rank - below)) / inside : bounds[b]!;
}

/** Cell by cell quantile, for charts. */
export function latencyQuantileColumn(histogram: HistogramColumns, q: number): Column {
  const points = histogram.counts[0]?.length ?? 0;
  const out = new Float64Array(points);
  const totals = histogram.bounds.map(() => 0);
  for (let i = 0; i < points; i++) {
    for (let b = 0; b < totals.length; b++) totals[b] = histogram.counts[b]![i]! || 0;
    out[i] = bucketQuantile(histogram.bounds, totals, q);
  }
  return out;
}

/** Observations slower than `threshold` seconds, per second; the threshold is rounded up to a bucket bound. */
export function slowerThan(histogram: HistogramColumns, threshold: number): Column {
  const total = histogram.counts.at(-1)!;
  const b = histogram.bounds.findIndex((bound) => bound >= threshold * (1 - 1e-9));
  const fast = histogram.counts[b]!;
  const out = new Float64Array(total.length);
  for (let i = 0; i < out.length; i++)
    out[i] = total[i] === total[i] ? Math.max(0, total[i]! - (fast[i]! || 0)) : NaN;
  return out;
}

/** Adds up histograms bound by bound; bounds that one of them lacks are taken from its next lower one. */
export function mergeHistograms(histograms: readonly HistogramColumns[]): HistogramColumns | undefined {
  const [first, ...rest] = histograms;
  if (first === undefined || rest.length === 0) return first;
  const bounds = [...new Set(histograms.flatMap((histogram) => histogram.bounds))].sort((a, b) => a - b);
  const points = first.counts[0]!.length;
  const counts = bounds.map((bound) => {
    const out = new Float64Array(points).fill(NaN);
    for (const histogram of histograms) {
      const b = histogram.bounds.findLastIndex((other) => other <= bound);
      const column = histogram.counts[b];
      if (column === undefined) continue;
      for (let i = 0; i < points; i++) {
        if (column[i] === column[i]) out[i] = (out[i] === out[i] ? out[i]! : 0) + column[i]!;
      }
    }
    return out;
  });
  return { bounds, counts };
}

/** Sum of columns; NaN only where all are. */
export function sumColumns(columns: readonly Column[], points: number): Column {
  const [first, ...rest] = columns;
  const out = first ? first.slice(0, points) : new Float64Array(points).fill(NaN);
  for (const column of rest)
    for (let i = 0; i < points; i++) {
      const [value, sum] = [column[i]!, out[i]!];
      if (value === value) out[i] = sum === sum ? sum + value : value;
    }
  return out;
}

export function maxColumns(columns: readonly Column[], points: number): Column {
  const [first, ...rest] = columns;
  const out = first ? first.slice(0, points) : new Float64Array(points).fill(NaN);
  for (const column of rest)
    for (let i = 0; i < points; i++) {
      const value = column[i]!;
      if (value === value && !(out[i]! >= value)) out[i] = value;
    }
  return out;
}
