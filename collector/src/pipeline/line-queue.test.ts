import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineQueue } from './line-queue.ts';
import type { Lines } from './line-queue.ts';

/** Halves of surrogate pairs and what looks like their escapes among them. */
const CODE_UNITS = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  fc.constantFrom('\ud83d', '\ude00', '\\', '\\ud83d', '"'),
);

const rowsOf = ({ chunks }: Lines): unknown[] =>
  Buffer.concat(chunks)
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));

test('a queue keeps order, never exceeds its limit, and counts exactly what it shed', () => {
  const action = fc.oneof(
    fc.record({ push: fc.nat({ max: 30 }), text: fc.string({ unit: CODE_UNITS, maxLength: 30 }) }),
    fc.record({ take: fc.nat({ max: 30 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), fc.constantFrom(1, 3_000), (actions, repeat) => {
      const queue = new LineQueue(50);
      const texts: string[] = [];
      let taken = 0;
      for (const one of actions) {
        if ('push' in one) {
          const rows = Array.from({ length: one.push }, (_, i) => [
            texts.length + i,
            one.text.repeat(repeat),
          ]);
          texts.push(...rows.map((row) => String(row[1]).toWellFormed()));
          queue.push(rows);
        } else {
          const before = queue.dropped;
          const lines = queue.peek(one.take);
          assert.equal(lines.rows, Math.min(one.take, queue.length));
          const first = before + taken;
          assert.deepEqual(
            rowsOf(lines),
            Array.from({ length: lines.rows }, (_, i) => [first + i, texts[first + i]]),
          );
          queue.remove(lines.rows, before);
          taken += lines.rows;
        }
        assert.ok(queue.length <= 50);
        assert.equal(queue.length + queue.dropped + taken, texts.length);
      }
    }),
    { numRuns: 60 },
  );
});

test('what is being sent stays as it is while rows come in and the oldest are shed', () => {
  const queue = new LineQueue(3);
  queue.push(['a', 'b', 'c']);
  const before = queue.dropped;
  const sending = queue.peek(3);
  queue.push(['d', 'e']);
  assert.deepEqual(rowsOf(sending), ['a', 'b', 'c']);
  queue.remove(sending.rows, before);
  assert.deepEqual(rowsOf(queue.peek(9)), ['d', 'e']);
  assert.equal(queue.dropped, 2);
});

test('a row longer than a block is whole', () => {
  const queue = new LineQueue(9);
  const long = 'é'.repeat(300_000);
  queue.push(['a', long, 'b']);
  assert.deepEqual(rowsOf(queue.peek(9)), ['a', long, 'b']);
});

test('a column that rows share reads as any other, whatever its text', () => {
  const map = fc.dictionary(fc.string({ unit: CODE_UNITS }), fc.string({ unit: CODE_UNITS }));
  const row = fc.record({ a: fc.string({ unit: CODE_UNITS }), shared: fc.option(map, { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const [plain, sharing] = [new LineQueue(1000), new LineQueue(1000, 'shared')];
      for (const queue of [plain, sharing]) queue.push([...rows, ...rows]);
      assert.deepEqual(rowsOf(sharing.peek(1000)), rowsOf(plain.peek(1000)));
    }),
  );
});
