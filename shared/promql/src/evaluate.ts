import { labelsKey, type GridSeries, type Labels, type Matrix, type Series } from '@gumshoe/base/series';
import type { TimeGrid } from '@gumshoe/base/time';
import { Evaluator } from './evaluator/evaluator.ts';
import { selectRange } from './evaluator/selection.ts';
import { evaluationError, mergeSame, type Column, type Steps } from './evaluator/values.ts';
import type { Expr } from './parser/ast.ts';
import type { SeriesSource } from './source.ts';

const MAX_POINTS = 11_000;

/** A result series; `present[i]` is 0 where the grid has no sample (its value is NaN then). */
export interface EvaluatedSeries extends GridSeries {
  readonly present: Uint8Array;
}

export interface EvaluatedMatrix extends Matrix {
  readonly series: readonly EvaluatedSeries[];
}

export interface VectorSample {
  readonly labels: Labels;
  readonly value: number;
}

export type InstantResult =
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'matrix'; readonly series: readonly Series[] };

const byLabels = (a: { readonly labels: Labels }, b: { readonly labels: Labels }): number =>
  labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1;

function gaps(one: Column): EvaluatedSeries {
  const values = one.values.map((value, i) => (one.present[i] ? value : NaN));
  return { labels: one.labels, values, present: one.present };
}

/** Range query. Series are in the order of their labels. Throws FailureError on errors in the expression. */
export function evaluateRange(expr: Expr, source: SeriesSource, grid: TimeGrid): EvaluatedMatrix {
  if (grid.points > MAX_POINTS)
    throw evaluationError(
      expr,
      `exceeded maximum resolution of ${MAX_POINTS} points per timeseries; use a larger step`,
    );
  const times = Float64Array.from({ length: grid.points }, (_, i) => grid.from + i * grid.step);
  const steps: Steps = { times, start: times[0] ?? 0, end: times.at(-1) ?? 0 };
  const value = new Evaluator(source).evaluate(expr, steps);
  if (value.type === 'string')
    throw evaluationError(expr, 'a range query needs a scalar or an instant vector');
  const columns =
    value.type === 'scalar'
      ? [{ labels: {}, values: value.values, present: new Uint8Array(grid.points).fill(1) }]
      : mergeSame(value.columns, labelsKey, expr);
  return {
    grid,
    series: columns
      .filter((one) => one.present.includes(1))
      .map(gaps)
      .sort(byLabels),
  };
}

/** Instant query at `at` (ms). A top-level range selector answers its raw samples. */
export function evaluateInstant(expr: Expr, source: SeriesSource, at: number): InstantResult {
  const steps: Steps = { times: Float64Array.of(at), start: at, end: at };
  if (expr.type === 'selector' && expr.range !== undefined) {
    const series = selectRange(expr, source, steps).filter((one) => one.timestamps.length > 0);
    return { type: 'matrix', series };
  }
  const value = new Evaluator(source).evaluate(expr, steps);
  if (value.type === 'string') return value;
  if (value.type === 'scalar') return { type: 'scalar', value: value.values[0] ?? NaN };
  const samples = mergeSame(value.columns, labelsKey, expr)
    .filter((one) => one.present[0])
    .map((one) => ({ labels: one.labels, value: one.values[0]! }));
  const ordered = expr.type === 'call' && expr.name.startsWith('sort');
  const ranked = expr.type === 'aggregation' && (expr.op === 'topk' || expr.op === 'bottomk');
  return { type: 'vector', samples: ordered || ranked ? samples : samples.sort(byLabels) };
}
