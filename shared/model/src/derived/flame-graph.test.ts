import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { flameGraph, type Samples } from './flame-graph.ts';
import { diffTopFrames } from './frame-shares.ts';

const samplesOf = (entries: readonly (readonly [stack: string, value: number])[]): Samples => {
  const frames = [...new Set(entries.flatMap(([stack]) => stack.split(';')))];
  return {
    frames,
    stacks: entries.map(([stack]) =>
      Uint32Array.from(stack.split(';').reverse(), (frame) => frames.indexOf(frame)),
    ),
    values: Float64Array.from(entries, ([, value]) => value),
    unit: 'nanoseconds',
  };
};

test('stacks are merged from the root', () => {
  const graph = flameGraph(
    samplesOf([
      ['main;work;burn', 6],
      ['main;work', 1],
      ['main;idle', 3],
    ]),
  );
  const rows = [...graph.name].map((name, i) => [
    graph.names[name],
    graph.parent[i],
    graph.depth[i],
    graph.total[i],
    graph.self[i],
  ]);
  assert.deepEqual(rows, [
    ['all', -1, 0, 10, 0],
    ['main', 0, 1, 10, 0],
    ['idle', 1, 2, 3, 3],
    ['work', 1, 2, 7, 1],
    ['burn', 3, 3, 6, 6],
  ]);
});

test('no samples leave the root alone', () => {
  const graph = flameGraph(samplesOf([]));
  assert.deepEqual([...graph.total], [0]);
});

test('own values add up to the total, parents come first', () => {
  const stack = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(stack, fc.integer({ min: 1, max: 9 })), { maxLength: 30 }), (entries) => {
      const graph = flameGraph(samplesOf(entries.map(([frames, value]) => [frames.join(';'), value])));
      const total = entries.reduce((sum, [, value]) => sum + value, 0);
      assert.equal(
        graph.self.reduce((sum, value) => sum + value, 0),
        total,
      );
      assert.equal(graph.total[0], total);
      assert.ok(graph.parent.every((parent, i) => parent < i));
    }),
  );
});

test('the function that burns comes before its callers', () => {
  const before = samplesOf([
    ['main;serve;query', 80],
    ['main;idle', 20],
  ]);
  const now = samplesOf([
    ['main;serve;burn_cpu', 90],
    ['main;serve;query', 8],
    ['main;idle', 2],
  ]);
  const [top] = diffTopFrames(now, before);
  assert.equal(top!.frame, 'burn_cpu');
  assert.equal(top!.baseline, 0);
  assert.equal(top!.current, 0.9);
});

test('a profile like the one before shows no growth', () => {
  const same = samplesOf([['main;serve', 10]]);
  assert.deepEqual(diffTopFrames(same, same), []);
});

test('in an interpreter the program’s own function is named, not the loop that runs it', () => {
  const serve = 'clone;thread_run;_PyEval_EvalFrameDefault;do_GET orders.py:80;handle_order orders.py:60';
  const before = samplesOf([
    [`${serve};read_orders orders.py:48;PQexec`, 60],
    [`${serve};answer orders.py:51;_PyEval_EvalFrameDefault`, 40],
  ]);
  const now = samplesOf([
    [`${serve};recalculate_discounts orders.py:33;_PyEval_EvalFrameDefault;long_mul`, 90],
    [`${serve};read_orders orders.py:48;PQexec`, 10],
  ]);
  assert.equal(diffTopFrames(now, before)[0]!.frame, 'recalculate_discounts orders.py:33');
});
