import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FlameGraph } from '../../contract/engine.ts';
import { flameBoxes, flameOffsets, flameRows, searchFrames, topFrames } from './flame-layout.ts';

/** A tree from `depth` text: each line is indentation, name, own time. */
function graphOf(text: string): FlameGraph {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => /^( *)(\S+) (\d+)$/.exec(line.replace(/^ {4}/, ''))!);
  const names = [...new Set(lines.map((line) => line[2]!))];
  const depth = Uint16Array.from(lines, (line) => line[1]!.length);
  const parent = Int32Array.from(lines, (_, i) => depth.subarray(0, i).lastIndexOf(depth[i]! - 1));
  const self = Float64Array.from(lines, (line) => Number(line[3]));
  const total = Float64Array.from(self);
  for (let i = lines.length - 1; i > 0; i--) total[parent[i]!] = total[parent[i]!]! + total[i]!;
  const name = Uint32Array.from(lines, (line) => names.indexOf(line[2]!));
  return { unit: 'count', names, name, parent, depth, total, self };
}

const GRAPH = graphOf(`
    root 0
     main 10
      work 60
       deep 20
     gc 10
`);

const viewOf = (graph: FlameGraph, root = 0, width = 1000) => ({
  graph,
  offsets: flameOffsets(graph),
  root,
  width,
  firstRow: 0,
  endRow: flameRows(graph),
});

test('children lie side by side inside their parent', () => {
  const boxes = flameBoxes(viewOf(GRAPH)).map(({ frame, row, left, width }) => [
    GRAPH.names[GRAPH.name[frame]!],
    row,
    Math.round(left),
    Math.round(width),
  ]);
  assert.deepStrictEqual(boxes, [
    ['root', 0, 0, 1000],
    ['main', 1, 0, 900],
    ['work', 2, 0, 800],
    ['deep', 3, 0, 200],
    ['gc', 1, 900, 100],
  ]);
});

test('a zoomed frame fills the width under its ancestors', () => {
  const boxes = flameBoxes(viewOf(GRAPH, 2));
  assert.deepStrictEqual(
    boxes.map(({ frame, width }) => [GRAPH.names[GRAPH.name[frame]!], Math.round(width)]),
    [
      ['main', 1000],
      ['root', 1000],
      ['work', 1000],
      ['deep', 250],
    ],
  );
});

test('in any tree no box leaves its parent or overlaps a sibling, and slivers are left out', () => {
  const tree = fc.array(fc.record({ up: fc.nat(3), self: fc.nat(50) }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(tree, (steps) => {
      const depths = steps.reduce<number[]>(
        (all, step) => [...all, Math.max(1, (all.at(-1) ?? 0) + 1 - step.up)],
        [],
      );
      const text = ['root 1', ...steps.map((step, i) => `${' '.repeat(depths[i]!)}f${i % 7} ${step.self}`)];
      const graph = graphOf(text.map((line) => `    ${line}`).join('\n'));
      const boxes = flameBoxes(viewOf(graph));
      for (const box of boxes) {
        assert.ok(box.width >= 0.6 && box.left >= -1e-6 && box.left + box.width <= 1000 + 1e-6);
        const row = boxes.filter((other) => other.row === box.row && other !== box);
        for (const other of row)
          assert.ok(other.left >= box.left + box.width - 1e-6 || other.left + other.width <= box.left + 1e-6);
      }
    }),
  );
});

test('search counts nested matches once', () => {
  const nested = graphOf(`
    root 0
     parse 10
      read 20
       parse 30
     other 40
`);
  assert.equal(searchFrames(nested, 'PARSE').share, 0.6);
  assert.equal(searchFrames(nested, '  ').share, 0);
});

test('functions by own time, recursion once in the total', () => {
  const recursive = graphOf(`
    root 0
     f 5
      f 15
     g 10
`);
  assert.deepStrictEqual(topFrames(recursive, 9), [
    { name: 'f', self: 20, total: 20 },
    { name: 'g', self: 10, total: 10 },
  ]);
});

test('an empty profile draws nothing', () => {
  const empty = {
    ...GRAPH,
    names: [],
    name: new Uint32Array(),
    total: new Float64Array(),
    depth: new Uint16Array(),
  };
  assert.deepStrictEqual(flameBoxes({ ...viewOf(empty), endRow: 10 }), []);
});
