import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { FailureError } from '@gumshoe/base/failure';
import { RENAMED } from '../functions.ts';
import { compileMatchers } from '../matchers.ts';
import type { Matcher } from '../matchers.ts';
import { compileRegex } from '../regex.ts';
import type { AtModifier, Expr, Position, SelectorNode, SubqueryNode, VectorMatching } from './ast.ts';
import { checkTypes } from './check-types.ts';
import { durationSeconds } from './durations.ts';
import { lineAndColumn, parseError } from './parse-error.ts';
import { numberOrDuration, stringValue } from './literals.ts';

const MAX_LENGTH = 100_000;
const MAX_DEPTH = 200;

/** Parses a query. Throws FailureError `invalid-input` or `not-supported` with line and column. */
export function parsePromql(query: string): Expr {
  if (query.trim() === '') throw parseError(query, 0, 'no expression found in input');
  if (query.length > MAX_LENGTH)
    throw parseError(query, 0, `the query is longer than ${MAX_LENGTH} characters`);
  const tree = parser.parse(query);
  tree.iterate({
    enter(node) {
      if (node.type.isError) throw syntaxError(query, node.from);
    },
  });
  let root = tree.topNode.firstChild;
  while (root?.name === 'LineComment') root = root.nextSibling;
  if (!root) throw parseError(query, 0, 'no expression found in input');
  const expr = new Builder(query).expr(root, 0);
  checkTypes(expr, query);
  return expr;
}

/** The grammar knows every function, so that an unknown one stops it at the parenthesis. */
function syntaxError(query: string, at: number): FailureError {
  const called = /([A-Za-z_]\w*)\s*$/.exec(query.slice(0, at));
  if (called && query.startsWith('(', at)) {
    const name = called[1]!;
    const renamed = RENAMED.get(name);
    const now = renamed === undefined ? '' : `: Prometheus 3 calls it ${renamed}`;
    return parseError(query, called.index, `unknown function with name "${name}"${now}`);
  }
  const found = query.slice(at, at + 12).trim() || 'end of input';
  return parseError(query, at, `unexpected ${found}`);
}

class Builder {
  private readonly query: string;

  constructor(query: string) {
    this.query = query;
  }

  private text(node: SyntaxNode): string {
    return this.query.slice(node.from, node.to);
  }

  private place({ from, to }: { readonly from: number; readonly to: number }): Position {
    return { from, to, ...lineAndColumn(this.query, from) };
  }

  private fail(node: SyntaxNode, reason: string): FailureError {
    return parseError(this.query, node.from, reason);
  }

  private unsupported(node: SyntaxNode, what: string): FailureError {
    return parseError(this.query, node.from, `${what} is not supported`, 'not-supported');
  }

  expr(node: SyntaxNode, depth: number): Expr {
    if (depth > MAX_DEPTH) throw this.fail(node, 'nested too deep');
    switch (node.name) {
      case 'ParenExpr':
        return this.expr(this.child(node), depth + 1);
      case 'NumberDurationLiteral':
        return { type: 'number', value: this.number(node), ...this.place(node) };
      case 'StringLiteral':
        return { type: 'string', value: this.string(node), ...this.place(node) };
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
      case 'AnchoredExpr':
        throw this.unsupported(node, 'the experimental modifier anchored');
      case 'SmoothedExpr':
        throw this.unsupported(node, 'the experimental modifier smoothed');
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

  private string(node: SyntaxNode): string {
    try {
      return stringValue(this.text(node));
    } catch (error) {
      if (error instanceof SyntaxError) throw this.fail(node, error.message);
      throw error;
    }
  }

  private number(node: SyntaxNode): number {
    const value = numberOrDuration(this.text(node));
    if (Number.isNaN(value) && this.text(node).toLowerCase() !== 'nan')
      throw this.fail(node, `bad number ${this.text(node)}`);
    return value;
  }

  /** ms of a duration. */
  private duration(node: SyntaxNode): number {
    const seconds = durationSeconds(node, this.query);
    if (!Number.isFinite(seconds)) throw this.fail(node, 'duration out of range');
    return Math.trunc(seconds * 1000);
  }

  private selector(node: SyntaxNode): SelectorNode {
    const matchers: Matcher[] = [];
    const name = node.getChild('Identifier') ?? node.getChild('MetricName');
    if (name) matchers.push({ name: '__name__', op: '=', value: this.text(name) });
    const list = node.getChild('LabelMatchers');
    for (let part = list?.firstChild; part; part = part.nextSibling) {
      if (part.name === 'QuotedLabelName')
        matchers.push({ name: '__name__', op: '=', value: this.string(this.child(part)) });
      if (part.name === 'UnquotedLabelMatcher' || part.name === 'QuotedLabelMatcher')
        matchers.push(this.matcher(part));
    }
    const named = matchers.filter((matcher) => matcher.name === '__name__');
    if ((name !== null || list?.getChild('QuotedLabelName')) && named.length > 1) {
      const [first, second] = named.map(({ value }) => JSON.stringify(value));
      throw this.fail(node, `metric name must not be set twice: ${first} or ${second}`);
    }
    const infoArgument = node.parent?.prevSibling?.getChild('Info') != null;
    if (!infoArgument && matchers.every((matcher) => compileMatchers([matcher])({})))
      throw this.fail(node, 'vector selector must contain at least one non-empty matcher');
    return { type: 'selector', matchers, offset: 0, ...this.place(node) };
  }

  private matcher(node: SyntaxNode): Matcher {
    const name = node.getChild('LabelName') ?? node.getChild('QuotedLabelName');
    if (!name) throw this.fail(node, 'a matcher needs a label name');
    const op = this.text(this.child(node, 'MatchOp'));
    const value = this.string(this.last(node));
    const label = name.name === 'QuotedLabelName' ? this.string(name) : this.text(name);
    if (op === '=~' || op === '!~') compileRegex(value);
    if (op === '=' || op === '!=' || op === '=~' || op === '!~') return { name: label, op, value };
    throw this.fail(node, `unknown operator ${op}`);
  }

  private matrix(node: SyntaxNode): SelectorNode {
    const inner = this.selector(this.child(node, 'VectorSelector'));
    const range = this.duration(this.last(node));
    if (range <= 0) throw this.fail(node, 'duration must be greater than 0');
    return { ...inner, range, to: node.to };
  }

  /**
   * The grammar lets a modifier follow a whole unparenthesised operation; it belongs to its last operand, as in
   * Prometheus: `a + b offset 1m` moves b only.
   */
  private lastOperand(
    node: SyntaxNode,
    depth: number,
    change: (operand: Expr, written: SyntaxNode) => Expr,
  ): Expr {
    if (depth > MAX_DEPTH) throw this.fail(node, 'nested too deep');
    if (node.name === 'BinaryExpr')
      return this.binary(node, depth, this.lastOperand(this.last(node), depth + 1, change));
    if (node.name === 'UnaryExpr')
      return this.unary(node, this.lastOperand(this.last(node), depth + 1, change));
    return change(this.expr(node, depth + 1), node);
  }

  private unary(node: SyntaxNode, expr: Expr): Expr {
    return {
      type: 'unary',
      op: this.text(node).startsWith('-') ? '-' : '+',
      expr,
      ...this.place(node),
    };
  }

  private modify(
    node: SyntaxNode,
    depth: number,
    modifier: 'offset' | '@',
    change: (target: SelectorNode | SubqueryNode) => SelectorNode | SubqueryNode,
  ): Expr {
    return this.lastOperand(this.child(node), depth, (operand, written) => {
      const bare = written.name !== 'ParenExpr';
      if (bare && (operand.type === 'selector' || operand.type === 'subquery')) return change(operand);
      throw this.fail(
        node,
        `${modifier} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
      );
    });
  }

  private offset(node: SyntaxNode, depth: number): Expr {
    const offset = this.duration(this.last(node));
    return this.modify(node, depth, 'offset', (target) => {
      if (target.offset !== 0) throw this.fail(node, 'offset may not be set multiple times');
      return { ...target, offset };
    });
  }

  private at(node: SyntaxNode, depth: number): Expr {
    const time = this.last(node);
    let at: AtModifier;
    if (time.name === 'AtModifierPreprocessors') at = this.text(time).startsWith('start') ? 'start' : 'end';
    else at = Math.round(this.number(time) * 1000);
    // Prometheus compares seconds with the largest number of milliseconds.
    if (typeof at === 'number' && !(Math.abs(at / 1000) < 2 ** 63))
      throw this.fail(node, `timestamp out of bounds for @ modifier: ${at}`);
    return this.modify(node, depth, '@', (target) => {
      if (target.at !== undefined) throw this.fail(node, '@ <timestamp> may not be set multiple times');
      return { ...target, at };
    });
  }

  private subquery(node: SyntaxNode, depth: number): Expr {
    const durations = node.getChildren('DurationExpr');
    const first = durations[0];
    if (!first) throw this.fail(node, 'a subquery needs a range');
    const range = this.duration(first);
    const step = durations[1] && this.duration(durations[1]);
    if (range <= 0 || (step !== undefined && step <= 0))
      throw this.fail(node, 'duration must be greater than 0');
    return this.lastOperand(this.child(node), depth, (expr) => {
      const base: SubqueryNode = {
        type: 'subquery',
        expr,
        range,
        offset: 0,
        ...this.place({ from: expr.from, to: node.to }),
      };
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
      ...this.place(node),
    };
  }

  private labels(node: SyntaxNode | null): string[] {
    const names: string[] = [];
    for (let part = node?.firstChild; part; part = part.nextSibling) {
      if (part.name === 'LabelName') names.push(this.text(part));
      if (part.name === 'QuotedLabelName') names.push(this.string(part));
    }
    return names;
  }

  private aggregation(node: SyntaxNode, depth: number): Expr {
    const op = this.text(this.child(node, 'AggregateOp')).toLowerCase();
    const modifier = node.getChild('AggregateModifier');
    const args = this.args(node.getChild('FunctionCallBody'), depth);
    const expr = args.at(-1);
    if (!expr || args.length > 2)
      throw this.fail(
        node,
        `wrong number of arguments for aggregate expression provided, expected 1 or 2, got ${args.length}`,
      );
    const base = {
      type: 'aggregation' as const,
      op,
      expr,
      grouping: this.labels(modifier?.getChild('GroupingLabels') ?? null),
      without: modifier?.getChild('Without') !== null && modifier !== null,
      ...this.place(node),
    };
    return args.length === 2 && args[0] ? { ...base, parameter: args[0] } : base;
  }

  private binary(node: SyntaxNode, depth: number, given?: Expr): Expr {
    const left = this.child(node);
    const right = this.last(node);
    const operator = left.nextSibling;
    if (!operator) throw this.fail(node, 'incomplete expression');
    const matching = this.matching(node.getChild('MatchingModifierClause'), this.fill(node));
    const base = {
      type: 'binary' as const,
      op: this.text(operator).toLowerCase(),
      left: this.expr(left, depth + 1),
      right: given ?? this.expr(right, depth + 1),
      bool: node.getChild('BoolModifier') !== null,
      ...this.place(node),
    };
    return matching ? { ...base, matching } : base;
  }

  private matching(
    node: SyntaxNode | null,
    fill: VectorMatching['fill'] | undefined,
  ): VectorMatching | undefined {
    if (!node && !fill) return undefined;
    const lists = node?.getChildren('GroupingLabels') ?? [];
    const group = node?.getChild('GroupLeft') ? 'left' : node?.getChild('GroupRight') ? 'right' : undefined;
    return {
      on: node != null && node.getChild('On') !== null,
      labels: this.labels(lists[0] ?? null),
      include: this.labels(lists[1] ?? null),
      ...(group ? { group } : {}),
      ...(fill ? { fill } : {}),
    };
  }

  private fill(node: SyntaxNode): VectorMatching['fill'] | undefined {
    const modifier = node.getChild('FillModifier');
    if (!modifier) return undefined;
    const value = (clause: string): number | undefined => {
      const literal = modifier.getChild(clause)?.getChild('NumberDurationLiteral');
      return literal ? this.number(literal) : undefined;
    };
    const both = value('FillClause');
    const left = both ?? value('FillLeftClause');
    const right = both ?? value('FillRightClause');
    return { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
  }
}
