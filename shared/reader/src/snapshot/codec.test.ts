import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { Series } from '@gumshoe/base/series';
import { decodeRecords, decodeSeries, encodeRecords, encodeSeries } from './codec.ts';

const STALE = new Float64Array(new BigUint64Array([0x7ff0000000000002n]).buffer);
const bits = (values: Float64Array): readonly bigint[] => [...new BigUint64Array(values.slice().buffer)];
const plain = (series: readonly Series[]) =>
  series.map(({ labels, timestamps, values }) => [{ ...labels }, [...timestamps], bits(values)]);
const series = (values: Float64Array, timestamps: Float64Array, name = 'm'): Series => ({
  labels: { __name__: name, pod: 'a "quoted" one\n' },
  timestamps,
  values,
});

test('every bit comes back: counters, decimals, stale markers, infinities, minus zero, fractions of ms', () => {
  const times = Float64Array.from({ length: 5 }, (_, i) => 1_790_000_000_000 + i * 15_000);
  const all = [
    Float64Array.of(1, 2, 3, 3, 0),
    Float64Array.of(0.1, 0.25, 17.125, 1e6, 3),
    Float64Array.of(5, 5, 5, 5, 5),
    Float64Array.of(1, STALE[0]!, Infinity, -Infinity, NaN),
    Float64Array.of(0, -0, 0, 1, 2),
    Float64Array.of(1e300, 1e-300, 123.456789012345, Math.PI, 2 ** 60),
    Float64Array.of(-3, -2, 5, -1e9, 1e9),
  ].map((values) => series(values, times));
  all[3]!.values.set(STALE, 1);
  all.push(series(Float64Array.of(1), Float64Array.of(1_790_000_000_000.25)));
  all.push(series(new Float64Array(0), new Float64Array(0)));
  assert.deepEqual(plain(decodeSeries(encodeSeries(all))), plain(all));
});

test('any series come back as they were', () => {
  const value = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.double({ noNaN: true }).map((x) => Math.round(x % 1e6) / 100),
  );
  const sample = fc.tuple(fc.integer({ min: 1, max: 100_000 }), value);
  fc.assert(
    fc.property(fc.array(fc.array(sample, { maxLength: 30 }), { maxLength: 4 }), (all) => {
      const made = all.map((samples, i) => {
        let at = 1_700_000_000_000;
        const times = Float64Array.from(samples, ([step]) => (at += step));
        return series(
          Float64Array.from(samples, ([, one]) => one),
          times,
          `m${i}`,
        );
      });
      assert.deepEqual(plain(decodeSeries(encodeSeries(made))), plain(made));
    }),
    { numRuns: 100 },
  );
});

test('the layout of version 1 is still read', () => {
  const header = Buffer.from(JSON.stringify([[{ __name__: 'up' }, 2]]));
  const start = (4 + header.length + 7) & ~7;
  const bytes = Buffer.alloc(start + 32);
  bytes.writeUInt32LE(header.length, 0);
  header.copy(bytes, 4);
  [1000, 2000, 1, 0].forEach((one, i) => bytes.writeDoubleLE(one, start + 8 * i));
  assert.deepEqual(decodeSeries(zstdCompressSync(bytes)), [
    { labels: { __name__: 'up' }, timestamps: Float64Array.of(1000, 2000), values: Float64Array.of(1, 0) },
  ]);
});

test('a block that claims more than it holds, or more than fits, is refused before memory is taken', () => {
  const packed = (header: object, columns: Uint8Array = new Uint8Array()): Buffer => {
    const text = Buffer.from(JSON.stringify(header));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(0xff325347, 0);
    head.writeUInt32LE(text.length, 4);
    return zstdCompressSync(Buffer.concat([head, text, columns]));
  };
  const labels = { __name__: 'm' };
  const times = Uint8Array.from({ length: 1000 }, () => 2);
  const refused: readonly [object, Uint8Array?][] = [
    [{ times: [[1e12, 16, 8]], series: [] }],
    [{ times: [[2 ** 60, 16, 2 ** 60]], series: [] }],
    [{ times: [[1, 16, -1]], series: [] }],
    [{ times: [[1000, 16, 1000]], series: Array(20_000).fill([labels, 0, 1, 0]) }, times],
    [{ times: [], series: [[labels, 0, 1, 8]] }],
    [{ times: [[2, 16, 2]], series: [[{ x: 1 }, 0, 1, 8]] }, new Uint8Array(10).fill(2)],
    [{ times: [[3, 16, 3]], series: [[labels, 0, 2, 24]] }, Uint8Array.of(2, 1, 0)],
    [{ times: 7, series: [] }],
    [[]],
  ];
  for (const [header, columns] of refused)
    assert.throws(() => decodeSeries(packed(header, columns)), JSON.stringify(header).slice(0, 80));
  assert.throws(() => decodeSeries(zstdCompressSync(Buffer.alloc(300 * 1024 ** 2))), /output|large|memory/i);
  assert.throws(
    () => decodeRecords(zstdCompressSync(Buffer.from(`[${'{},'.repeat(2_000_000)}0]`))),
    RangeError,
  );
  assert.throws(() => decodeRecords(zstdCompressSync(Buffer.from('{}'))), RangeError);
});

test('a block with flipped or missing bytes throws or gives series, and does not hang', () => {
  const times = Float64Array.from({ length: 50 }, (_, i) => 1_790_000_000_000 + i * 15_000);
  const whole = zstdDecompressSync(
    encodeSeries([
      series(
        times.map((_, i) => i * i),
        times,
      ),
      series(
        times.map((_, i) => Math.sin(i)),
        times,
      ),
    ]),
  );
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (at, byte, length) => {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      try {
        decodeSeries(zstdCompressSync(changed.subarray(0, length)));
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
    { numRuns: 150 },
  );
  assert.deepEqual(decodeRecords(encodeRecords([1, 'a'])), [1, 'a']);
});
