import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLogger } from '@gumshoe/base/logger';
import { sparseBuckets, type NativeHistogram } from '@gumshoe/base/native-histogram';
import { encodeHistogram } from '@gumshoe/schema/remote-write/histogram';
import { HistogramStore, type IncomingHistograms } from './histogram-store.ts';
import { SampleStore } from './sample-store.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gumshoe-histograms-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const options = { retention: 3_600_000, memoryLimit: 2 ** 30, logger: silentLogger };
const NAMED = [{ name: '__name__', op: '=', value: 'h' }] as const;

const histogram = (n: number): NativeHistogram => ({
  schema: 3,
  count: n,
  sum: n / 2,
  zeroThreshold: 0.001,
  zeroCount: 0,
  positive: sparseBuckets(new Map([[2, n]])),
  negative: sparseBuckets(new Map()),
  hint: 'unknown',
});

const written = (...samples: readonly (readonly [time: number, n: number])[]): IncomingHistograms => ({
  labels: () => ({ __name__: 'h', job: 'x' }),
  histograms: samples.map(([timestamp, n]) => encodeHistogram({ timestamp, histogram: histogram(n) })),
});

function held(store: HistogramStore, from = -Infinity, to = Infinity): readonly (readonly number[])[] {
  return store
    .select(NAMED, from, to)
    .flatMap(({ histograms }) =>
      histograms!.samples.map(({ count }, i) => [histograms!.timestamps[i]!, count]),
    );
}

test('what was written comes back, also after a restart', () => {
  let store = new HistogramStore(directory, options);
  assert.deepEqual(store.append([written([1000, 1], [2000, 3])]).appended, 2);
  store.append([written([3000, 4])]);
  assert.deepEqual(held(store, 1000, 2500), [[2000, 3]]);
  store.close();
  store = new HistogramStore(directory, options);
  assert.deepEqual(held(store), [
    [1000, 1],
    [2000, 3],
    [3000, 4],
  ]);
  assert.deepEqual(store.select(NAMED, 0, 1000)[0]!.histograms!.samples[0], histogram(1));
  assert.deepEqual(store.labelSets(NAMED, 0, 5000), [{ __name__: 'h', job: 'x' }]);
  store.close();
});

test('samples are refused as Prometheus refuses them', () => {
  const store = new HistogramStore(directory, options);
  store.append([written([2000, 2])]);
  const { appended, duplicates, refused } = store.append([
    written([1000, 1], [2000, 2], [2000, 5], [3000, 6]),
  ]);
  assert.deepEqual([appended, duplicates], [1, 1]);
  assert.deepEqual(Object.fromEntries(refused), {
    'out of order sample': 1,
    'duplicate sample for timestamp': 1,
  });
  const broken = { labels: () => ({ __name__: 'h' }), histograms: [Uint8Array.of(0x42, 9)] };
  assert.throws(() => store.append([written([9000, 9]), broken]), RangeError);
  assert.deepEqual(held(store, 3000), []);
  store.close();
});

test('what is too old goes, from the disk too', () => {
  let store = new HistogramStore(directory, options);
  const now = Date.now();
  store.append([written([now, 1])]);
  store.maintain(now + 31 * 60_000);
  store.append([written([now + 31 * 60_000, 2])]);
  assert.equal(held(store).length, 2);
  store.maintain(now + 62 * 60_000);
  assert.deepEqual(held(store), [[now + 31 * 60_000, 2]]);
  store.close();
  store = new HistogramStore(directory, options);
  assert.deepEqual(held(store), [[now + 31 * 60_000, 2]]);
  store.close();
});

test('a series that has floats and histograms is one', () => {
  const store = new SampleStore(directory, options);
  store.append([
    {
      ...written([2000, 7]),
      key: 'h',
      timestamps: [1000],
      values: new Uint8Array(Float64Array.of(5).buffer),
    },
  ]);
  const [series, ...others] = store.select(NAMED, 0, 5000);
  assert.deepEqual(others, []);
  assert.deepEqual([...series!.values], [5]);
  assert.deepEqual(series!.histograms!.samples, [histogram(7)]);
  assert.deepEqual(store.labelNames(), ['__name__', 'job']);
  store.close();
});
