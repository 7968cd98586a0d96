import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePerfData } from './perf-data.ts';
import { emitPerfData } from './values.ts';

type Entry = readonly [name: string, value: number | string];

/** A file as a JVM of that byte order writes it. */
function perfData(entries: readonly Entry[], little: boolean, version = 2): Uint8Array {
  const bytes = Buffer.alloc(4096);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, 0xcafec0c0);
  bytes.set([little ? 1 : 0, version, 0, 1], 4);
  view.setInt32(24, 32, little);
  view.setInt32(28, entries.length, little);
  let at = 32;
  for (const [name, value] of entries) {
    const data = (20 + name.length + 8) & ~7;
    const length = (data + (typeof value === 'string' ? value.length + 1 : 8) + 7) & ~7;
    view.setInt32(at, length, little);
    view.setInt32(at + 4, 20, little);
    view.setInt32(at + 8, typeof value === 'string' ? value.length + 1 : 0, little);
    bytes.write(typeof value === 'string' ? 'B' : 'J', at + 12);
    view.setInt32(at + 16, data, little);
    bytes.write(name, at + 20);
    if (typeof value === 'string') bytes.write(value, at + data);
    else view.setBigInt64(at + data, BigInt(value), little);
    at += length;
  }
  return bytes.subarray(0, at);
}

const SERIAL: readonly Entry[] = [
  ['sun.rt.javaCommand', 'shop.Orders --password=x'],
  ['java.property.java.version', '21.0.1'],
  ['sun.os.hrt.frequency', 1_000_000_000],
  ['sun.gc.policy.name', 'Copy:MSC'],
  ['sun.gc.generation.0.capacity', 100],
  ['sun.gc.generation.0.maxCapacity', 300],
  ['sun.gc.generation.0.space.0.used', 40],
  ['sun.gc.generation.0.space.1.used', 2],
  ['sun.gc.generation.1.capacity', 200],
  ['sun.gc.generation.1.maxCapacity', 600],
  ['sun.gc.generation.1.space.0.used', 50],
  ['sun.gc.collector.0.name', 'Copy'],
  ['sun.gc.collector.0.time', 2_500_000_000],
  ['sun.rt.safepointTime', 3_000_000_000],
  ['sun.rt.safepointSyncTime', 250_000_000],
];

function emitted(bytes: Uint8Array): Record<string, number> {
  const data = parsePerfData(bytes);
  assert.ok(typeof data !== 'string', String(data));
  const out: Record<string, number> = {};
  emitPerfData(data, ({ name }, value, labels = {}) => {
    out[`${name}{${Object.values(labels).join()}}`] = value;
  });
  return out;
}

const EXPECTED = {
  'container_jvm_info{shop.Orders,21.0.1}': 1,
  'container_jvm_heap_size_bytes{shop.Orders}': 300,
  'container_jvm_heap_used_bytes{shop.Orders}': 92,
  'container_jvm_heap_max_size_bytes{shop.Orders}': 900,
  'container_jvm_gc_time_seconds{shop.Orders,Copy}': 2.5,
  'container_jvm_safepoint_time_seconds{shop.Orders}': 3,
  'container_jvm_safepoint_sync_time_seconds{shop.Orders}': 0.25,
};

for (const little of [true, false])
  test(`${little ? 'little' : 'big'}-endian counters; arguments of the program stay out`, () => {
    assert.deepEqual(emitted(perfData(SERIAL, little)), EXPECTED);
  });

test('G1 gives the whole heap as the limit of each generation: counted once', () => {
  const g1 = SERIAL.map(([name, value]): Entry =>
    name === 'sun.gc.policy.name'
      ? [name, 'GarbageFirst']
      : [name, name.endsWith('maxCapacity') ? 900 : value],
  );
  assert.equal(emitted(perfData(g1, true))['container_jvm_heap_max_size_bytes{shop.Orders}'], 900);
});

test('other versions, half-made and foreign files are refused with a reason', () => {
  assert.match(String(parsePerfData(perfData(SERIAL, true, 3))), /version 3\.0/);
  const starting = Buffer.from(perfData(SERIAL, true));
  starting[7] = 0;
  assert.equal(parsePerfData(starting), 'the JVM is still starting');
  assert.equal(parsePerfData(Buffer.alloc(64)), 'not hsperfdata');
  assert.match(String(parsePerfData(new Uint8Array(5))), /shorter/);
});

test('cut and damaged files never throw', () => {
  const whole = perfData(SERIAL, true);
  for (let length = 0; length < whole.length; length += 3) parsePerfData(whole.subarray(0, length));
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % below;
  for (let round = 0; round < 5000; round++) {
    const damaged = Buffer.from(whole);
    for (let i = 0; i < 4; i++) damaged[8 + random(damaged.length - 8)] = random(256);
    const data = parsePerfData(damaged);
    if (typeof data !== 'string') emitPerfData(data, () => undefined);
  }
});
