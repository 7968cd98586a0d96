import { FailureError } from '@gumshoe/base/failure';
import type { GridHistograms, Labels } from '@gumshoe/base/series';
import type { Position } from '../parser/ast.ts';
import { dropName, keyOf, labelOf } from './labels.ts';
import { isThere, relabelled } from './samples.ts';
import { newPresence, newValues } from './slab.ts';

/**
 * Values of one series, one for each step. `present[i]` is 0 where there is no float (a NaN may be one); `values[i]` means
 * nothing then. There may be a native histogram instead; a column without any has no list of them, so that what acts on
 * floats alone need not know of histograms.
 */
export interface Column {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
  readonly histograms?: GridHistograms;
}

export type Value =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'vector'; readonly columns: readonly Column[] }
  | { readonly type: 'string'; readonly value: string };

/** Instants an expression is evaluated at, ms. */
export interface Steps {
  readonly times: Float64Array;
  /** Start, end and step of the whole query, for `@`, start(), end(), range() and step(). */
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export const column = (labels: Labels, points: number): Omit<Column, 'histograms'> => ({
  labels,
  values: newValues(points),
  present: newPresence(points),
});

/** A column that has a value at every step. */
export const filled = (labels: Labels, values: Float64Array): Column => ({
  labels,
  values,
  present: new Uint8Array(values.length).fill(1),
});

export function evaluationError(
  where: Position,
  reason: string,
  code: 'invalid-input' | 'not-supported' | 'limit-exceeded' = 'invalid-input',
): FailureError {
  return new FailureError({
    code,
    tried: 'evaluate PromQL',
    target: `line ${where.line}, column ${where.column}`,
    reason,
  });
}

/** Samples that one part of a query may give (Prometheus: --query.max-samples), 450 MB in columns. */
const MAX_SAMPLES = 50_000_000;

/** Throws when that many columns of that many steps are too much to hold. */
export function checkSize(columns: number, points: number, where: Position): void {
  if (columns * points > MAX_SAMPLES)
    throw evaluationError(
      where,
      'query processing would load too many samples into memory in query execution',
      'limit-exceeded',
    );
}

export const SAME_LABELS = 'vector cannot contain metrics with the same labelset';

/**
 * Columns without their metric names. Where two get the same labels their samples must complement each other in
 * time (`strict`: may not occur at all, as for functions of ranges).
 */
export function nameless(columns: readonly Column[], where: Position, strict = false): readonly Column[] {
  const unique = columns.length < 2 || sameName(columns);
  const dropped = columns.map((one) => {
    const labels = dropName(one.labels);
    return labels === one.labels ? one : relabelled(one, labels);
  });
  return unique ? dropped : mergeSame(dropped, where, strict);
}

/** Whether dropping the names leaves the label sets as different as they are. */
function sameName(columns: readonly Column[]): boolean {
  const name = labelOf(columns[0]!.labels, '__name__');
  for (const { labels } of columns) {
    if (labelOf(labels, '__name__') !== name) return false;
    if (labels['__type__'] !== undefined || labels['__unit__'] !== undefined) return false;
  }
  return true;
}

/** Two columns with one label set are an error, except that their samples may complement each other in time. */
export function mergeSame(columns: readonly Column[], where: Position, strict = false): readonly Column[] {
  if (columns.length < 2) return columns;
  const seen = new Map<string, number>();
  const out: Column[] = [];
  for (const one of columns) {
    const key = keyOf(one.labels);
    const index = seen.get(key);
    if (index === undefined) {
      seen.set(key, out.length);
      out.push(one);
      continue;
    }
    if (strict) throw evaluationError(where, SAME_LABELS);
    out[index] = merged(out[index]!, one, where);
  }
  return out;
}

function merged(a: Column, b: Column, where: Position): Column {
  const values = a.values.slice();
  const present = a.present.slice();
  for (let i = 0; i < present.length; i++) {
    if (!isThere(b, i)) continue;
    if (isThere(a, i)) throw evaluationError(where, SAME_LABELS);
    present[i] = b.present[i]!;
    values[i] = b.values[i]!;
  }
  if (!a.histograms && !b.histograms) return { labels: a.labels, values, present };
  const histograms = Array.from(present, (_, i) => a.histograms?.[i] ?? b.histograms?.[i]);
  return { labels: a.labels, values, present, histograms };
}
