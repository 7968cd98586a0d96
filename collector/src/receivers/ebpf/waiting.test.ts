import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitingDump } from './testdata/maps.ts';
import { staleWaiting } from './waiting.ts';

test('requests that waited for more than ten minutes are given up, others are kept', () => {
  const second = 1_000_000_000n;
  const dump = waitingDump([
    { id: 1n, key: 7n, startedNs: 100n * second },
    { id: 1n, key: 8n, startedNs: 200n * second },
    { id: 2n, key: 7n, startedNs: 99n * second },
  ]);
  const keys = staleWaiting(dump, 701n * second).map((key) => {
    const view = new DataView(key.buffer, key.byteOffset, key.length);
    return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  });
  assert.deepEqual(keys, [
    [1n, 7n],
    [2n, 7n],
  ]);
});
