import { FUNCTIONS } from '../functions.ts';
import type { FunctionSignature, ValueType } from '../functions.ts';
import type { AggregationNode, BinaryNode, CallNode, Expr } from './ast.ts';
import { parseError } from './parse-error.ts';

const NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '>', '<', '>=', '<=']);
const SETS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);
const PARAMETERS: ReadonlyMap<string, ValueType> = new Map([
  ['topk', 'scalar'],
  ['bottomk', 'scalar'],
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
 * that the evaluator does not know are `not-supported`.
 */
export function checkTypes(expr: Expr, query: string): void {
  const expect: Expect = (inner, wanted, context) => {
    const found = typeOf(inner);
    if (found === wanted) return;
    throw parseError(query, inner.from, `expected type ${NAMES[wanted]} in ${context}, got ${NAMES[found]}`);
  };
  switch (expr.type) {
    case 'call':
      return checkCall(expr, query, expect);
    case 'aggregation':
      return checkAggregation(expr, query, expect);
    case 'subquery':
      checkTypes(expr.expr, query);
      return typeOf(expr.expr) === 'scalar' ? undefined : expect(expr.expr, 'vector', 'subquery');
    case 'unary':
      checkTypes(expr.expr, query);
      return typeOf(expr.expr) === 'scalar' ? undefined : expect(expr.expr, 'vector', 'unary expression');
    case 'binary':
      return checkBinary(expr, query);
    default:
  }
}

type Expect = (inner: Expr, wanted: ValueType, context: string) => void;

function checkCall(expr: CallNode, query: string, expect: Expect): void {
  const signature = FUNCTIONS.get(expr.name);
  if (signature === undefined) {
    throw parseError(query, expr.from, `function ${expr.name} is not supported`, 'not-supported');
  }
  const least = signature.args.length;
  const most = signature.variadic === true ? Infinity : least + (signature.optional?.length ?? 0);
  if (expr.args.length < least || expr.args.length > most) {
    const expected = least === most ? `${least}` : `at least ${least}`;
    const given = `expected ${expected} argument(s) in call to "${expr.name}", got ${expr.args.length}`;
    throw parseError(query, expr.from, given);
  }
  expr.args.forEach((argument, index) => {
    checkTypes(argument, query);
    expect(argument, argumentType(signature, index), `call to function "${expr.name}"`);
  });
}

function argumentType(signature: FunctionSignature, index: number): ValueType {
  const types = [...signature.args, ...(signature.optional ?? [])];
  return types[Math.min(index, types.length - 1)]!;
}

function checkAggregation(expr: AggregationNode, query: string, expect: Expect): void {
  const wanted = PARAMETERS.get(expr.op);
  if ((wanted === undefined) !== (expr.parameter === undefined)) {
    throw parseError(query, expr.from, `wrong number of arguments for ${expr.op}`);
  }
  checkTypes(expr.expr, query);
  expect(expr.expr, 'vector', 'aggregation expression');
  if (expr.parameter === undefined || wanted === undefined) return;
  checkTypes(expr.parameter, query);
  expect(expr.parameter, wanted, 'aggregation parameter');
}

function checkBinary(expr: BinaryNode, query: string): void {
  let scalars = 0;
  for (const operand of [expr.left, expr.right]) {
    checkTypes(operand, query);
    const type = typeOf(operand);
    if (type === 'scalar') scalars++;
    else if (type !== 'vector') {
      throw parseError(
        query,
        operand.from,
        'binary expression must contain only scalar and instant vector types',
      );
    }
  }
  const refuse = (reason: string): never => {
    throw parseError(query, expr.from, reason);
  };
  if (expr.bool && !COMPARISONS.has(expr.op))
    refuse('bool modifier can only be used on comparison operators');
  if (SETS.has(expr.op) && scalars > 0)
    refuse(`set operator "${expr.op}" not allowed in binary scalar expression`);
  if (SETS.has(expr.op) && expr.matching?.group !== undefined)
    refuse(`no grouping allowed for "${expr.op}" operation`);
  if (COMPARISONS.has(expr.op) && !expr.bool && scalars === 2) {
    refuse('comparisons between scalars must use BOOL modifier');
  }
  if (scalars > 0 && expr.matching !== undefined)
    refuse('vector matching only allowed between instant vectors');
}
