import type { Matcher } from './matchers.ts';
import { infoMatchers } from './evaluator/info.ts';
import { stampedSelector } from './evaluator/selection.ts';
import type { AtModifier, CallNode, Expr, SelectorNode } from './parser/ast.ts';
import { LOOKBACK } from './source.ts';

/** Samples with `from < t <= to` (ms) of these matchers are all that a selector of the query can need. */
export interface SelectorExtent {
  readonly matchers: readonly Matcher[];
  readonly from: number;
  readonly to: number;
}

/** What an evaluation between `from` and `to` (ms) will select, for hosts that must fetch first. */
export function selectorsOf(expr: Expr, from: number, to: number): SelectorExtent[] {
  const start = from;
  const end = to;
  const moved = (
    node: { readonly offset: number; readonly at?: AtModifier },
    low: number,
    high: number,
    back: number,
  ) => {
    const at = node.at === 'start' ? start : node.at === 'end' ? end : node.at;
    return { from: (at ?? low) - node.offset - back, to: (at ?? high) - node.offset };
  };
  const walk = (node: Expr, low: number, high: number): SelectorExtent[] => {
    switch (node.type) {
      case 'selector':
        return [
          { matchers: node.matchers, ...extended(node, moved(node, low, high, node.range ?? LOOKBACK)) },
        ];
      case 'subquery': {
        const inner = moved(node, low, high, node.range);
        return walk(node.expr, inner.from, inner.to);
      }
      case 'call':
        if (node.name === 'info') return [...walk(node.args[0]!, low, high), infoExtent(node, low, high)];
        if (node.name === 'timestamp' && node.args[0]?.type === 'selector')
          return walk(stampedSelector(node.args[0]), low, high);
        return node.args.flatMap((arg) => walk(arg, low, high));
      case 'aggregation':
        return [...walk(node.expr, low, high), ...(node.parameter ? walk(node.parameter, low, high) : [])];
      case 'binary':
        return [...walk(node.left, low, high), ...walk(node.right, low, high)];
      case 'unary':
        return walk(node.expr, low, high);
      default:
        return [];
    }
  };
  return walk(expr, from, to);
}

/** Modifiers that look at the samples around a range, or around an instant. */
function extended(
  { extension, range }: SelectorNode,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly from: number; readonly to: number } {
  const back = extension !== undefined && range !== undefined ? LOOKBACK : 0;
  return { from: from - back, to: to + (extension === 'smoothed' ? LOOKBACK : 0) };
}

/** Info series are looked up at the evaluated instants themselves. */
function infoExtent(node: CallNode, low: number, high: number): SelectorExtent {
  const given = node.args[1];
  const matchers = infoMatchers(given?.type === 'selector' ? given.matchers : []);
  return { matchers, from: low - LOOKBACK, to: high };
}
