import type { Matcher } from './matchers.ts';
import type {
  AggregationNode,
  AtModifier,
  BinaryNode,
  Expr,
  SelectorNode,
  SubqueryNode,
} from './parser/ast.ts';

/** Text of a parsed query: another text than it was read from perhaps, with the same meaning. */
export function printPromql(expr: Expr): string {
  switch (expr.type) {
    case 'number':
      return number(expr.value);
    case 'string':
      return JSON.stringify(expr.value);
    case 'selector':
      return selector(expr);
    case 'subquery':
      return subquery(expr);
    case 'call':
      return `${expr.name}(${expr.args.map(printPromql).join(', ')})`;
    case 'unary':
      return `${expr.op}(${printPromql(expr.expr)})`;
    case 'aggregation':
      return aggregation(expr);
    case 'binary':
      return binary(expr);
  }
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  return String(value);
}

const name = (label: string): string => (/^[A-Za-z_]\w*$/.test(label) ? label : JSON.stringify(label));

const names = (labels: readonly string[]): string => `(${labels.map(name).join(', ')})`;

const matcher = ({ name: label, op, value }: Matcher): string =>
  `${name(label)}${op}${JSON.stringify(value)}`;

function modifiers({ offset, at }: { readonly offset: number; readonly at?: AtModifier }): string {
  const when = at === undefined ? '' : ` @ ${typeof at === 'number' ? at / 1000 : `${at}()`}`;
  return `${when}${offset === 0 ? '' : ` offset ${offset}ms`}`;
}

const selector = (node: SelectorNode): string => {
  const range = node.range === undefined ? '' : `[${node.range}ms]`;
  const extension = node.extension === undefined ? '' : ` ${node.extension}`;
  return `{${node.matchers.map(matcher).join(', ')}}${range}${extension}${modifiers(node)}`;
};

const subquery = (node: SubqueryNode): string => {
  const step = node.step === undefined ? '' : `${node.step}ms`;
  return `(${printPromql(node.expr)})[${node.range}ms:${step}]${modifiers(node)}`;
};

function aggregation({ op, expr, parameter, grouping, without }: AggregationNode): string {
  const given = parameter ? `${printPromql(parameter)}, ` : '';
  return `${op} ${without ? 'without' : 'by'} ${names(grouping)} (${given}${printPromql(expr)})`;
}

function binary({ op, left, right, bool, matching }: BinaryNode): string {
  const parts = [`(${printPromql(left)})`, op, ...(bool ? ['bool'] : [])];
  if (matching) {
    parts.push(`${matching.on ? 'on' : 'ignoring'} ${names(matching.labels)}`);
    if (matching.group) parts.push(`group_${matching.group} ${names(matching.include)}`);
    const { left: low, right: high } = matching.fill ?? {};
    if (low !== undefined) parts.push(`fill_left(${number(low)})`);
    if (high !== undefined) parts.push(`fill_right(${number(high)})`);
  }
  return [...parts, `(${printPromql(right)})`].join(' ');
}
