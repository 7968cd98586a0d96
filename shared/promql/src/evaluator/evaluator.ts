import type { Annotations } from '../annotations.ts';
import type { AggregationNode, CallNode, Expr, SelectorNode, SubqueryNode } from '../parser/ast.ts';
import type { SeriesSource } from '../source.ts';
import { scale } from '../histograms/arithmetic.ts';
import { aggregate } from './aggregate.ts';
import { argument } from './arguments.ts';
import { binary } from './binary.ts';
import { callFunction } from './call.ts';
import { smoothedInstants } from './extended.ts';
import { notesOf } from './native-windows.ts';
import { extent, selectInstant, selectRange, type RawSeries } from './selection.ts';
import { evaluationError, filled, nameless, type Column, type Steps, type Value } from './values.ts';

const DEFAULT_SUBQUERY_STEP = 60_000;
const MAX_SUBQUERY_STEPS = 200_000;

/** Raw samples behind a range selector or a subquery. */
export interface RangeVector {
  readonly node: SelectorNode | SubqueryNode;
  readonly range: number;
  readonly series: readonly RawSeries[];
}

/** Vectors that are known already, by expression; what it gives undefined for is evaluated. */
export type Given = (expr: Expr, steps: Steps) => readonly Column[] | undefined;

/** A scalar at each step. */
export type Scalar = (i: number) => number;

/** Evaluates an expression at every step at once: columns in, columns out. */
export class Evaluator {
  readonly source: SeriesSource;
  readonly annotations: Annotations;
  private readonly given: Given | undefined;

  constructor(source: SeriesSource, annotations: Annotations, given?: Given) {
    this.source = source;
    this.annotations = annotations;
    this.given = given;
  }

  evaluate(expr: Expr, steps: Steps): Value {
    const columns = this.given?.(expr, steps);
    if (columns) return { type: 'vector', columns };
    switch (expr.type) {
      case 'number':
        return { type: 'scalar', values: new Float64Array(steps.times.length).fill(expr.value) };
      case 'string':
        return { type: 'string', value: expr.value };
      case 'selector':
        if (expr.range !== undefined)
          throw evaluationError(expr, 'a range vector is only allowed as an argument of a function');
        if (expr.extension !== undefined)
          return {
            type: 'vector',
            columns: smoothedInstants(expr, selectRange(expr, this.source, steps), steps, (one) =>
              notesOf(one, this.annotations, expr),
            ),
          };
        return { type: 'vector', columns: selectInstant(expr, this.source, steps) };
      case 'subquery':
        throw evaluationError(expr, 'a subquery is only allowed as an argument of a function');
      case 'unary':
        return this.unary(this.evaluate(expr.expr, steps), expr.op, expr);
      case 'binary': {
        const left = this.evaluate(expr.left, steps);
        const right = this.evaluate(expr.right, steps);
        return binary(expr, left, right, steps.times.length, this.annotations);
      }
      case 'aggregation':
        return { type: 'vector', columns: this.aggregation(expr, steps) };
      case 'call':
        return callFunction(this, expr, steps);
    }
  }

  private unary(value: Value, op: '+' | '-', where: Expr): Value {
    if (value.type === 'string') throw evaluationError(where, 'a sign needs a scalar or an instant vector');
    if (op === '+') return value;
    if (value.type === 'scalar') return { type: 'scalar', values: value.values.map((one) => -one) };
    const columns = value.columns.map((one) => negated(one));
    return { type: 'vector', columns: nameless(columns, where) };
  }

  vector(node: CallNode, index: number, steps: Steps): readonly Column[] {
    return this.columns(argument(node, index), steps);
  }

  scalar(node: CallNode, index: number, steps: Steps): Scalar {
    const values = this.scalars(argument(node, index), steps);
    return (i) => values[i] ?? NaN;
  }

  text(node: CallNode, index: number): string {
    const expr = argument(node, index);
    if (expr.type !== 'string') throw evaluationError(expr, 'expected a string');
    return expr.value;
  }

  columns(expr: Expr, steps: Steps): readonly Column[] {
    const value = this.evaluate(expr, steps);
    if (value.type !== 'vector')
      throw evaluationError(expr, `expected an instant vector, got a ${value.type}`);
    return value.columns;
  }

  scalars(expr: Expr, steps: Steps): Float64Array {
    const value = this.evaluate(expr, steps);
    if (value.type !== 'scalar') throw evaluationError(expr, `expected a scalar, got a ${value.type}`);
    return value.values;
  }

  private aggregation(node: AggregationNode, steps: Steps): readonly Column[] {
    const { parameter } = node;
    let given: Scalar | string | undefined;
    if (parameter?.type === 'string') given = parameter.value;
    else if (parameter !== undefined) {
      const values = this.scalars(parameter, steps);
      given = (i) => values[i] ?? NaN;
    }
    const columns = this.columns(node.expr, steps);
    return aggregate(node, columns, steps.times.length, given, this.annotations);
  }

  range(expr: Expr, steps: Steps): RangeVector {
    if (expr.type === 'selector' && expr.range !== undefined)
      return { node: expr, range: expr.range, series: selectRange(expr, this.source, steps) };
    if (expr.type === 'subquery')
      return { node: expr, range: expr.range, series: this.subquery(expr, steps) };
    throw evaluationError(expr, 'expected a range vector');
  }

  /** Evaluates the inner expression on multiples of its step, as Prometheus aligns them. */
  subquery(node: SubqueryNode, steps: Steps): RawSeries[] {
    const step = node.step ?? DEFAULT_SUBQUERY_STEP;
    const { from, to } = extent(node, steps, node.range);
    const first = Math.floor(from / step) * step + step;
    const points = Math.max(0, Math.floor((to - first) / step) + 1);
    if (points === 0) return [];
    if (points > MAX_SUBQUERY_STEPS)
      throw evaluationError(node, `the subquery has ${points} steps, more than ${MAX_SUBQUERY_STEPS}`);
    const times = Float64Array.from({ length: points }, (_, i) => first + i * step);
    const inner = this.evaluate(node.expr, { ...steps, times });
    if (inner.type === 'string') throw evaluationError(node, 'a subquery needs an instant vector');
    const columns = inner.type === 'vector' ? inner.columns : [filled({}, inner.values)];
    return columns.map((one) => samplesOf(one, times));
  }
}

function negated(one: Column): Column {
  const made = { labels: one.labels, values: one.values.map((v) => -v), present: one.present };
  if (!one.histograms) return made;
  return { ...made, histograms: one.histograms.map((histogram) => histogram && scale(histogram, -1)) };
}

function samplesOf(column: Column, times: Float64Array): RawSeries {
  const floats = floatSamplesOf(column, times);
  if (!column.histograms) return floats;
  const { histograms } = column;
  const there = [...times.keys()].filter((i) => histograms[i] !== undefined);
  return {
    ...floats,
    histograms: {
      timestamps: Float64Array.from(there, (i) => times[i]!),
      samples: there.map((i) => histograms[i]!),
    },
  };
}

function floatSamplesOf({ labels, values, present }: Column, times: Float64Array): RawSeries {
  let n = 0;
  for (const there of present) n += there;
  if (n === present.length) return { labels, timestamps: times, values };
  const timestamps = new Float64Array(n);
  const kept = new Float64Array(n);
  for (let i = 0, k = 0; i < present.length; i++) {
    if (present[i] === 0) continue;
    timestamps[k] = times[i]!;
    kept[k++] = values[i]!;
  }
  return { labels, timestamps, values: kept };
}
