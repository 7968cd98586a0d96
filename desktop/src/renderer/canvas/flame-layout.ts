import type { FlameGraph } from '../../contract/engine.ts';

/** Left edges of all frames as shares of the root, 0..1. O(frames), once per graph. */
export function flameOffsets(graph: FlameGraph): Float64Array {
  const count = graph.name.length;
  const left = new Float64Array(count);
  const all = graph.total[0] ?? 0;
  if (count === 0 || all <= 0) return left;
  // Where the next child of a frame begins; children come after their parent, in order.
  const next = new Float64Array(count);
  for (let i = 1; i < count; i++) {
    const parent = graph.parent[i]!;
    left[i] = next[parent]!;
    next[parent] = left[i]! + graph.total[i]! / all;
    next[i] = left[i]!;
  }
  return left;
}

/** A frame on screen: a row and a stretch of the width. */
export interface FlameBox {
  readonly frame: number;
  readonly row: number;
  readonly left: number;
  readonly width: number;
}

/** Frames narrower than this many pixels are not drawn. */
const MIN_WIDTH = 0.6;

export interface FlameView {
  readonly graph: FlameGraph;
  readonly offsets: Float64Array;
  /** Frame that fills the width. */
  readonly root: number;
  readonly width: number;
  /** Rows in sight, half open. */
  readonly firstRow: number;
  readonly endRow: number;
}

/** Visible frames for a zoomed root. Ancestors of the root fill the width above it. */
export function flameBoxes({ graph, offsets, root, width, firstRow, endRow }: FlameView): FlameBox[] {
  const all = graph.total[0] ?? 0;
  if (graph.name.length === 0 || all <= 0) return [];
  const boxes: FlameBox[] = [];
  const start = offsets[root]!;
  const share = graph.total[root]! / all;
  const end = start + share;
  for (let above = graph.parent[root]!; root !== 0 && above >= 0; above = graph.parent[above]!) {
    const row = graph.depth[above]!;
    if (row >= firstRow && row < endRow) boxes.push({ frame: above, row, left: 0, width });
    if (above === 0) break;
  }
  for (let i = root; i < graph.name.length; i++) {
    const row = graph.depth[i]!;
    if (i > root && row <= graph.depth[root]!) break;
    if (row < firstRow || row >= endRow) continue;
    const left = ((offsets[i]! - start) / share) * width;
    const size = (graph.total[i]! / all / share) * width;
    if (size >= MIN_WIDTH && offsets[i]! < end) boxes.push({ frame: i, row, left, width: size });
  }
  return boxes;
}

/** Deepest row, plus one. */
export function flameRows(graph: FlameGraph): number {
  let rows = 0;
  for (const depth of graph.depth) if (depth + 1 > rows) rows = depth + 1;
  return rows;
}

/** Which names match, once per name; and how much of the whole they cover without counting nested ones twice. */
export function searchFrames(
  graph: FlameGraph,
  text: string,
): { readonly names: Uint8Array; readonly share: number } {
  const names = new Uint8Array(graph.names.length);
  const needle = text.trim().toLowerCase();
  if (needle === '') return { names, share: 0 };
  graph.names.forEach((name, index) => {
    if (name.toLowerCase().includes(needle)) names[index] = 1;
  });
  const covered = new Uint8Array(graph.name.length);
  let sum = 0;
  for (let i = 0; i < graph.name.length; i++) {
    const inside = i > 0 && covered[graph.parent[i]!] === 1;
    const hit = names[graph.name[i]!] === 1;
    covered[i] = inside || hit ? 1 : 0;
    if (hit && !inside) sum += graph.total[i]!;
  }
  const all = graph.total[0] ?? 0;
  return { names, share: all > 0 ? sum / all : 0 };
}

export interface FrameTotal {
  readonly name: string;
  readonly self: number;
  readonly total: number;
}

/** Functions by own time, recursion counted once. */
export function topFrames(graph: FlameGraph, limit: number): FrameTotal[] {
  const self = new Float64Array(graph.names.length);
  const total = new Float64Array(graph.names.length);
  for (let i = 0; i < graph.name.length; i++) {
    const name = graph.name[i]!;
    self[name] = self[name]! + graph.self[i]!;
    if (!hasAncestorNamed(graph, i, name)) total[name] = total[name]! + graph.total[i]!;
  }
  return graph.names
    .map((name, index) => ({ name, self: self[index]!, total: total[index]! }))
    .filter((frame) => frame.self > 0)
    .sort((a, b) => b.self - a.self)
    .slice(0, limit);
}

function hasAncestorNamed(graph: FlameGraph, frame: number, name: number): boolean {
  for (let above = graph.parent[frame]!; above >= 0; above = graph.parent[above]!) {
    if (graph.name[above] === name) return true;
    if (above === 0) return false;
  }
  return false;
}
