import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { roomOf } from '../snapshot/columns.ts';
import { blocksOf, encodeBlock, openBlock, type NumberedSeries } from './chunk.ts';
import { decodeLabelSets, encodeLabelSets } from './label-sets.ts';

/** Ids, timestamps and the bits of the values. */
function contents(payload: Uint8Array): unknown[] {
  const block = openBlock(payload);
  return Array.from(block.ids, (id, i) => {
    const values = new Float64Array(block.timesOf(i).length);
    block.readValues(i, roomOf(values), 0);
    return [id, [...block.timesOf(i)], [...new BigUint64Array(values.buffer)]];
  });
}

const plain = (series: readonly NumberedSeries[]): unknown[] =>
  series.map(({ id, timestamps, values }) => [
    id,
    [...timestamps],
    [...new BigUint64Array(values.slice().buffer)],
  ]);

test('every bit comes back, whatever the instants and values', () => {
  const series = fc
    .tuple(
      fc.nat(),
      fc.uniqueArray(fc.nat(2 ** 41), { maxLength: 12 }),
      fc.array(fc.double(), { minLength: 12, maxLength: 12 }),
    )
    .map(([id, times, values]): NumberedSeries => ({
      id,
      timestamps: Float64Array.from(times).sort(),
      values: Float64Array.from(values.slice(0, times.length)),
    }));
  fc.assert(
    fc.property(fc.array(series, { maxLength: 6 }), (all) => {
      assert.deepEqual(contents(encodeBlock(all)), plain(all));
    }),
    { numRuns: 50 },
  );
});

test('whole numbers and decimals come back from steps of every size', () => {
  const column = fc
    .tuple(
      fc.integer({ min: 0, max: 9 }),
      fc.constantFrom(3, 100, 127, 128, 32_767, 32_768, 2 ** 31, 2 ** 40),
    )
    .chain(([decimals, most]) =>
      fc
        .tuple(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.array(fc.integer({ min: -most, max: most })))
        .map(([start, steps]) => {
          let sum = start;
          return Float64Array.from([start, ...steps.map((step) => (sum += step))], (n) => n / 10 ** decimals);
        }),
    );
  fc.assert(
    fc.property(column, (values) => {
      const all = [{ id: 1, timestamps: values.map((_, i) => i), values }];
      assert.deepEqual(contents(encodeBlock(all)), plain(all));
    }),
    { numRuns: 300 },
  );
});

test('many series with instants of their own', () => {
  const series = Array.from({ length: 60_000 }, (_, id) => ({
    id,
    timestamps: Float64Array.of(1e12 + id * 7),
    values: Float64Array.of(id),
  }));
  const blocks = [...blocksOf(series)];
  assert.equal(blocks.length, 1);
  const block = openBlock(encodeBlock(series));
  assert.equal(block.timesOf(59_999)[0], 1e12 + 59_999 * 7);
});

test('a damaged block throws and does not read past its end', () => {
  const series = Array.from({ length: 20 }, (_, id) => ({
    id,
    timestamps: Float64Array.of(1000, 2000, 3000 + id),
    values: id % 2 ? Float64Array.of(id, 1.5, NaN) : Float64Array.of(id, 9, 300),
  }));
  const bytes = zstdDecompressSync(encodeBlock(series));
  for (let cut = 0; cut < bytes.length; cut += 3)
    assert.throws(() => contents(zstdCompressSync(bytes.subarray(0, cut))), Error);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 0xff;
    try {
      contents(zstdCompressSync(changed));
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }
});

const sortedEntries = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));

test('label sets of any names and values come back in their order', () => {
  const sets = fc.array(fc.dictionary(fc.string(), fc.string()), { maxLength: 8 });
  fc.assert(
    fc.property(sets, (all) => {
      const plainSets = all.map((labels) => ({ ...labels }));
      const entries = decodeLabelSets(encodeLabelSets(plainSets)).map(sortedEntries);
      assert.deepEqual(entries, plainSets.map(sortedEntries));
    }),
    { numRuns: 50, examples: [[[JSON.parse('{"__proto__":"x","a":"b"}') as Record<string, string>]]] },
  );
});
