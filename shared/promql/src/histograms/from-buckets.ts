import { exponentialBound } from '@gumshoe/base/exponential-bounds';
import { CUSTOM_BUCKETS, NO_BUCKETS, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { Bucket, NativeHistogram, SparseBuckets } from '@gumshoe/base/native-histogram';

const [COARSEST, FINEST] = [-4, 8];
/** Bounds pass through decimal text and other servers' tables; neighbours of the finest schema are 0.3 % apart. */
const TOLERANCE = 1e-9;

/** A histogram as an answer tells it: its populated buckets by ascending value. */
export interface ToldHistogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly Bucket[];
}

/** What a sample shows of its layout. */
interface Layout {
  readonly schema?: number;
  readonly zeroThreshold?: number;
}

/**
 * Histograms of one series from what answers tell of them, which is neither the schema nor the threshold of an empty zero
 * bucket. Bounds that fit no exponential schema are custom ones. What a sample does not show is as in the one before it,
 * or after. Whether a counter was reset is not told: it shows in the counts.
 */
export function histogramsFromBuckets(all: readonly ToldHistogram[]): NativeHistogram[] {
  const layouts = all.map(layoutOf);
  const schemas = filled(layouts.map(({ schema }) => schema));
  const thresholds = filled(layouts.map(({ zeroThreshold }) => zeroThreshold));
  const bounds = commonBounds(all.filter((_, i) => schemas[i] === CUSTOM_BUCKETS));
  return all.map((told, i) => {
    const schema = schemas[i] ?? FINEST;
    if (schema === CUSTOM_BUCKETS) return custom(told, bounds ?? boundsOf([told]));
    return exponential(told, schema, thresholds[i] ?? 0);
  });
}

/** Gaps take the value before them, those at the beginning the first there is. */
function filled(values: readonly (number | undefined)[]): (number | undefined)[] {
  let known = values.find((value) => value !== undefined);
  return values.map((value) => (known = value ?? known));
}

const isZero = ({ lower, upper }: Bucket): boolean => lower === -upper;

function layoutOf({ buckets }: ToldHistogram): Layout {
  const zero = buckets.find(isZero);
  const shown = zero ? { zeroThreshold: zero.upper } : {};
  const others = buckets.filter((one) => one !== zero);
  if (others.length === 0) return shown;
  for (let schema = FINEST; schema >= COARSEST; schema--)
    if (others.every((one) => fits(one, schema, zero?.upper ?? 0))) return { ...shown, schema };
  return { schema: CUSTOM_BUCKETS };
}

const near = (a: number, b: number): boolean =>
  a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));

/** Bounds of a bucket on the side of its sign: the one nearer to zero first. */
const sides = ({ lower, upper }: Bucket): readonly [inner: number, outer: number] =>
  lower < 0 ? [-upper, -lower] : [lower, upper];

/** The index whose upper bound is nearest. */
function indexOf(bound: number, schema: number): number {
  if (bound === Infinity) return 1024 * 2 ** schema + 1;
  return Math.round(Math.log2(bound) * 2 ** schema);
}

/** The innermost bucket may be cut at the zero bucket. */
function fits(bucket: Bucket, schema: number, zeroThreshold: number): boolean {
  const [inner, outer] = sides(bucket);
  if (!(inner >= 0 && outer > inner)) return false;
  const index = indexOf(outer, schema);
  const expected = exponentialBound(index - 1, schema);
  if (!near(exponentialBound(index, schema), outer)) return false;
  return near(expected, inner) || (inner === zeroThreshold && expected < inner);
}

function exponential(
  { count, sum, buckets }: ToldHistogram,
  schema: number,
  zeroThreshold: number,
): NativeHistogram {
  const zero = buckets.find(isZero);
  const side = (negative: boolean): SparseBuckets => {
    const own = buckets.filter((one) => one !== zero && one.lower < 0 === negative);
    return sparseBuckets(new Map(own.map((one) => [indexOf(sides(one)[1], schema), one.count])));
  };
  const zeroCount = zero?.count ?? 0;
  return {
    schema,
    count,
    sum,
    zeroThreshold,
    zeroCount,
    positive: side(false),
    negative: side(true),
    hint: 'unknown',
  };
}

function boundsOf(all: readonly ToldHistogram[]): Float64Array {
  const told = all.flatMap(({ buckets }) => buckets.flatMap(({ lower, upper }) => [lower, upper]));
  return Float64Array.from(new Set(told.filter(Number.isFinite))).sort();
}

/** Custom bounds that samples show together: each shows those of its populated buckets. Undefined where they disagree. */
function commonBounds(all: readonly ToldHistogram[]): Float64Array | undefined {
  const bounds = boundsOf(all);
  const whole = ({ lower, upper }: Bucket): boolean =>
    !bounds.some((bound) => bound > lower && bound < upper);
  return all.every(({ buckets }) => buckets.every(whole)) ? bounds : undefined;
}

function custom({ count, sum, buckets }: ToldHistogram, bounds: Float64Array): NativeHistogram {
  const counts = new Map<number, number>();
  for (const bucket of buckets) {
    const index = bounds.indexOf(bucket.upper);
    counts.set(index < 0 ? bounds.length : index, bucket.count);
  }
  const shape = { schema: CUSTOM_BUCKETS, zeroThreshold: 0, zeroCount: 0, negative: NO_BUCKETS, bounds };
  return { ...shape, count, sum, positive: sparseBuckets(counts), hint: 'unknown' };
}
