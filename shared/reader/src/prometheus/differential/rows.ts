import { labelsKey } from '@gumshoe/base/series';
import type { Labels } from '@gumshoe/base/series';
import type { HistogramJson } from '@gumshoe/promql/histograms/json';
import { histogramRows } from './histogram-rows.ts';
import type { Answer } from './server.ts';

/** ms, value */
export type Point = readonly [time: number, value: number];

export interface Row {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

/** A result in one form, whoever gave it, or the words of the refusal. */
export type Rows = { readonly rows: readonly Row[] } | { readonly error: string };

type WirePoint = readonly [seconds: number, value: string];

interface WireRow {
  readonly metric: Labels;
  readonly value?: WirePoint;
  readonly values?: readonly WirePoint[];
  readonly histogram?: WireHistogram;
  readonly histograms?: readonly WireHistogram[];
}

type WireHistogram = readonly [seconds: number, histogram: HistogramJson];

export function rowsOf(answer: Answer): Rows {
  if (answer.status === 'error' || !answer.data) return { error: answer.error ?? 'no data' };
  const { resultType, result } = answer.data;
  if (resultType === 'scalar') return { rows: [{ labels: {}, points: [pointOf(result as WirePoint)] }] };
  if (resultType === 'string') {
    const [seconds, text] = result as WirePoint;
    return { rows: [{ labels: { text }, points: [pointOf([seconds, '0'])] }] };
  }
  return {
    rows: (result as readonly WireRow[]).flatMap(({ metric, value, values, histogram, histograms }) => {
      const points = (values ?? (value ? [value] : [])).map(pointOf);
      const natives = histograms ?? (histogram ? [histogram] : []);
      const parts = histogramRows(
        metric,
        natives.map(([seconds, one]) => [Math.round(seconds * 1000), one]),
      );
      return points.length > 0 ? [{ labels: metric, points }, ...parts] : parts;
    }),
  };
}

const pointOf = ([seconds, text]: WirePoint): Point => [
  Math.round(seconds * 1000),
  Number(text.replace('Inf', 'Infinity')),
];

const TOLERANCE = 1e-9;

/** Equal but for rounding: sums are taken in different order, and Prometheus 2 does not compensate them. */
export function close(a: number, b: number, tolerance = TOLERANCE): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  // Close to the largest number there is, Go's exp overflows a little before JavaScript's.
  if (!Number.isFinite(a) || !Number.isFinite(b))
    return a * b > 0 && Math.min(Math.abs(a), Math.abs(b)) > 1e307;
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b)) + tolerance;
}

/** What differs first, in words, or undefined. */
export function difference(ours: Rows, theirs: Rows, tolerance = TOLERANCE): string | undefined {
  if ('error' in ours || 'error' in theirs) {
    if ('error' in ours && 'error' in theirs) return undefined;
    return 'error' in ours ? `ours: ${ours.error}` : `theirs: ${'error' in theirs ? theirs.error : ''}`;
  }
  const mine = byLabels(ours.rows);
  const other = byLabels(theirs.rows);
  for (const key of mine.keys()) if (!other.has(key)) return `only ours has {${key}}`;
  for (const [key, row] of other) {
    const own = mine.get(key);
    if (!own) return `only theirs has {${key}}`;
    const where = pointDifference(own.points, row.points, tolerance);
    if (where !== undefined) return `{${key}} ${where}`;
  }
  return undefined;
}

const byLabels = (rows: readonly Row[]): ReadonlyMap<string, Row> =>
  new Map(rows.map((row) => [labelsKey(row.labels), row]));

function pointDifference(
  ours: readonly Point[],
  theirs: readonly Point[],
  tolerance: number,
): string | undefined {
  for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
    const [a, b] = [ours[i], theirs[i]];
    if (!a || !b || a[0] !== b[0])
      return `at ${Math.min(a?.[0] ?? Infinity, b?.[0] ?? Infinity)}: ${a ? 'ours' : 'theirs'} alone or first`;
    if (!close(a[1], b[1], tolerance)) return `at ${a[0]}: ours ${a[1]}, theirs ${b[1]}`;
  }
  return undefined;
}

/** As `difference`, but only the values at each instant count, whosever they are. */
export function rankDifference(ours: Rows, theirs: Rows): string | undefined {
  return difference(ranked(ours), ranked(theirs));
}

function ranked(result: Rows): Rows {
  if ('error' in result) return result;
  const byTime = new Map<number, number[]>();
  for (const { points } of result.rows)
    for (const [time, value] of points) byTime.set(time, [...(byTime.get(time) ?? []), value]);
  const rows: Row[] = [];
  for (const [time, values] of byTime)
    values
      .sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b))
      .forEach((value, i) =>
        rows.push({ labels: { time: String(time), i: String(i) }, points: [[time, value]] }),
      );
  return { rows };
}
