import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layout } from '../receivers/ebpf/layout.generated.ts';
import { tcpStatsDump } from '../receivers/ebpf/testdata/maps.ts';
import { ExitedProcesses } from './exited-processes.ts';

const dump = (...tgids: readonly number[]) =>
  tcpStatsDump(tgids.map((tgid) => ({ tgid, address: '10.0.0.1', port: 80, stats: {} })));
const tgids = (keys: readonly Uint8Array[]) =>
  keys.map((key) => new DataView(key.buffer, key.byteOffset).getUint32(0, true));

test('both keys begin with the tgid', () => {
  assert.equal(layout.gs_peer_key.fields.tgid.offset, 0);
  assert.equal(layout.gs_request_key.fields.tgid.offset, 0);
});

test('entries of an exited process go after the wait', () => {
  const exited = new ExitedProcesses(60);
  exited.onExit(10, 100);
  assert.deepEqual(exited.keysToDelete(dump(10, 11), 159), []);
  assert.deepEqual(tgids(exited.keysToDelete(dump(11, 10, 10), 160)), [10, 10]);
  exited.prune(219);
  assert.equal(exited.keysToDelete(dump(10), 219).length, 1);
  exited.prune(220);
  assert.equal(exited.keysToDelete(dump(10), 220).length, 0);
});

test('a lost exit is noticed, a number in use again is kept', () => {
  const exited = new ExitedProcesses(60);
  exited.check(dump(10, 11), 0, (tgid) => tgid === 11);
  assert.deepEqual(tgids(exited.keysToDelete(dump(10, 11), 60)), [10]);
  exited.onStart(10);
  assert.deepEqual(exited.keysToDelete(dump(10, 11), 60), []);
});
