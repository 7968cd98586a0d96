import { labelsKey } from '@gumshoe/base/series';
import { close, type Row, type Rows } from './rows.ts';

/** Exponents of the bounds that buckets of the corpus have, and zero thresholds that cut one. */
const SCHEMAS = [-2, 0, 1, 2, 3, 7, 8];
const CUTS = [0, 0.001, 0.1];

/**
 * What 2.42 gives where a quantile falls into an exponential bucket and 3 gives `value`: the same share of the bucket, but
 * on a linear scale.
 */
function linearly(value: number): number[] {
  const size = Math.abs(value);
  return SCHEMAS.flatMap((schema) => {
    const scale = 2 ** schema;
    const inner = 2 ** (Math.floor(Math.log2(size) * scale) / scale);
    return CUTS.map((cut) => {
      const [low, high] = [Math.max(inner, cut), inner * 2 ** (1 / scale)];
      const share = (Math.log2(size) - Math.log2(low)) / (Math.log2(high) - Math.log2(low));
      return Math.sign(value) * (low + (high - low) * share);
    });
  });
}

const isBound = (value: number): boolean =>
  [1e-128, ...CUTS].some((cut) => close(Math.abs(value), cut)) ||
  SCHEMAS.some((schema) => {
    const index = Math.log2(Math.abs(value)) * 2 ** schema;
    return Math.abs(index - Math.round(index)) < 1e-9;
  });

/** Where just that share lies below a run of empty buckets, either end of it will do: 2.42 always counts from below. */
const onBothEnds = (a: number, b: number): boolean => isBound(a) && isBound(b);

function sameButLinear(ours: Rows, theirs: Rows, atEnd: boolean): boolean {
  if ('error' in ours || 'error' in theirs || ours.rows.length !== theirs.rows.length) return false;
  const sorted = (rows: readonly Row[]): Row[] =>
    [...rows].sort((a, b) => (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1));
  const others = sorted(theirs.rows);
  return sorted(ours.rows).every(({ points }, r) => {
    const other = others[r]!.points;
    if (other.length !== points.length) return false;
    return points.every(([time, value], i) => {
      const [theirTime, theirValue] = other[i]!;
      if (time !== theirTime) return false;
      if (atEnd && Number.isNaN(theirValue)) return true;
      if (close(value, theirValue) || onBothEnds(theirValue, value)) return true;
      return linearly(value).some((one) => close(one, theirValue, 1e-7));
    });
  });
}

/** The reason for which an answer may differ from Debian's 2.42, which has the beginnings of native histograms, or undefined. */
export function explainHistograms(expression: string, ours: Rows, theirs: Rows): string | undefined {
  if (!expression.includes('histogram_quantile(')) return undefined;
  if (sameButLinear(ours, theirs, false))
    return 'quantiles are interpolated exponentially within exponential buckets, and from 0.5 counted from above; linearly and from below in 2.42';
  if (/histogram_quantile\([01],/.test(expression) && sameButLinear(ours, theirs, true))
    return 'empty buckets play no part; in 2.42 quantiles 0 and 1 fall into one and are NaN';
  return undefined;
}
