import { compileMatchers, type Matcher } from '../matchers.ts';
import type {
  AggregationNode,
  BinaryNode,
  CallNode,
  Expr,
  SelectorNode,
  VectorMatching,
} from '../parser/ast.ts';

/** Functions that look at all series at once, at no series, or at the query itself. */
const NOT_LOCAL: ReadonlySet<string> = new Set([
  ...['absent', 'absent_over_time', 'scalar', 'vector', 'time', 'pi', 'start', 'end', 'range', 'step'],
]);

/** Source's own labels of the name that tells parts apart are kept under this one. */
export const exported = (label: string): string => `exported_${label}`;

function isConstant(expr: Expr): boolean {
  switch (expr.type) {
    case 'number':
    case 'string':
      return true;
    case 'unary':
      return isConstant(expr.expr);
    case 'binary':
      return isConstant(expr.left) && isConstant(expr.right);
    default:
      return expr.type === 'call' && (expr.name === 'time' || expr.name === 'pi');
  }
}

/**
 * Whether series of different parts never meet in an expression: then each part can evaluate its own, and the label that
 * tells them apart is put on the results.
 */
export function isLocal(expr: Expr, label: string): boolean {
  switch (expr.type) {
    case 'selector':
      return true;
    case 'subquery':
    case 'unary':
      return isLocal(expr.expr, label);
    case 'call':
      return isLocalCall(expr, label);
    case 'aggregation':
      return isLocalAggregation(expr, label);
    case 'binary':
      return isLocalBinary(expr, label);
    default:
      return false;
  }
}

function isLocalCall({ name, args }: CallNode, label: string): boolean {
  if (NOT_LOCAL.has(name)) return false;
  const names = args.flatMap((arg) => (arg.type === 'string' ? [arg.value] : []));
  if (names.includes(label) || names.includes(exported(label))) return false;
  const others = args.filter((arg) => !isConstant(arg));
  return others.length > 0 && others.every((arg) => isLocal(arg, label));
}

function isLocalAggregation(node: AggregationNode, label: string): boolean {
  const { op, expr, parameter, grouping, without } = node;
  if (op === 'limit_ratio' || (parameter && !isConstant(parameter))) return false;
  if (parameter?.type === 'string' && parameter.value === label) return false;
  return grouping.includes(label) !== without && isLocal(expr, label);
}

function isLocalBinary({ left, right, matching }: BinaryNode, label: string): boolean {
  if (isConstant(left)) return isLocal(right, label);
  if (isConstant(right)) return isLocal(left, label);
  const apart = matching === undefined || matching.labels.includes(label) === matching.on;
  const lent = matching?.include.includes(label) ?? false;
  return apart && !lent && isLocal(left, label) && isLocal(right, label);
}

/** A part of the data, as it is called and when it is asked (ms). */
export interface Part {
  readonly label: string;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const NOTHING: Matcher = { name: '__name__', op: '!~', value: '.*' };
const ANYTHING: Matcher = { name: '__name__', op: '=~', value: '.+' };

/** A local expression as one part is asked, which does not know its own name; undefined when it can have nothing of it. */
export function forPart(expr: Expr, part: Part): Expr | undefined {
  const rewriting = new Rewriting(part);
  const made = rewriting.expr(expr);
  return rewriting.alive ? made : undefined;
}

class Rewriting {
  /** Some selector can select something. */
  alive = false;
  private readonly part: Part;

  constructor(part: Part) {
    this.part = part;
  }

  expr(expr: Expr): Expr {
    switch (expr.type) {
      case 'selector':
        return this.selector(expr);
      case 'subquery':
        return { ...expr, expr: this.expr(expr.expr), ...this.at(expr.at) };
      case 'unary':
        return { ...expr, expr: this.expr(expr.expr) };
      case 'call':
        return { ...expr, args: expr.args.map((arg) => this.expr(arg)) };
      case 'aggregation':
        return { ...expr, expr: this.expr(expr.expr), grouping: this.labels(expr.grouping) };
      case 'binary': {
        const made = { ...expr, left: this.expr(expr.left), right: this.expr(expr.right) };
        return expr.matching ? { ...made, matching: this.matching(expr.matching) } : made;
      }
      default:
        return expr;
    }
  }

  private at(at: SelectorNode['at']): { at?: number } {
    if (at === undefined) return {};
    return { at: at === 'start' ? this.part.start : at === 'end' ? this.part.end : at };
  }

  private selector(node: SelectorNode): SelectorNode {
    const { label, name } = this.part;
    const of = node.matchers.filter((matcher) => matcher.name === label);
    const others = node.matchers.flatMap((matcher) => {
      if (matcher.name === label) return [];
      return [matcher.name === exported(label) ? { ...matcher, name: label } : matcher];
    });
    const matches = compileMatchers(of)({ [label]: name });
    if (matches) this.alive = true;
    const some = others.length === 0 ? [ANYTHING] : others;
    return { ...node, matchers: matches ? some : [...some, NOTHING], ...this.at(node.at) };
  }

  private labels(names: readonly string[]): readonly string[] {
    const { label } = this.part;
    return names.flatMap((name) => (name === label ? [] : [name === exported(label) ? label : name]));
  }

  private matching(matching: VectorMatching): VectorMatching {
    return { ...matching, labels: this.labels(matching.labels), include: this.labels(matching.include) };
  }
}
