import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '@gumshoe/base/logger';
import { decodeChunk, encodeChunk } from './chunk.ts';
import { MetricStore } from './metric-store.ts';
import type { IncomingSeries, MetricStoreOptions } from './metric-store.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gumshoe-metrics-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = (options: Partial<MetricStoreOptions> = {}): MetricStore =>
  MetricStore.open(directory, {
    retention: 10 * 365 * 86_400_000,
    memoryLimit: 2 ** 30,
    logger: silentLogger,
    ...options,
  });

const incoming = (name: string, points: readonly (readonly [number, number])[]): IncomingSeries => ({
  key: name,
  labels: () => ({ __name__: name }),
  timestamps: points.map(([time]) => time),
  values: new Uint8Array(Float64Array.from(points, ([, value]) => value).buffer),
});

const read = (
  store: MetricStore,
  name: string,
  from = -Infinity,
  to = Infinity,
): readonly (readonly number[])[] =>
  store
    .select([{ name: '__name__', op: '=', value: name }], from, to)
    .flatMap(({ timestamps, values }) => Array.from(timestamps, (time, i) => [time, values[i]!]));

test('a chunk gives back every time and every bit', () => {
  const sample = fc.record({
    gap: fc.oneof(fc.constant(15_000), fc.integer({ min: 1, max: 2 ** 40 })),
    value: fc.oneof(fc.double(), fc.constant(0), fc.integer().map(Number)),
  });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 120 }), (samples) => {
      let time = 1_700_000_000_000;
      const timestamps = Float64Array.from(samples, ({ gap }) => (time += gap));
      const values = Float64Array.from(samples, ({ value }) => value);
      const chunk = encodeChunk(timestamps, values, samples.length);
      const times = new Float64Array(samples.length);
      const decoded = new Float64Array(samples.length);
      decodeChunk(chunk, times, new Uint8Array(decoded.buffer), 0);
      assert.deepEqual(times, timestamps);
      assert.deepEqual(new BigUint64Array(decoded.buffer), new BigUint64Array(values.buffer));
    }),
  );
});

test('steady series take about a byte per sample', () => {
  const timestamps = Float64Array.from({ length: 120 }, (_, i) => 1_700_000_000_000 + i * 15_000);
  assert.ok(encodeChunk(timestamps, new Float64Array(120).fill(1), 120).bytes.length < 140);
});

test('any sequence of appends, blocks and restarts keeps exactly what was accepted', () => {
  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        series: fc.constantFrom('a', 'b', 'c'),
        step: fc.integer({ min: -5, max: 50 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant('block' as const) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      rmSync(directory, { recursive: true, force: true });
      let store = open({ blockBytes: 0 });
      const expected = new Map<string, [number, number][]>();
      let time = 1_700_000_000_000;
      for (const [n, one] of actions.entries()) {
        if (one === 'block') store.maintain(Date.now());
        else if (one === 'restart') {
          store.close();
          store = open({ blockBytes: 0 });
        } else {
          time += one.step;
          const list = expected.get(one.series) ?? [];
          const accepted = time > (list.at(-1)?.[0] ?? -Infinity);
          const result = store.append([incoming(one.series, [[time, n]])]);
          assert.equal(result.appended, accepted ? 1 : 0);
          if (accepted) expected.set(one.series, [...list, [time, n]]);
        }
      }
      store.close();
      store = open();
      for (const [name, list] of expected) assert.deepEqual(read(store, name), list);
      store.close();
    }),
    { numRuns: 25 },
  );
});

test('an unfinished record at the end of the log is ignored, what is before it kept', () => {
  let store = open();
  store.append([incoming('a', [[1000, 1]])]);
  store.append([incoming('a', [[2000, 2]])]);
  store.close();
  const log = join(directory, 'wal', readdirSync(join(directory, 'wal'))[0]!);
  appendFileSync(log, readFileSync(log).subarray(0, 11));
  store = open();
  assert.deepEqual(read(store, 'a'), [
    [1000, 1],
    [2000, 2],
  ]);
  store.append([incoming('a', [[3000, 3]])]);
  store.close();
  store = open();
  assert.equal(read(store, 'a').length, 3);
  store.close();
});

test('a damaged block is set aside, the rest is read', () => {
  const now = Date.now();
  let store = open({ blockBytes: 0 });
  store.append([incoming('old', [[now, 1]])]);
  store.maintain(Date.now());
  store.append([incoming('new', [[now + 1, 2]])]);
  store.close();
  const block = join(directory, 'blocks', readdirSync(join(directory, 'blocks'))[0]!);
  const bytes = readFileSync(block);
  bytes[bytes.length - 1]! ^= 0xff;
  writeFileSync(block, bytes);
  store = open();
  assert.deepEqual(read(store, 'old'), []);
  assert.deepEqual(read(store, 'new'), [[now + 1, 2]]);
  assert.ok(readdirSync(join(directory, 'blocks')).some((name) => name.endsWith('.damaged')));
  store.close();
});

test('blocks older than the retention go, with their series', () => {
  const now = Date.now();
  const store = open({ blockBytes: 0, retention: 60_000 });
  store.append([incoming('gone', [[now - 120_000, 1]])]);
  store.maintain(now);
  store.append([incoming('kept', [[now, 1]])]);
  store.maintain(now);
  assert.deepEqual(store.labelValues('__name__'), ['kept']);
  assert.equal(readdirSync(join(directory, 'blocks')).length, 1);
  store.close();
});

test('a window is open on the left and closed on the right', () => {
  const store = open();
  store.append([
    incoming('a', [
      [1000, 1],
      [2000, 2],
      [3000, 3],
    ]),
  ]);
  assert.deepEqual(read(store, 'a', 1000, 2000), [[2000, 2]]);
  store.close();
});
