import { FailureError } from '@gumshoe/base/failure';
import type { Labels } from '@gumshoe/base/series';
import type { Position } from '../parser/ast.ts';

/** Values of one series, one for each step. `present[i]` is 0 where there is no sample (a NaN may be a sample). */
export interface Column {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export type Value =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'vector'; readonly columns: readonly Column[] }
  | { readonly type: 'string'; readonly value: string };

/** Instants the query is evaluated at, ms. `start` and `end` are those of the query, for `@`. */
export interface Steps {
  readonly times: Float64Array;
  readonly start: number;
  readonly end: number;
}

export const column = (labels: Labels, points: number): Column => ({
  labels,
  values: new Float64Array(points),
  present: new Uint8Array(points),
});

export function without(labels: Labels, names: readonly string[]): Labels {
  if (!names.some((name) => name in labels)) return labels;
  const out: Record<string, string> = {};
  for (const name in labels) if (!names.includes(name)) out[name] = labels[name]!;
  return out;
}

export function only(labels: Labels, names: readonly string[]): Labels {
  const out: Record<string, string> = {};
  for (const name of names) if (labels[name]) out[name] = labels[name];
  return out;
}

export const dropName = (labels: Labels): Labels => without(labels, ['__name__']);

export function evaluationError(
  query: Position,
  reason: string,
  code: 'invalid-input' | 'not-supported' = 'invalid-input',
): FailureError {
  return new FailureError({
    code,
    tried: 'evaluate PromQL',
    target: `characters ${query.from}-${query.to}`,
    reason,
  });
}

/** Two columns with one label set are an error, except that their samples may complement each other in time. */
export function mergeSame(
  columns: readonly Column[],
  key: (labels: Labels) => string,
  where: Position,
): Column[] {
  const seen = new Map<string, Column>();
  const out: Column[] = [];
  for (const one of columns) {
    const known = seen.get(key(one.labels));
    if (!known) {
      seen.set(key(one.labels), one);
      out.push(one);
      continue;
    }
    for (let i = 0; i < one.present.length; i++) {
      if (!one.present[i]) continue;
      if (known.present[i])
        throw evaluationError(where, 'vector cannot contain metrics with the same labelset');
      known.present[i] = 1;
      known.values[i] = one.values[i]!;
    }
  }
  return out;
}
