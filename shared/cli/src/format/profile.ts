import { formatValue } from '@gumshoe/base/units';
import type { FlameGraph } from '@gumshoe/engine/api';
import { table } from './table.ts';

const MOST = 30;

/** Functions with their own and their whole time, most of their own first. */
export function profileText(graph: FlameGraph): string {
  const all = graph.total[0] ?? 0;
  if (!(all > 0)) return 'no samples in this window\n';
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  const add = (sums: Map<string, number>, name: string, value: number): void =>
    void sums.set(name, (sums.get(name) ?? 0) + value);
  for (let node = 1; node < graph.name.length; node++) {
    const name = nameOf(graph, node);
    add(self, name, graph.self[node] ?? 0);
    // A function that calls itself is counted where it was entered first.
    if (!entered(graph, node, name)) add(total, name, graph.total[node] ?? 0);
  }
  const value = (amount: number): string =>
    graph.unit === 'nanoseconds'
      ? formatValue(amount / 1e9, 'seconds')
      : formatValue(amount, graph.unit === 'bytes' ? 'bytes' : 'count');
  const rows = [...self]
    .toSorted(([a, x], [b, y]) => y - x || (total.get(b) ?? 0) - (total.get(a) ?? 0) || (a < b ? -1 : 1))
    .slice(0, MOST)
    .map(([name, own]) => [
      `${((100 * own) / all).toFixed(1)}%`,
      value(own),
      value(total.get(name) ?? 0),
      name,
    ]);
  return table(['SHARE', 'SELF', 'TOTAL', 'FUNCTION'], rows) + cutText(graph.cut ?? 0, all);
}

/** Said from one in a hundred on: less changes no picture. */
function cutText(cut: number, all: number): string {
  if (cut / all < 0.01) return '';
  const share = `${((100 * cut) / all).toFixed(0)}%`;
  return `\n${share} of it is on stacks whose callers are missing: code built without frame pointers hides them\n`;
}

function nameOf({ names, name }: FlameGraph, node: number): string {
  return names[name[node] ?? 0] ?? '';
}

function entered(graph: FlameGraph, node: number, name: string): boolean {
  for (let at = graph.parent[node] ?? 0; at > 0; at = graph.parent[at] ?? 0)
    if (nameOf(graph, at) === name) return true;
  return false;
}
