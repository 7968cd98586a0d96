import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Observed } from '../testdata/observed.ts';
import { NettraceParser } from './nettrace.ts';
import { DotnetRuntime } from './runtime.ts';
import { counterTrace, startDiagnosticServer } from './testdata/diagnostic-server.ts';

test('counters of .NET over its IPC and NetTrace formats, from an in-process server made to the specification', async () => {
  const { server } = startDiagnosticServer();
  await once(server, 'listening');
  const observed = new Observed([new DotnetRuntime(() => true)]);
  observed.containers.set(process.pid, { containerId: '/shop' });
  const series = await observed.collectUntil('both intervals', (now) =>
    Object.entries(now).some(([name, value]) => name.includes('allocated') && value === 1500),
  );
  assert.deepEqual(series, {
    '/shop container_dotnet_info{Shop,8.0.1}': 1,
    '/shop container_dotnet_memory_heap_size_bytes{Shop,Gen0}': 8192,
    '/shop container_dotnet_thread_pool_queue_length{Shop}': 7,
    '/shop container_dotnet_memory_allocated_bytes_total{Shop}': 1500,
    '/shop container_dotnet_gc_count_total{Shop,Gen1}': 2,
  });
  await observed.stop();
  server.close();
  await once(server, 'close');
});

test('a process of .NET without its socket is refused with the reason', async () => {
  const observed = new Observed([new DotnetRuntime(() => true)]);
  observed.containers.set(process.pid, { containerId: '/shop' });
  await observed.collect();
  assert.match(JSON.stringify(observed.receiver.status()), /no diagnostic socket/);
  await observed.stop();
});

test('cut and damaged streams never throw', () => {
  const whole = counterTrace();
  for (let length = 0; length < whole.length; length += 7)
    new NettraceParser(() => undefined).push(whole.subarray(0, length));
  let seed = 11;
  const random = (below: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % below;
  for (let round = 0; round < 3000; round++) {
    const damaged = Buffer.from(whole);
    for (let i = 0; i < 3; i++) damaged[random(damaged.length)] = random(256);
    new NettraceParser(() => undefined).push(damaged);
  }
});
