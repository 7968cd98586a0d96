import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Annotations } from '../annotations.ts';
import {
  boundsReconciled,
  hintsCollide,
  ignoredInAggregation,
  MIXED_IN_AGGREGATION,
  mixedSchemas,
} from '../histogram-notes.ts';
import { meanOf, totalOf, type Total } from '../histograms/total.ts';
import type { AggregationNode } from '../parser/ast.ts';
import { orderKey } from './labels.ts';
import { withHistograms } from './samples.ts';
import type { Column } from './values.ts';

export const anyHistograms = (members: readonly Column[]): boolean =>
  members.some(({ histograms }) => histograms !== undefined);

/** Says that an aggregation knows floats only, where it left histograms out. */
export function noteIgnored(
  { op, expr }: AggregationNode,
  members: readonly Column[],
  annotations: Annotations,
): void {
  if (anyHistograms(members)) annotations.inform(ignoredInAggregation(op), expr);
}

const histogramsAt = (members: readonly Column[], i: number): NativeHistogram[] =>
  members.flatMap(({ histograms }) => histograms?.[i] ?? []);

const TOTALS: Readonly<Record<string, (all: readonly NativeHistogram[]) => Total>> = {
  sum: totalOf,
  avg: meanOf,
};

/**
 * The result of an aggregation over floats (`made`, which may be changed) with what the native histograms of its members
 * add to it (Prometheus, promql/engine.go aggregation).
 */
export function withNatives(
  node: AggregationNode,
  made: Column,
  members: readonly Column[],
  annotations: Annotations,
): Column {
  const total = TOTALS[node.op];
  if (total) return totals(node, total, made, byOrder(members), annotations);
  if (node.op !== 'count' && node.op !== 'group') {
    noteIgnored(node, members, annotations);
    return made;
  }
  for (let i = 0; i < made.present.length; i++) {
    const n = histogramsAt(members, i).length;
    if (n === 0) continue;
    made.values[i] = node.op === 'group' ? 1 : n + (made.present[i] === 0 ? 0 : made.values[i]!);
    made.present[i] = 1;
  }
  return made;
}

/** In the order of their labels: where zero buckets grow and schemas differ, a sum depends on its order. */
const byOrder = (members: readonly Column[]): readonly Column[] =>
  members
    .map((member) => ({ member, key: orderKey(member.labels) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ member }) => member);

/** A group with floats and histograms at one step has no result there. */
function totals(
  { expr }: AggregationNode,
  total: (all: readonly NativeHistogram[]) => Total,
  made: Column,
  members: readonly Column[],
  annotations: Annotations,
): Column {
  const histograms = Array.from(made.present, (floats, i): NativeHistogram | undefined => {
    const all = histogramsAt(members, i);
    if (all.length === 0) return undefined;
    if (floats !== 0) {
      annotations.warn(MIXED_IN_AGGREGATION, expr);
      made.present[i] = 0;
      return undefined;
    }
    const sum = total(all);
    if (!sum.histogram) annotations.warn(mixedSchemas(''), expr);
    if (sum.hintsCollide) annotations.warn(hintsCollide('aggregation'), expr);
    if (sum.boundsReconciled) annotations.inform(boundsReconciled('aggregation'), expr);
    return sum.histogram;
  });
  return withHistograms(made, histograms);
}
