import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlameGraph } from '@gumshoe/engine/api';
import { profileText } from './profile.ts';

const graph: FlameGraph = {
  unit: 'nanoseconds',
  names: ['all', 'main', 'walk', 'idle'],
  name: Uint32Array.of(0, 1, 2, 2, 3),
  parent: Int32Array.of(-1, 0, 1, 2, 1),
  depth: Uint16Array.of(0, 1, 2, 3, 2),
  total: Float64Array.of(10e9, 10e9, 9e9, 6e9, 1e9),
  self: Float64Array.of(0, 0, 3e9, 6e9, 1e9),
};

test('functions by their own time; one that calls itself is not counted twice', () => {
  const lines = profileText(graph).trimEnd().split('\n');
  assert.equal(lines.length, 4);
  assert.deepEqual(
    lines.slice(1).map((line) => line.trim().split(/\s+/)),
    [
      ['90.0%', '9', 's', '9', 's', 'walk'],
      ['10.0%', '1', 's', '1', 's', 'idle'],
      ['0.0%', '0', 's', '10', 's', 'main'],
    ],
  );
});

test('how much of it misses callers is said', () => {
  assert.match(profileText({ ...graph, cut: 2e9 }), /\n20% of it is on stacks whose callers are missing/);
  assert.doesNotMatch(profileText({ ...graph, cut: 1e6 }), /missing/);
});

test('no samples is said', () => {
  const empty = { ...graph, total: Float64Array.of(0), self: Float64Array.of(0), name: Uint32Array.of(0) };
  assert.equal(profileText(empty), 'no samples in this window\n');
});
