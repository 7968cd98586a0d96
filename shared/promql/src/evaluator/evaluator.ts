import { labelsKey } from '@gumshoe/base/series';
import type { AggregationNode, CallNode, Expr, SelectorNode, SubqueryNode } from '../parser/ast.ts';
import type { SeriesSource } from '../source.ts';
import { aggregate } from './aggregate.ts';
import { binary } from './binary.ts';
import { histogramQuantile } from './histogram.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { DATE_FUNCTIONS, MATH_FUNCTIONS } from './math-functions.ts';
import { KEEPS_NAME, RANGE_FUNCTIONS } from './range-functions.ts';
import {
  extent,
  overWindows,
  selectInstant,
  selectRange,
  selectTimestamps,
  type RawSeries,
} from './selection.ts';
import {
  column,
  dropName,
  evaluationError,
  mergeSame,
  type Column,
  type Steps,
  type Value,
} from './values.ts';

const DEFAULT_SUBQUERY_STEP = 60_000;
const MAX_SUBQUERY_STEPS = 200_000;

/** Evaluates an expression at every step at once: columns in, columns out. */
export class Evaluator {
  private readonly source: SeriesSource;

  constructor(source: SeriesSource) {
    this.source = source;
  }

  evaluate(expr: Expr, steps: Steps): Value {
    switch (expr.type) {
      case 'number':
        return { type: 'scalar', values: new Float64Array(steps.times.length).fill(expr.value) };
      case 'string':
        return { type: 'string', value: expr.value };
      case 'selector':
        if (expr.range !== undefined)
          throw evaluationError(expr, 'a range vector is only allowed as an argument of a function');
        return { type: 'vector', columns: selectInstant(expr, this.source, steps) };
      case 'subquery':
        throw evaluationError(expr, 'a subquery is only allowed as an argument of a function');
      case 'unary':
        return this.unary(this.evaluate(expr.expr, steps), expr.op === '-' ? -1 : 1, expr);
      case 'binary':
        return binary(
          expr,
          this.evaluate(expr.left, steps),
          this.evaluate(expr.right, steps),
          steps.times.length,
        );
      case 'aggregation':
        return this.aggregation(expr, steps);
      case 'call':
        return this.call(expr, steps);
    }
  }

  private unary(value: Value, sign: number, where: Expr): Value {
    if (value.type === 'string') throw evaluationError(where, 'a sign needs a scalar or an instant vector');
    if (sign === 1) return value;
    if (value.type === 'scalar') return { type: 'scalar', values: value.values.map((one) => -one) };
    const columns = value.columns.map((one) => ({
      ...one,
      labels: dropName(one.labels),
      values: one.values.map((v) => -v),
    }));
    return { type: 'vector', columns: mergeSame(columns, labelsKey, where) };
  }

  private vector(expr: Expr, steps: Steps, where: Expr): readonly Column[] {
    const value = this.evaluate(expr, steps);
    if (value.type !== 'vector')
      throw evaluationError(where, `expected an instant vector, got a ${value.type}`);
    return value.columns;
  }

  private scalar(expr: Expr | undefined, steps: Steps, where: Expr): (i: number) => number {
    if (!expr) throw evaluationError(where, 'a scalar argument is missing');
    const value = this.evaluate(expr, steps);
    if (value.type !== 'scalar') throw evaluationError(where, `expected a scalar, got a ${value.type}`);
    return (i) => value.values[i] ?? NaN;
  }

  private text(expr: Expr | undefined, where: Expr): string {
    if (expr?.type !== 'string') throw evaluationError(where, 'expected a string');
    return expr.value;
  }

  private aggregation(node: AggregationNode, steps: Steps): Value {
    const columns = this.vector(node.expr, steps, node);
    const { parameter } = node;
    const needs = ['topk', 'bottomk', 'quantile', 'count_values'].includes(node.op);
    if (needs !== (parameter !== undefined))
      throw evaluationError(node, `wrong number of arguments for ${node.op}`);
    const given =
      parameter === undefined
        ? undefined
        : node.op === 'count_values'
          ? this.text(parameter, node)
          : this.scalar(parameter, steps, node);
    return { type: 'vector', columns: aggregate(node, columns, steps.times.length, given) };
  }

  /** Raw samples behind a range selector or a subquery. */
  private range(
    expr: Expr | undefined,
    steps: Steps,
    where: Expr,
  ): {
    readonly node: SelectorNode | SubqueryNode;
    readonly range: number;
    readonly series: readonly RawSeries[];
  } {
    if (expr?.type === 'selector' && expr.range !== undefined)
      return { node: expr, range: expr.range, series: selectRange(expr, this.source, steps) };
    if (expr?.type === 'subquery')
      return { node: expr, range: expr.range, series: this.subquery(expr, steps) };
    throw evaluationError(where, 'expected a range vector');
  }

  /** Evaluates the inner expression on multiples of its step, as Prometheus aligns them. */
  private subquery(node: SubqueryNode, steps: Steps): RawSeries[] {
    const step = node.step ?? DEFAULT_SUBQUERY_STEP;
    const { from, to } = extent(node, steps, node.range);
    const first = Math.floor(from / step) * step + step;
    const points = Math.max(0, Math.floor((to - first) / step) + 1);
    if (points === 0) return [];
    if (points > MAX_SUBQUERY_STEPS)
      throw evaluationError(node, `the subquery has ${points} steps, more than ${MAX_SUBQUERY_STEPS}`);
    const times = Float64Array.from({ length: points }, (_, i) => first + i * step);
    const inner = this.evaluate(node.expr, { times, start: steps.start, end: steps.end });
    if (inner.type === 'string') throw evaluationError(node, 'a subquery needs an instant vector');
    const columns =
      inner.type === 'vector'
        ? inner.columns
        : [{ labels: {}, values: inner.values, present: new Uint8Array(points).fill(1) }];
    return columns.map((one) => ({
      labels: one.labels,
      timestamps: times.filter((_, i) => one.present[i] === 1),
      values: one.values.filter((_, i) => one.present[i] === 1),
    }));
  }

  private call(node: CallNode, steps: Steps): Value {
    const { name, args } = node;
    const n = steps.times.length;
    if (RANGE_FUNCTIONS[name]) return { type: 'vector', columns: this.rangeFunction(node, steps) };
    if (MATH_FUNCTIONS[name]) return { type: 'vector', columns: this.mathFunction(node, steps) };
    switch (name) {
      case 'time':
        return { type: 'scalar', values: steps.times.map((time) => time / 1000) };
      case 'pi':
        return { type: 'scalar', values: new Float64Array(n).fill(Math.PI) };
      case 'scalar':
        return { type: 'scalar', values: onlyColumn(this.vector(this.argument(node, 0), steps, node), n) };
      case 'vector': {
        const value = this.scalar(args[0], steps, node);
        return {
          type: 'vector',
          columns: [
            {
              labels: {},
              values: Float64Array.from({ length: n }, (_, i) => value(i)),
              present: new Uint8Array(n).fill(1),
            },
          ],
        };
      }
      case 'timestamp':
        return { type: 'vector', columns: this.timestamps(node, steps) };
      case 'absent':
        return {
          type: 'vector',
          columns: absent(this.vector(this.argument(node, 0), steps, node), this.argument(node, 0), n),
        };
      case 'absent_over_time': {
        const there = this.rangeFunction({ ...node, name: 'present_over_time' }, steps);
        return { type: 'vector', columns: absent(there, this.argument(node, 0), n) };
      }
      case 'histogram_quantile':
        return {
          type: 'vector',
          columns: histogramQuantile(
            this.scalar(args[0], steps, node),
            this.vector(this.argument(node, 1), steps, node),
            n,
          ),
        };
      case 'sort':
      case 'sort_desc':
        return {
          type: 'vector',
          columns: sorted(this.vector(this.argument(node, 0), steps, node), name === 'sort' ? 1 : -1),
        };
      case 'label_replace':
      case 'label_join':
        return { type: 'vector', columns: mergeSame(this.labelFunction(node, steps), labelsKey, node) };
      default:
        throw evaluationError(node, `function ${name} is not supported`, 'not-supported');
    }
  }

  private argument(node: CallNode, index: number): Expr {
    const found = node.args[index];
    if (!found) throw evaluationError(node, `${node.name} needs at least ${index + 1} arguments`);
    return found;
  }

  private rangeFunction(node: CallNode, steps: Steps): Column[] {
    const { name, args } = node;
    const fn = RANGE_FUNCTIONS[name]!;
    const rangeAt = args.findIndex(
      (arg) => arg.type === 'subquery' || (arg.type === 'selector' && arg.range !== undefined),
    );
    const { node: selector, range, series } = this.range(args[rangeAt], steps, node);
    const needs = name === 'quantile_over_time' || name === 'predict_linear' ? 2 : 1;
    if (args.length !== needs)
      throw evaluationError(
        node,
        `${name} takes ${needs} argument${needs > 1 ? 's' : ''}, not ${args.length}`,
      );
    const parameter = needs === 2 ? this.scalar(args[1 - rangeAt], steps, node) : () => NaN;
    const keepName = KEEPS_NAME.has(name);
    const columns = series.flatMap(
      (one) => overWindows(one, selector, range, steps, fn, parameter, keepName) ?? [],
    );
    return keepName ? columns : mergeSame(columns, labelsKey, node);
  }

  private mathFunction(node: CallNode, steps: Steps): Column[] {
    const fn = MATH_FUNCTIONS[node.name]!;
    const n = steps.times.length;
    if (node.args.length === 0 && DATE_FUNCTIONS.has(node.name))
      return [
        {
          labels: {},
          values: steps.times.map((time) => fn(time / 1000)),
          present: new Uint8Array(n).fill(1),
        },
      ];
    const columns = this.vector(this.argument(node, 0), steps, node);
    const scalars = node.args.slice(1).map((arg) => this.scalar(arg, steps, node));
    const made = columns.map((one) => {
      const out = column(dropName(one.labels), n);
      for (let i = 0; i < n; i++) {
        if (!one.present[i]) continue;
        if (node.name === 'clamp' && scalars[0]!(i) > scalars[1]!(i)) continue;
        out.present[i] = 1;
        out.values[i] = fn(one.values[i]!, ...scalars.map((scalar) => scalar(i)));
      }
      return out;
    });
    return mergeSame(made, labelsKey, node);
  }

  private timestamps(node: CallNode, steps: Steps): Column[] {
    const arg = this.argument(node, 0);
    const columns =
      arg.type === 'selector' && arg.range === undefined
        ? selectTimestamps(arg, this.source, steps)
        : this.vector(arg, steps, node).map((one) => ({
            ...one,
            values: steps.times.map((time) => time / 1000),
          }));
    return mergeSame(
      columns.map((one) => ({ ...one, labels: dropName(one.labels) })),
      labelsKey,
      node,
    );
  }

  private labelFunction(node: CallNode, steps: Steps): Column[] {
    const columns = this.vector(this.argument(node, 0), steps, node);
    const words = node.args.slice(1).map((arg) => this.text(arg, node));
    const [a, b, c, d] = words;
    if (node.name === 'label_join') {
      if (a === undefined || b === undefined)
        throw evaluationError(node, 'label_join needs a label and a separator');
      return labelJoin(columns, a, b, words.slice(2));
    }
    if (a === undefined || b === undefined || c === undefined || d === undefined)
      throw evaluationError(node, 'label_replace needs five arguments');
    return labelReplace(columns, [a, b, c, d]);
  }
}

function onlyColumn(columns: readonly Column[], points: number): Float64Array {
  const out = new Float64Array(points).fill(NaN);
  for (let i = 0; i < points; i++) {
    const there = columns.filter((one) => one.present[i]);
    if (there.length === 1) out[i] = there[0]!.values[i]!;
  }
  return out;
}

/** 1 at steps where nothing is; labels are those the selector fixes by equality. */
function absent(columns: readonly Column[], expr: Expr, points: number): Column[] {
  const labels: Record<string, string> = {};
  const matchers = expr.type === 'selector' ? expr.matchers : [];
  for (const { name, op, value } of matchers) {
    if (name === '__name__') continue;
    if (op === '=' && value !== '' && matchers.filter((other) => other.name === name).length === 1)
      labels[name] = value;
  }
  const made = column(labels, points);
  for (let i = 0; i < points; i++) {
    if (columns.some((one) => one.present[i])) continue;
    made.present[i] = 1;
    made.values[i] = 1;
  }
  return made.present.includes(1) ? [made] : [];
}

/** Order matters for instant queries only: by the value at the last step. */
function sorted(columns: readonly Column[], direction: number): Column[] {
  const last = (one: Column): number => (one.present.at(-1) ? (one.values.at(-1) ?? NaN) : NaN);
  return [...columns].sort((a, b) => {
    const [x, y] = [last(a), last(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return direction * (x - y);
  });
}
