import { COMPARISON, isValueOperator, SETS } from '../evaluator/operators.ts';
import { FUNCTIONS } from '../functions.ts';
import type { ValueType } from '../functions.ts';
import type { AggregationNode, BinaryNode, CallNode, Expr } from './ast.ts';
import { parseError } from './parse-error.ts';

const NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};
const PARAMETERS: ReadonlyMap<string, ValueType> = new Map([
  ['topk', 'scalar'],
  ['bottomk', 'scalar'],
  ['limitk', 'scalar'],
  ['limit_ratio', 'scalar'],
  ['quantile', 'scalar'],
  ['count_values', 'string'],
]);

/** Type of an expression that passed checkTypes. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.type) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
      return expr.range === undefined ? 'vector' : 'matrix';
    case 'subquery':
      return 'matrix';
    case 'call':
      return FUNCTIONS.get(expr.name)?.returns ?? 'vector';
    case 'unary':
      return typeOf(expr.expr);
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'aggregation':
      return 'vector';
  }
}

/**
 * Throws where Prometheus's parser refuses a type or a number of arguments, before any data is read; functions
 * that the evaluator does not know are `not-supported`. Sentences are those of Prometheus, promql/parser/parse.go.
 */
export function checkTypes(expr: Expr, query: string): void {
  switch (expr.type) {
    case 'call':
      return checkCall(expr, query);
    case 'aggregation':
      return checkAggregation(expr, query);
    case 'subquery': {
      checkTypes(expr.expr, query);
      const type = typeOf(expr.expr);
      if (type === 'vector') return;
      throw parseError(query, expr.from, `subquery is only allowed on instant vector, got ${type} instead`);
    }
    case 'unary': {
      checkTypes(expr.expr, query);
      const type = typeOf(expr.expr);
      if (type === 'scalar' || type === 'vector') return;
      throw parseError(
        query,
        expr.from,
        `unary expression only allowed on expressions of type scalar or instant vector, got "${NAMES[type]}"`,
      );
    }
    case 'binary':
      return checkBinary(expr, query);
    default:
  }
}

function expectType(inner: Expr, wanted: ValueType, context: string, query: string): void {
  checkTypes(inner, query);
  const found = typeOf(inner);
  if (found === wanted) return;
  throw parseError(query, inner.from, `expected type ${NAMES[wanted]} in ${context}, got ${NAMES[found]}`);
}

function checkCall(expr: CallNode, query: string): void {
  const { name, args } = expr;
  const signature = FUNCTIONS.get(name);
  if (signature === undefined)
    throw parseError(query, expr.from, `function ${name} is not supported`, 'not-supported');
  const { variadic = 0 } = signature;
  const least = signature.args.length - (variadic === 0 ? 0 : 1);
  const most = variadic === 0 ? least : variadic < 0 ? Infinity : least + variadic;
  if (args.length < least || args.length > most) {
    const bound = variadic === 0 ? '' : args.length < least ? 'at least ' : 'at most ';
    const expected = args.length < least ? least : most;
    throw parseError(
      query,
      expr.from,
      `expected ${bound}${expected} argument(s) in call to "${name}", got ${args.length}`,
    );
  }
  args.forEach((argument, index) => {
    const wanted = signature.args[Math.min(index, signature.args.length - 1)]!;
    expectType(argument, wanted, `call to function "${name}"`, query);
  });
  if (name === 'info' && args[1]) checkInfo(args[1], query);
}

function checkInfo(selector: Expr, query: string): void {
  const plain = selector.type === 'selector' && query[selector.from] === '{';
  if (!plain) throw parseError(query, selector.from, 'expected label selectors only');
}

function checkAggregation(expr: AggregationNode, query: string): void {
  const wanted = PARAMETERS.get(expr.op);
  if ((wanted === undefined) !== (expr.parameter === undefined)) {
    const [expected, given] = wanted === undefined ? [1, 2] : [2, 1];
    throw parseError(
      query,
      expr.from,
      `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${given}`,
    );
  }
  expectType(expr.expr, 'vector', 'aggregation expression', query);
  if (expr.parameter && wanted) expectType(expr.parameter, wanted, 'aggregation parameter', query);
}

function checkBinary(expr: BinaryNode, query: string): void {
  const { op, left, right, matching } = expr;
  const refuse = (reason: string, at = expr.from): never => {
    throw parseError(query, at, reason);
  };
  checkTypes(left, query);
  checkTypes(right, query);
  const scalars = [left, right].filter((operand) => typeOf(operand) === 'scalar').length;
  if (expr.bool && !COMPARISON.has(op))
    refuse('bool modifier can only be used on comparison operators', expr.operatorFrom);
  if (COMPARISON.has(op) && !expr.bool && scalars === 2)
    refuse('comparisons between scalars must use BOOL modifier', expr.operatorFrom);
  for (const label of matching?.on ? matching.labels : [])
    if (matching?.include.includes(label))
      refuse(`label "${label}" must not occur in ON and GROUP clause at once`, expr.operatorFrom);
  if (!isValueOperator(op) && !SETS.has(op)) refuse(`binary expression does not support operator "${op}"`);
  for (const operand of [left, right])
    if (typeOf(operand) !== 'scalar' && typeOf(operand) !== 'vector')
      refuse('binary expression must contain only scalar and instant vector types', operand.from);
  if (scalars > 0 && matching) {
    if (matching.labels.length > 0) refuse('vector matching only allowed between instant vectors');
    if (matching.fill) refuse('filling in missing series only allowed between instant vectors');
  }
  if (!SETS.has(op)) return;
  if (scalars > 0) refuse(`set operator "${op}" not allowed in binary scalar expression`);
  if (matching?.group !== undefined) refuse(`no grouping allowed for "${op}" operation`);
  if (matching?.fill) refuse('filling in missing series not allowed for set operators');
}
