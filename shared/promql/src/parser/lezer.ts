import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { AtModifier, Expr, SelectorNode, SubqueryNode } from './ast.ts';
import { checkTypes } from './check-types.ts';
import type { Timing } from './durations.ts';
import { parseError } from './parse-error.ts';
import { QueryText } from './query-text.ts';
import { labelNames, matchingOf, matrixOf, selectorOf } from './selector.ts';
import { syntaxError } from './syntax-error.ts';

const MAX_LENGTH = 100_000;
const MAX_DEPTH = 200;

/**
 * Parses a query. `timing` is for `step()` and `range()` in durations.
 * @throws FailureError `invalid-input` or `not-supported` with line and column.
 */
export function parsePromql(query: string, timing?: Timing): Expr {
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
  const expr = new Builder(query, timing).expr(root, 0);
  checkTypes(expr, query);
  return expr;
}

class Builder {
  private readonly query: QueryText;

  constructor(query: string, timing: Timing | undefined) {
    this.query = new QueryText(query, timing);
  }

  expr(node: SyntaxNode, depth: number): Expr {
    if (depth > MAX_DEPTH) throw this.query.fail(node, 'nested too deep');
    switch (node.name) {
      case 'ParenExpr':
        return this.expr(this.query.child(node), depth + 1);
      case 'NumberDurationLiteral':
        return { type: 'number', value: this.query.number(node), ...this.query.place(node) };
      case 'StringLiteral':
        return { type: 'string', value: this.query.string(node), ...this.query.place(node) };
      case 'VectorSelector':
        return selectorOf(this.query, node);
      case 'MatrixSelector':
        return matrixOf(this.query, node);
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
        return this.unary(node, this.expr(this.query.last(node), depth + 1));
      case 'AnchoredExpr':
        return this.extension(node, depth, 'anchored');
      case 'SmoothedExpr':
        return this.extension(node, depth, 'smoothed');
      default:
        throw this.query.unsupported(node, node.name);
    }
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
    if (depth > MAX_DEPTH) throw this.query.fail(node, 'nested too deep');
    if (node.name === 'BinaryExpr')
      return this.binary(node, depth, this.lastOperand(this.query.last(node), depth + 1, change));
    if (node.name === 'UnaryExpr')
      return this.unary(node, this.lastOperand(this.query.last(node), depth + 1, change));
    return change(this.expr(node, depth + 1), node);
  }

  private unary(node: SyntaxNode, expr: Expr): Expr {
    return {
      type: 'unary',
      op: this.query.text(node).startsWith('-') ? '-' : '+',
      expr,
      ...this.query.place(node),
    };
  }

  private modify(
    node: SyntaxNode,
    depth: number,
    modifier: 'offset' | '@' | 'anchored' | 'smoothed',
    change: (target: SelectorNode | SubqueryNode) => SelectorNode | SubqueryNode,
  ): Expr {
    return this.lastOperand(this.query.child(node), depth, (operand, written) => {
      const bare = written.name !== 'ParenExpr';
      if (bare && (operand.type === 'selector' || operand.type === 'subquery')) return change(operand);
      throw this.query.fail(
        node,
        `${modifier} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
      );
    });
  }

  private offset(node: SyntaxNode, depth: number): Expr {
    const offset = this.query.duration(this.query.last(node));
    return this.modify(node, depth, 'offset', (target) => {
      if (target.offset !== 0) throw this.query.fail(node, 'offset may not be set multiple times');
      return { ...target, offset };
    });
  }

  private at(node: SyntaxNode, depth: number): Expr {
    const time = this.query.last(node);
    let at: AtModifier;
    if (time.name === 'AtModifierPreprocessors')
      at = this.query.text(time).startsWith('start') ? 'start' : 'end';
    else at = Math.round(this.query.number(time) * 1000);
    // Prometheus compares seconds with the largest number of milliseconds.
    if (typeof at === 'number' && !(Math.abs(at / 1000) < 2 ** 63))
      throw this.query.fail(node, `timestamp out of bounds for @ modifier: ${at}`);
    return this.modify(node, depth, '@', (target) => {
      if (target.at !== undefined) throw this.query.fail(node, '@ <timestamp> may not be set multiple times');
      return { ...target, at };
    });
  }

  private extension(node: SyntaxNode, depth: number, extension: 'anchored' | 'smoothed'): Expr {
    return this.modify(node, depth, extension, (target) => {
      if (target.type === 'subquery')
        throw this.query.fail(node, `${extension} modifier is not supported for subqueries`);
      if (target.extension !== undefined)
        throw this.query.fail(node, 'anchored and smoothed modifiers cannot be used together');
      if (extension === 'anchored' && target.range === undefined)
        throw this.query.fail(node, 'anchored modifier must be preceded by a range vector selector');
      return { ...target, extension };
    });
  }

  private subquery(node: SyntaxNode, depth: number): Expr {
    const durations = node.getChildren('DurationExpr');
    const first = durations[0];
    if (!first) throw this.query.fail(node, 'a subquery needs a range');
    const range = this.query.duration(first);
    const step = durations[1] && this.query.duration(durations[1]);
    if (range <= 0 || (step !== undefined && step <= 0))
      throw this.query.fail(node, 'duration must be greater than 0');
    return this.lastOperand(this.query.child(node), depth, (expr) => {
      const base: SubqueryNode = {
        type: 'subquery',
        expr,
        range,
        offset: 0,
        ...this.query.place({ from: expr.from, to: node.to }),
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
    const name = this.query.text(this.query.child(node, 'FunctionIdentifier'));
    return {
      type: 'call',
      name,
      args: this.args(node.getChild('FunctionCallBody'), depth),
      ...this.query.place(node),
    };
  }

  private aggregation(node: SyntaxNode, depth: number): Expr {
    const op = this.query.text(this.query.child(node, 'AggregateOp')).toLowerCase();
    const modifier = node.getChild('AggregateModifier');
    const args = this.args(node.getChild('FunctionCallBody'), depth);
    const expr = args.at(-1);
    if (!expr || args.length > 2)
      throw this.query.fail(
        node,
        `wrong number of arguments for aggregate expression provided, expected 1 or 2, got ${args.length}`,
      );
    const base = {
      type: 'aggregation' as const,
      op,
      expr,
      grouping: labelNames(this.query, modifier?.getChild('GroupingLabels') ?? null),
      without: modifier?.getChild('Without') !== null && modifier !== null,
      ...this.query.place(node),
    };
    return args.length === 2 && args[0] ? { ...base, parameter: args[0] } : base;
  }

  private binary(node: SyntaxNode, depth: number, given?: Expr): Expr {
    const left = this.query.child(node);
    const right = this.query.last(node);
    const operator = left.nextSibling;
    if (!operator) throw this.query.fail(node, 'incomplete expression');
    const matching = matchingOf(this.query, node);
    // The grammar takes a sign for part of a number, but a power binds more tightly: -2^2 is -4.
    const signed =
      operator.name === 'Pow' && left.name === 'NumberDurationLiteral' && /^[+-]/.test(this.query.text(left));
    const base = {
      type: 'binary' as const,
      op: this.query.text(operator).toLowerCase(),
      left: signed ? this.unsigned(left) : this.expr(left, depth + 1),
      right: given ?? this.expr(right, depth + 1),
      bool: node.getChild('BoolModifier') !== null,
      operatorFrom: operator.from,
      ...this.query.place(node),
    };
    const made = matching ? { ...base, matching } : base;
    return signed ? this.unary(node, made) : made;
  }

  private unsigned(node: SyntaxNode): Expr {
    return { type: 'number', value: Math.abs(this.query.number(node)), ...this.query.place(node) };
  }
}
