import type { Labels } from '@gumshoe/base/series';
import type { BinaryNode, VectorMatching } from '../parser/ast.ts';
import { formatLabels, keyIgnoring, keyOn, only, without, type KeyOf } from './labels.ts';
import { presenceOf } from './samples.ts';
import { evaluationError, type Column } from './values.ts';

/** Series of both operands with the same matching labels. "one" is the side that must be unique. */
export interface MatchGroup {
  readonly many: Column[];
  readonly one: Column[];
}

export const matchKey = (matching: VectorMatching | undefined): KeyOf =>
  matching?.on === true ? keyOn(matching.labels) : keyIgnoring(matching?.labels ?? []);

/** The labels that two samples have in common when they match. */
export const matchLabels = (labels: Labels, matching: VectorMatching | undefined): Labels =>
  matching?.on === true
    ? only(labels, matching.labels)
    : without(labels, [...(matching?.labels ?? []), '__name__']);

export function matchGroups(
  matching: VectorMatching | undefined,
  many: readonly Column[],
  one: readonly Column[],
): readonly MatchGroup[] {
  const keyOf = matchKey(matching);
  const groups = new Map<string, MatchGroup>();
  for (const member of many) {
    const key = keyOf(member.labels);
    const known = groups.get(key);
    if (known) known.many.push(member);
    else groups.set(key, { many: [member], one: [] });
  }
  for (const member of one) {
    const key = keyOf(member.labels);
    const known = groups.get(key);
    if (known) known.one.push(member);
    else groups.set(key, { many: [], one: [member] });
  }
  return [...groups.values()];
}

/** Steps at which any of the columns has a sample. */
export function stepsOfAny(columns: readonly Column[], points: number): Uint8Array {
  const any = new Uint8Array(points);
  for (const one of columns) {
    const present = presenceOf(one);
    for (let i = 0; i < points; i++) any[i]! |= present[i]!;
  }
  return any;
}

/**
 * Throws when two series of the "one" side are there at once, at a step of `active`: Prometheus looks at no step at which
 * an operand is empty.
 */
export function checkOneSide(node: BinaryNode, one: readonly Column[], active: Uint8Array): void {
  const owner = new Int32Array(active.length).fill(-1);
  one.forEach((column, index) => {
    const { labels } = column;
    const present = presenceOf(column);
    for (let i = 0; i < active.length; i++) {
      if (present[i] === 0 || active[i] === 0) continue;
      if (owner[i] === -1) {
        owner[i] = index;
        continue;
      }
      const group = formatLabels(matchLabels(labels, node.matching));
      const side = node.matching?.group === 'right' ? 'left' : 'right';
      const both = `${formatLabels(labels)}, ${formatLabels(one[owner[i]!]!.labels)}`;
      throw evaluationError(
        node,
        `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: [${both}]` +
          ';many-to-many matching not allowed: matching labels must be unique on one side',
      );
    }
  });
}
