import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { FailureError } from '@gumshoe/base/failure';
import type { Matcher } from '../matchers.ts';
import { compileRegex } from '../regex.ts';
import type { AtModifier, Expr, SelectorNode, SubqueryNode, VectorMatching } from './ast.ts';
import { checkTypes } from './check-types.ts';
import { parseError } from './parse-error.ts';
import { numberOrDuration, stringValue } from './literals.ts';

const MAX_LENGTH = 100_000;
const MAX_DEPTH = 200;

/** Parses a query. Throws FailureError `invalid-input` or `not-supported` with line and column. */
export function parsePromql(query: string): Expr {
  if (query.trim() === '') throw parseError(query, 0, 'the query is empty');
  if (query.length > MAX_LENGTH)
    throw parseError(query, 0, `the query is longer than ${MAX_LENGTH} characters`);
  const tree = parser.parse(query);
  tree.iterate({
    enter(node) {
      if (node.type.isError)
        throw parseError(
          query,
          node.from,
          `unexpected ${query.slice(node.from, node.from + 12).trim() || 'end of input'}`,
        );
    },
  });
  let root = tree.topNode.firstChild;
  while (root?.name === 'LineComment') root = root.nextSibling;
  if (!root) throw parseError(query, 0, 'the query is empty');
  const expr = new Builder(query).expr(root, 0);
  checkTypes(expr, query);
  return expr;
}

class Builder {
  private readonly query: string;

  constructor(query: string) {
    this.query = query;
  }

  private text(node: SyntaxNode): string {
    return this.query.slice(node.from, node.to);
  }

  private fail(node: SyntaxNode, reason: string): FailureError {
    return parseError(this.query, node.from, reason);
  }

  private unsupported(node: SyntaxNode, what: string): FailureError {
    return parseError(this.query, node.from, `${what} is not supported`, 'not-supported');
  }

  expr(node: SyntaxNode, depth: number): Expr {
    if (depth > MAX_DEPTH) throw this.fail(node, 'nested too deep');
    const { from, to } = node;
    switch (node.name) {
      case 'ParenExpr':
        return this.expr(this.child(node), depth + 1);
      case 'NumberDurationLiteral':
        return { type: 'number', value: this.number(node), from, to };
      case 'StringLiteral':
        return { type: 'string', value: stringValue(this.text(node)), from, to };
      case 'VectorSelector':
        return this.selector(node);
      case 'MatrixSelector':
        return this.matrix(node);
      case 'OffsetExpr':
        return this.offset(node, depth);
      case 'StepInvariantExpr':
        return this.at(node, depth);
      case 'SubqueryExpr':
        return this.subquery(node, depth);
      case 'FunctionCall':
        return this.call(node, depth);
      case 'AggregateExpr':
        return this.aggregation(node, depth);
      case 'BinaryExpr':
        return this.binary(node, depth);
      case 'UnaryExpr':
        return this.unary(node, this.expr(this.last(node), depth + 1));
      default:
        throw this.unsupported(node, node.name);
    }
  }

  private child(node: SyntaxNode, name?: string): SyntaxNode {
    const found = name === undefined ? node.firstChild : node.getChild(name);
    if (!found) throw this.fail(node, `incomplete ${node.name}`);
    return found;
  }

  private last(node: SyntaxNode): SyntaxNode {
    const found = node.lastChild;
    if (!found) throw this.fail(node, `incomplete ${node.name}`);
    return found;
  }

  private number(node: SyntaxNode): number {
    const value = numberOrDuration(this.text(node));
    if (Number.isNaN(value) && this.text(node).toLowerCase() !== 'nan')
      throw this.fail(node, `bad number ${this.text(node)}`);
    return value;
  }

  /** ms of a duration; arithmetic inside durations is an experimental feature we leave out. */
  private duration(node: SyntaxNode): number {
    const text = this.text(node)
      .trim()
      .replace(/^\[|\]$/g, '');
    const negative = text.startsWith('-');
    const value = numberOrDuration(text.replace(/^[+-]/, '').trim());
    if (!Number.isFinite(value)) throw this.unsupported(node, `duration ${this.text(node)}`);
    return (negative ? -value : value) * 1000;
  }

  private selector(node: SyntaxNode): SelectorNode {
    const matchers: Matcher[] = [];
    const name = node.getChild('Identifier') ?? node.getChild('MetricName');
    if (name) matchers.push({ name: '__name__', op: '=', value: this.text(name) });
    const list = node.getChild('LabelMatchers');
    for (let part = list?.firstChild; part; part = part.nextSibling) {
      if (part.name === 'QuotedLabelName')
        matchers.push({ name: '__name__', op: '=', value: stringValue(this.text(this.child(part))) });
      if (part.name === 'UnquotedLabelMatcher' || part.name === 'QuotedLabelMatcher')
        matchers.push(this.matcher(part));
    }
    const selective = matchers.some(
      (matcher) =>
        (matcher.op === '=' && matcher.value !== '') ||
        (matcher.op === '=~' && !compileRegex(matcher.value)('')) ||
        (matcher.op === '!~' && compileRegex(matcher.value)('')) ||
        (matcher.op === '!=' && matcher.value === ''),
    );
    if (!selective) throw this.fail(node, 'vector selector must contain at least one non-empty matcher');
    return { type: 'selector', matchers, offset: 0, from: node.from, to: node.to };
  }

  private matcher(node: SyntaxNode): Matcher {
    const name = node.getChild('LabelName') ?? node.getChild('QuotedLabelName');
    if (!name) throw this.fail(node, 'a matcher needs a label name');
    const op = this.text(this.child(node, 'MatchOp'));
    const value = stringValue(this.text(this.last(node)));
    const label = name.name === 'QuotedLabelName' ? stringValue(this.text(name)) : this.text(name);
    if (op === '=~' || op === '!~') compileRegex(value);
    if (op === '=' || op === '!=' || op === '=~' || op === '!~') return { name: label, op, value };
    throw this.fail(node, `unknown operator ${op}`);
  }

  private matrix(node: SyntaxNode): SelectorNode {
    const inner = this.selector(this.child(node, 'VectorSelector'));
    const range = this.duration(this.last(node));
    if (range <= 0) throw this.fail(node, 'a range must be positive');
    return { ...inner, range, to: node.to };
  }

  /**
   * The grammar lets a modifier follow a whole unparenthesised operation; it belongs to its last operand, as in
   * Prometheus: `a + b offset 1m` moves b only.
   */
  private lastOperand(node: SyntaxNode, depth: number, change: (operand: Expr) => Expr): Expr {
    if (depth > MAX_DEPTH) throw this.fail(node, 'nested too deep');
    const last = this.last(node);
    if (node.name === 'BinaryExpr')
      return this.binary(node, depth, this.lastOperand(last, depth + 1, change));
    if (node.name === 'UnaryExpr') return this.unary(node, this.lastOperand(last, depth + 1, change));
    return change(this.expr(node, depth + 1));
  }

  private unary(node: SyntaxNode, expr: Expr): Expr {
    return {
      type: 'unary',
      op: this.text(node).startsWith('-') ? '-' : '+',
      expr,
      from: node.from,
      to: node.to,
    };
  }

  private modify(
    node: SyntaxNode,
    depth: number,
    change: (target: SelectorNode | SubqueryNode) => SelectorNode | SubqueryNode,
  ): Expr {
    return this.lastOperand(this.child(node), depth, (operand) => {
      if (operand.type === 'selector' || operand.type === 'subquery') return change(operand);
      throw this.fail(node, 'offset and @ follow a selector or a subquery');
    });
  }

  private offset(node: SyntaxNode, depth: number): Expr {
    const offset = this.duration(this.last(node));
    return this.modify(node, depth, (target) => ({ ...target, offset }));
  }

  private at(node: SyntaxNode, depth: number): Expr {
    const time = this.last(node);
    let at: AtModifier;
    if (time.name === 'AtModifierPreprocessors') at = this.text(time).startsWith('start') ? 'start' : 'end';
    else at = this.number(time) * (this.text(time.prevSibling ?? time).includes('-') ? -1 : 1) * 1000;
    return this.modify(node, depth, (target) => ({ ...target, at }));
  }

  private subquery(node: SyntaxNode, depth: number): Expr {
    const durations = node.getChildren('DurationExpr');
    const first = durations[0];
    if (!first) throw this.fail(node, 'a subquery needs a range');
    const range = this.duration(first);
    const step = durations[1] && this.duration(durations[1]);
    return this.lastOperand(this.child(node), depth, (expr) => {
      const base: SubqueryNode = { type: 'subquery', expr, range, offset: 0, from: node.from, to: node.to };
      return step === undefined ? base : { ...base, step };
    });
  }

  private args(node: SyntaxNode | null, depth: number): Expr[] {
    const args: Expr[] = [];
    for (let part = node?.firstChild; part; part = part.nextSibling)
      if (!/^(?:[(),]|LineComment)$/.test(part.name)) args.push(this.expr(part, depth + 1));
    return args;
  }

  private call(node: SyntaxNode, depth: number): Expr {
    const name = this.text(this.child(node, 'FunctionIdentifier'));
    return {
      type: 'call',
      name,
      args: this.args(node.getChild('FunctionCallBody'), depth),
      from: node.from,
      to: node.to,
    };
  }

  private labels(node: SyntaxNode | null): string[] {
    const names: string[] = [];
    for (let part = node?.firstChild; part; part = part.nextSibling) {
      if (part.name === 'LabelName') names.push(this.text(part));
      if (part.name === 'QuotedLabelName') names.push(stringValue(this.text(part)));
    }
    return names;
  }

  private aggregation(node: SyntaxNode, depth: number): Expr {
    const op = this.text(this.child(node, 'AggregateOp')).toLowerCase();
    const modifier = node.getChild('AggregateModifier');
    const args = this.args(node.getChild('FunctionCallBody'), depth);
    const expr = args.at(-1);
    if (!expr || args.length > 2) throw this.fail(node, `wrong number of arguments for ${op}`);
    const base = {
      type: 'aggregation' as const,
      op,
      expr,
      grouping: this.labels(modifier?.getChild('GroupingLabels') ?? null),
      without: modifier?.getChild('Without') !== null && modifier !== null,
      from: node.from,
      to: node.to,
    };
    return args.length === 2 && args[0] ? { ...base, parameter: args[0] } : base;
  }

  private binary(node: SyntaxNode, depth: number, given?: Expr): Expr {
    const left = this.child(node);
    const right = this.last(node);
    const operator = left.nextSibling;
    if (!operator || node.getChild('FillModifier')) throw this.unsupported(node, 'fill');
    const matching = this.matching(node.getChild('MatchingModifierClause'));
    const base = {
      type: 'binary' as const,
      op: this.text(operator).toLowerCase(),
      left: this.expr(left, depth + 1),
      right: given ?? this.expr(right, depth + 1),
      bool: node.getChild('BoolModifier') !== null,
      from: node.from,
      to: node.to,
    };
    return matching ? { ...base, matching } : base;
  }

  private matching(node: SyntaxNode | null): VectorMatching | undefined {
    if (!node) return undefined;
    const lists = node.getChildren('GroupingLabels');
    const group = node.getChild('GroupLeft') ? 'left' : node.getChild('GroupRight') ? 'right' : undefined;
    const base = {
      on: node.getChild('On') !== null,
      labels: this.labels(lists[0] ?? null),
      include: this.labels(lists[1] ?? null),
    };
    return group ? { ...base, group } : base;
  }
}
