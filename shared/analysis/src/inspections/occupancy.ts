import { formatValue } from '@gumshoe/base/units';
import { shareColumn } from '@gumshoe/model/columns';
import type { Node, OccupancyColumns } from '@gumshoe/model/world';
import { selectNode } from '../evidence.ts';
import type { Verdict } from '../finding.ts';
import type { Subject } from './define.ts';
import { levelVerdict } from './level.ts';
import { percentOf } from './measured.ts';

export interface OccupancyRule {
  readonly of: (node: Node) => OccupancyColumns | undefined;
  /** "tracked connections" */
  readonly what: string;
  readonly used: { readonly name: string };
  readonly limit: { readonly name: string };
}

/** The verdict on something of which each node has a fixed number. */
export function occupancyVerdict(
  subject: Subject,
  nodes: readonly Node[],
  threshold: number,
  { of, what, used, limit }: OccupancyRule,
): Verdict | undefined {
  const measured = nodes.flatMap((node) => {
    const columns = of(node);
    return columns
      ? [{ node, name: node.hostname, values: percentOf(shareColumn(columns.used, columns.limit)) }]
      : [];
  });
  return levelVerdict(subject, measured, {
    threshold,
    unit: 'percent',
    says: ({ name, state }) =>
      `${formatValue(state.value, 'percent')} of the ${what} of node ${name} are in use`,
    formula: 'in use / there are',
    query: ({ node }) => `${selectNode(node, used.name)} / ${selectNode(node, limit.name)} * 100`,
  });
}
