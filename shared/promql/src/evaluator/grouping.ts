import type { Labels } from '@gumshoe/base/series';
import type { AggregationNode } from '../parser/ast.ts';
import { keyIgnoring, keyOn, only, without, type KeyOf } from './labels.ts';
import type { Column } from './values.ts';

export interface Group {
  readonly labels: Labels;
  readonly members: readonly Column[];
}

export const groupKey = (node: AggregationNode): KeyOf =>
  node.without ? keyIgnoring(node.grouping) : keyOn(node.grouping);

export const groupLabels = (labels: Labels, node: AggregationNode): Labels =>
  node.without ? without(labels, [...node.grouping, '__name__']) : only(labels, node.grouping);

/** Columns that an aggregation puts together, in the order of their first member. */
export function groupsOf(columns: readonly Column[], node: AggregationNode): Group[] {
  const keyOf = groupKey(node);
  const byKey = new Map<string, Column[]>();
  for (const one of columns) {
    const key = keyOf(one.labels);
    const known = byKey.get(key);
    if (known) known.push(one);
    else byKey.set(key, [one]);
  }
  return Array.from(byKey.values(), (members) => ({
    labels: groupLabels(members[0]!.labels, node),
    members,
  }));
}
