import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { GridSeries, Labels, Matrix, Series } from '@gumshoe/base/series';
import type { TimeGrid } from '@gumshoe/base/time';
import { Annotations, type Annotated } from './annotations.ts';
import { Evaluator, type Given } from './evaluator/evaluator.ts';
import { orderKey } from './evaluator/labels.ts';
import { extendedSamples } from './evaluator/extended.ts';
import { lookTimes, type RawSeries } from './evaluator/selection.ts';
import { nonEmpty } from './evaluator/samples.ts';
import { evaluationError, filled, mergeSame, type Column, type Steps } from './evaluator/values.ts';
import type { Expr } from './parser/ast.ts';
import type { SeriesSource } from './source.ts';

const MAX_POINTS = 11_000;

/** A result series; `present[i]` is 0 where the grid has no float (its value is NaN then). */
export interface EvaluatedSeries extends GridSeries {
  readonly present: Uint8Array;
}

export interface EvaluatedMatrix extends Matrix, Annotated {
  readonly series: readonly EvaluatedSeries[];
}

/** `value` is NaN where the sample is a native histogram. */
export interface VectorSample {
  readonly labels: Labels;
  readonly value: number;
  readonly histogram?: NativeHistogram;
}

export type InstantValue =
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'matrix'; readonly series: readonly Series[] };

export type InstantResult = InstantValue & Annotated;

interface Keyed<T> {
  readonly one: T;
  readonly key: string;
}

const keyed = <T extends { readonly labels: Labels }>(all: readonly T[]): Keyed<T>[] =>
  all
    .map((one) => ({ one, key: orderKey(one.labels) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

const byLabels = <T extends { readonly labels: Labels }>(all: readonly T[]): readonly T[] =>
  keyed(all).map(({ one }) => one);

/** Sorted by labels; what has the same ones, and so stands side by side, is put together. */
function inOrder(columns: readonly Column[], where: Expr): readonly Column[] {
  const sorted = keyed(columns);
  const twice = sorted.some(({ key }, i) => key === sorted[i - 1]?.key);
  return twice ? byLabels(mergeSame(columns, where)) : sorted.map(({ one }) => one);
}

/** Up to this many result series get memory of their own; more of them fill the memory they share. */
const FEW = 1_000;

/** Values that are not there are unspecified until here. A result that is sent on must not drag others' memory with it. */
function withGaps(columns: readonly Column[]): readonly EvaluatedSeries[] {
  return columns.map(({ labels, values: shared, present: there, histograms }) => {
    const own = columns.length <= FEW;
    const values = own ? shared.slice() : shared;
    const present = own ? there.slice() : there;
    for (let i = 0; i < present.length; i++) if (present[i] === 0) values[i] = NaN;
    return histograms ? { labels, values, present, histograms } : { labels, values, present };
  });
}

const isRangeVector = (expr: Expr): boolean =>
  expr.type === 'subquery' || (expr.type === 'selector' && expr.range !== undefined);

const notForRange = (expr: Expr, type: string) =>
  evaluationError(
    expr,
    `invalid expression type "${type}" for range query, must be Scalar or instant Vector`,
  );

/**
 * Range query. Series are in the order of their labels. `given` may know parts of it already.
 * @throws FailureError on errors in the expression.
 */
export function evaluateRange(
  expr: Expr,
  source: SeriesSource,
  grid: TimeGrid,
  given?: Given,
): EvaluatedMatrix {
  if (grid.points > MAX_POINTS)
    throw evaluationError(
      expr,
      `exceeded maximum resolution of ${MAX_POINTS} points per timeseries; use a larger step`,
    );
  const times = Float64Array.from({ length: grid.points }, (_, i) => grid.from + i * grid.step);
  const steps: Steps = { times, start: times[0] ?? 0, end: times.at(-1) ?? 0, step: grid.step };
  const annotations = new Annotations();
  if (isRangeVector(expr)) throw notForRange(expr, 'range vector');
  const value = new Evaluator(source, annotations, given).evaluate(expr, steps);
  if (value.type === 'string') throw notForRange(expr, 'string');
  const columns = value.type === 'scalar' ? [filled({}, value.values)] : value.columns;
  const series = withGaps(inOrder(nonEmpty(columns), expr));
  return { grid, series, ...annotations.result() };
}

/** Instant query at `at` (ms). A range selector or subquery alone answers its raw samples. */
export function evaluateInstant(expr: Expr, source: SeriesSource, at: number): InstantResult {
  const steps: Steps = { times: Float64Array.of(at), start: at, end: at, step: 0 };
  const annotations = new Annotations();
  const value = instantValue(expr, new Evaluator(source, annotations), steps);
  return { ...value, ...annotations.result() };
}

function instantValue(expr: Expr, evaluator: Evaluator, steps: Steps): InstantValue {
  if (expr.type === 'subquery' || (expr.type === 'selector' && expr.range !== undefined)) {
    const { node, series: read } = evaluator.range(expr, steps);
    const extension = node.type === 'selector' ? node.extension : undefined;
    const end = lookTimes(node, steps)[0] ?? steps.end;
    const all =
      node.type === 'selector' && extension
        ? read.map((one) => extendedSamples({ ...node, extension }, one, end))
        : read;
    const series = all.filter((one) => one.timestamps.length > 0 || one.histograms !== undefined);
    return { type: 'matrix', series: byLabels<RawSeries>(series) };
  }
  const value = evaluator.evaluate(expr, steps);
  if (value.type === 'string') return value;
  if (value.type === 'scalar') return { type: 'scalar', value: value.values[0] ?? NaN };
  const columns = nonEmpty(value.columns);
  const ordered = isOrdered(expr) ? mergeSame(columns, expr) : inOrder(columns, expr);
  const samples = ordered.map(({ labels, values, histograms }): VectorSample => {
    const histogram = histograms?.[0];
    return histogram ? { labels, value: NaN, histogram } : { labels, value: values[0]! };
  });
  return { type: 'vector', samples };
}

/** Whether the order of an instant query's samples is part of its answer. */
const isOrdered = (expr: Expr): boolean =>
  (expr.type === 'call' && expr.name.startsWith('sort')) ||
  (expr.type === 'aggregation' && (expr.op === 'topk' || expr.op === 'bottomk'));
