import type { SyntaxNode } from '@lezer/common';
import { FailureError } from '@gumshoe/base/failure';
import { compileMatchers } from '../matchers.ts';
import type { Matcher } from '../matchers.ts';
import { compileRegex } from '../regex.ts';
import type { SelectorNode, VectorMatching } from './ast.ts';
import type { QueryText } from './query-text.ts';

/** A selector without range and modifiers. */
export function selectorOf(query: QueryText, node: SyntaxNode): SelectorNode {
  const matchers: Matcher[] = [];
  const name = node.getChild('Identifier') ?? node.getChild('MetricName');
  if (name) matchers.push({ name: '__name__', op: '=', value: query.text(name) });
  const list = node.getChild('LabelMatchers');
  for (let part = list?.firstChild; part; part = part.nextSibling) {
    if (part.name === 'QuotedLabelName')
      matchers.push({ name: '__name__', op: '=', value: query.string(query.child(part)) });
    if (part.name === 'UnquotedLabelMatcher' || part.name === 'QuotedLabelMatcher')
      matchers.push(matcherOf(query, part));
  }
  const named = matchers.filter((matcher) => matcher.name === '__name__');
  if ((name !== null || list?.getChild('QuotedLabelName')) && named.length > 1) {
    const [first, second] = named.map(({ value }) => JSON.stringify(value));
    throw query.fail(node, `metric name must not be set twice: ${first} or ${second}`);
  }
  const infoArgument = node.parent?.prevSibling?.getChild('Info') != null;
  if (!infoArgument && matchers.every((matcher) => compileMatchers([matcher])({})))
    throw query.fail(node, 'vector selector must contain at least one non-empty matcher');
  return { type: 'selector', matchers, offset: 0, ...query.place(node) };
}

function matcherOf(query: QueryText, node: SyntaxNode): Matcher {
  const name = node.getChild('LabelName') ?? node.getChild('QuotedLabelName');
  if (!name) throw query.fail(node, 'a matcher needs a label name');
  const op = query.text(query.child(node, 'MatchOp'));
  const value = query.string(query.last(node));
  const label = name.name === 'QuotedLabelName' ? query.string(name) : query.text(name);
  if (op === '=~' || op === '!~') checkRegex(query, node, value);
  if (op === '=' || op === '!=' || op === '=~' || op === '!~') return { name: label, op, value };
  throw query.fail(node, `unknown operator ${op}`);
}

function checkRegex(query: QueryText, node: SyntaxNode, pattern: string): void {
  try {
    compileRegex(pattern);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    const { code, reason } = error.failure;
    const refused = code === 'not-supported' ? code : 'invalid-input';
    throw query.fail(node, `error parsing regexp: ${reason}: ${JSON.stringify(pattern)}`, refused);
  }
}

/** A selector with a range. */
export function matrixOf(query: QueryText, node: SyntaxNode): SelectorNode {
  const inner = selectorOf(query, query.child(node, 'VectorSelector'));
  const range = query.duration(query.last(node));
  if (range <= 0) throw query.fail(node, 'duration must be greater than 0');
  return { ...inner, range, to: node.to };
}

/** Names in a list of labels. */
export function labelNames(query: QueryText, node: SyntaxNode | null): string[] {
  const names: string[] = [];
  for (let part = node?.firstChild; part; part = part.nextSibling) {
    if (part.name === 'LabelName') names.push(query.text(part));
    if (part.name === 'QuotedLabelName') names.push(query.string(part));
  }
  return names;
}

/** How a binary operation matches its operands, when it says so. */
export function matchingOf(query: QueryText, operation: SyntaxNode): VectorMatching | undefined {
  const node = operation.getChild('MatchingModifierClause');
  const fill = fillOf(query, operation);
  if (!node && !fill) return undefined;
  const lists = node?.getChildren('GroupingLabels') ?? [];
  const group = node?.getChild('GroupLeft') ? 'left' : node?.getChild('GroupRight') ? 'right' : undefined;
  return {
    on: node != null && node.getChild('On') !== null,
    labels: labelNames(query, lists[0] ?? null),
    include: labelNames(query, lists[1] ?? null),
    ...(group ? { group } : {}),
    ...(fill ? { fill } : {}),
  };
}

function fillOf(query: QueryText, node: SyntaxNode): VectorMatching['fill'] | undefined {
  const modifier = node.getChild('FillModifier');
  if (!modifier) return undefined;
  const value = (clause: string): number | undefined => {
    const literal = modifier.getChild(clause)?.getChild('NumberDurationLiteral');
    return literal ? query.number(literal) : undefined;
  };
  const both = value('FillClause');
  const left = both ?? value('FillLeftClause');
  const right = both ?? value('FillRightClause');
  return { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}
