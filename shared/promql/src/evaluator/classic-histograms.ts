import type { Labels } from '@gumshoe/base/series';
import type { Annotations } from '../annotations.ts';
import type { Position } from '../parser/ast.ts';
import { bucketFraction, bucketQuantile, type Buckets, type Fix } from './histogram.ts';
import { keyExcept, labelOf, without, withLabel } from './labels.ts';
import { nativeFractions, nativeQuantiles, separated } from './native-functions.ts';
import { column, mergeSame, type Column, type Steps } from './values.ts';

interface Histogram {
  readonly labels: Labels;
  readonly members: { readonly bound: number; readonly column: Column }[];
}

const HISTOGRAM_LABELS: readonly string[] = ['__name__', '__type__', '__unit__', 'le'];

/** Bound of a bucket as Go parses floats; NaN when the text is none. */
export function parseBound(text: string): number {
  const clean = text.replace(/^[+-]/, '').toLowerCase();
  const sign = text.startsWith('-') ? -1 : 1;
  if (clean === 'inf' || clean === 'infinity') return sign * Infinity;
  return /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(clean) ? sign * Number(clean) : NaN;
}

/** Columns that differ in `le` only are one histogram; others are left out with a warning. */
function histogramsOf(
  columns: readonly Column[],
  where: Position,
  annotations: Annotations,
): readonly Histogram[] {
  const keyOf = keyExcept(['le']);
  const groups = new Map<string, Histogram>();
  for (const one of columns) {
    const le = labelOf(one.labels, 'le');
    const bound = parseBound(le);
    if (Number.isNaN(bound)) {
      annotations.badBucketLabel(labelOf(one.labels, '__name__'), le, where);
      continue;
    }
    const key = keyOf(one.labels);
    const known = groups.get(key);
    if (known) known.members.push({ bound, column: one });
    else
      groups.set(key, {
        labels: without(one.labels, HISTOGRAM_LABELS),
        members: [{ bound, column: one }],
      });
  }
  for (const { members } of groups.values()) members.sort((a, b) => a.bound - b.bound);
  return [...groups.values()];
}

type AtStep = (buckets: Buckets, i: number) => number;

/** One value for each histogram at each step where it has any bucket. */
function overHistograms(histograms: readonly Histogram[], points: number, valueAt: AtStep): Column[] {
  return histograms.map(({ labels, members }) => {
    const made = column(labels, points);
    const buckets: Buckets = {
      bounds: new Float64Array(members.length),
      counts: new Float64Array(members.length),
      length: 0,
    };
    for (let i = 0; i < points; i++) {
      let n = 0;
      for (const { bound, column: one } of members) {
        if (one.present[i] === 0) continue;
        buckets.bounds[n] = bound;
        buckets.counts[n++] = one.values[i]!;
      }
      if (n === 0) continue;
      buckets.length = n;
      made.values[i] = valueAt(buckets, i);
      made.present[i] = 1;
    }
    return made;
  });
}

type Scalar = (i: number) => number;

interface Context {
  readonly steps: Steps;
  readonly annotations: Annotations;
}

const newFix = (): Fix => ({ forced: false, low: 0, high: 0, difference: 0 });

function checkQuantiles(share: Scalar, where: Position, { steps, annotations }: Context): void {
  for (let i = 0; i < steps.times.length; i++) {
    const value = share(i);
    if (!(value >= 0 && value <= 1)) annotations.quantileOutOfRange(value, where);
  }
}

function quantilesAt(share: Scalar, where: Position, { steps, annotations }: Context): AtStep {
  const fix = newFix();
  return (buckets, i) => {
    const value = bucketQuantile(share(i), buckets, fix);
    if (fix.forced) annotations.forcedMonotonicity(steps.times[i]!, fix.low, fix.high, fix.difference, where);
    return value;
  };
}

/** histogram_quantile on `_bucket` columns and native histograms. `at` are the positions of the quantile and of the vector. */
export function histogramQuantile(
  share: Scalar,
  columns: readonly Column[],
  at: readonly [Position, Position],
  context: Context,
): readonly Column[] {
  const { annotations, steps } = context;
  checkQuantiles(share, at[0], context);
  const { classic, native } = separated(columns, annotations, at[1]);
  const histograms = histogramsOf(classic, at[1], annotations);
  const results = overHistograms(histograms, steps.times.length, quantilesAt(share, at[1], context));
  return mergeSame([...nativeQuantiles(share, native, annotations, at[0]), ...results], at[1]);
}

/** histogram_quantiles: several quantiles at once, told apart by the label `name`. */
export function histogramQuantiles(
  columns: readonly Column[],
  name: string,
  shares: readonly { readonly share: Scalar; readonly at: Position }[],
  where: Position,
  context: Context,
): readonly Column[] {
  const { classic, native } = separated(columns, context.annotations, where);
  const histograms = histogramsOf(classic, where, context.annotations);
  const points = context.steps.times.length;
  const made = shares.flatMap(({ share, at }) => {
    checkQuantiles(share, at, context);
    const results = [
      ...nativeQuantiles(share, native, context.annotations, where),
      ...overHistograms(histograms, points, quantilesAt(share, where, context)),
    ];
    return results.flatMap((one) => byShare(one, name, share));
  });
  return mergeSame(made, where);
}

/** One column for each value the quantile takes. */
function byShare(one: Column, name: string, share: Scalar): Column[] {
  const parts = new Map<string, Column>();
  one.present.forEach((there, i) => {
    if (there === 0) return;
    const text = openMetricsFloat(share(i));
    let part = parts.get(text);
    if (!part)
      parts.set(
        text,
        (part = {
          labels: withLabel(one.labels, name, text),
          values: one.values,
          present: new Uint8Array(one.present.length),
        }),
      );
    part.present[i] = 1;
  });
  return [...parts.values()];
}

/** A number as OpenMetrics writes it in labels: always with a point or an exponent. */
function openMetricsFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** histogram_fraction on `_bucket` columns and native histograms. */
export function histogramFraction(
  lower: Scalar,
  upper: Scalar,
  columns: readonly Column[],
  where: Position,
  context: Context,
): readonly Column[] {
  const { annotations, steps } = context;
  const { classic, native } = separated(columns, annotations, where);
  const histograms = histogramsOf(classic, where, annotations);
  const valueAt: AtStep = (buckets, i) => bucketFraction(lower(i), upper(i), buckets);
  const results = overHistograms(histograms, steps.times.length, valueAt);
  return mergeSame([...nativeFractions(lower, upper, native, annotations, where), ...results], where);
}
