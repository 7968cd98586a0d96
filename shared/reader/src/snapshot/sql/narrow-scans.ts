import { findColumn, type ScanBuilder, type Scope } from './scope.ts';
import type { Expression } from './syntax.ts';
import type { ExpressionTranslator } from './translate-expression.ts';
import { asTime } from './conversions.ts';

/**
 * Tells scans what WHERE asks of the time and of the key of their rows, so that they need not read the rest. WHERE is
 * applied all the same: what is not understood here costs time only.
 */
export function narrowScans(where: Expression, scope: Scope, translator: ExpressionTranslator): void {
  if (where.kind === 'binary' && where.operator === 'AND') {
    narrowScans(where.left, scope, translator);
    narrowScans(where.right, scope, translator);
  } else if (where.kind === 'between' && !where.not) {
    bound(where.of, '>=', where.low, scope, translator);
    bound(where.of, '<=', where.high, scope, translator);
  } else if (where.kind === 'in' && !where.not) {
    const members =
      where.among.kind === 'tuple' || where.among.kind === 'array' ? where.among.items : [where.among];
    equal(where.of, members, scope, translator);
  } else if (where.kind === 'binary') {
    bound(where.left, where.operator, where.right, scope, translator);
    bound(where.right, TURNED[where.operator] ?? '', where.left, scope, translator);
    if (where.operator === '=') {
      equal(where.left, [where.right], scope, translator);
      equal(where.right, [where.left], scope, translator);
    }
  }
}

const TURNED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

/** The scan whose time or key an expression is. */
function scanOf(of: Expression, what: 'time' | 'key', scope: Scope): ScanBuilder | undefined {
  if (of.kind !== 'name' || (of.path.length === 1 && scope.names.has(of.path[0]!))) return undefined;
  const found = findColumn(scope, of.path);
  const scan = found?.relation.scan;
  return scan && scan.table[what] === found.column ? scan : undefined;
}

function bound(
  of: Expression,
  operator: string,
  limit: Expression,
  scope: Scope,
  translator: ExpressionTranslator,
): void {
  const scan = isConstant(limit) ? scanOf(of, 'time', scope) : undefined;
  if (!scan) return;
  const text = asTime(translator.ofRows(limit));
  if (operator === '>' || operator === '>=' || operator === '=') scan.from.push(text);
  if (operator === '<' || operator === '<=' || operator === '=') scan.to.push(text);
}

function equal(
  of: Expression,
  members: readonly Expression[],
  scope: Scope,
  translator: ExpressionTranslator,
): void {
  const scan = members.every(isConstant) ? scanOf(of, 'key', scope) : undefined;
  scan?.keys.push(members.map((one) => translator.ofRows(one).sql));
}

/** Whether it says the same for every row. */
function isConstant(one: Expression): boolean {
  switch (one.kind) {
    case 'text':
    case 'number':
      return true;
    case 'call':
      return [...one.call.args, ...one.call.parameters].every(isConstant);
    case 'binary':
      return isConstant(one.left) && isConstant(one.right);
    case 'negated':
      return isConstant(one.of);
    case 'interval':
      return isConstant(one.amount);
    default:
      return false;
  }
}
