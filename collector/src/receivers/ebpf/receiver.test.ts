import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { WallTime } from '../../processors/clock-offset.ts';
import { collected } from '../../processors/testdata/collected.ts';
import type { BatchConsumer, Kernel, KernelObject, ObjectPlan } from './kernel.ts';
import { constants } from './layout.generated.ts';
import { objectPlans, DEFAULT_REQUEST_BUDGET } from './plans.ts';
import type { PaceClock } from './pace.ts';
import { EbpfReceiver } from './receiver.ts';
import { concatRecords, listenRecord, processRecord, requestRecord } from './testdata/records.ts';
import { requestStatsDump, socketsDump, waitingDump, tcpStatsDump } from './testdata/maps.ts';

const TARGET = { mode: constants.GS_TARGET_CGROUP, cgroupIds: [77n], pids: [], netns: [] };

/** A kernel whose maps the test writes. */
class FakeKernel implements Kernel {
  readonly calls: string[] = [];
  readonly maps = new Map<string, ReturnType<typeof tcpStatsDump>>([
    ['tcp_stats', tcpStatsDump([])],
    ['request_stats', requestStatsDump([])],
    ['sockets', socketsDump([])],
    ['pipelines', waitingDump([])],
    ['dns_queries', waitingDump([])],
  ]);
  #consume: BatchConsumer = () => {};

  load(plan: ObjectPlan, onBatch: BatchConsumer): KernelObject {
    this.#consume = onBatch;
    const note = (text: string) => this.calls.push(`${plan.name} ${text}`);
    note('load');
    return {
      programs: [
        plan.name === 'tcp'
          ? {
              object: 'tcp',
              program: 'p',
              attached: false,
              reason: 'attach: Operation not permitted (EPERM)\nlog',
            }
          : { object: plan.name, program: 'p', attached: true, reason: '' },
      ],
      dump: (map) => this.maps.get(map)!,
      lookup: () => undefined,
      delete: (map, keys) => note(`delete ${map} ${keys.length}`),
      counters: () => [1, 2, 3, 4, 5, 6],
      iterate: (program) => note(`iterate ${program}`),
      attachUprobe: () => ({ ok: false, reason: 'no file' }),
      close: async () => void note('close'),
    };
  }

  deliver(...records: readonly DataView[]): void {
    this.#consume(concatRecords(records));
  }
}

function make(paceClock: PaceClock = { now: () => 0, sleep: () => {} }) {
  const kernel = new FakeKernel();
  const alive = new Set([10]);
  const rows: TraceRow[][] = [];
  const processes: string[] = [];
  const receiver = new EbpfReceiver({
    kernel,
    plans: objectPlans(TARGET, 1, DEFAULT_REQUEST_BUDGET, 0n),
    owners: {
      containerOf: (tgid) => (tgid === 10 ? { containerId: '/a' } : undefined),
      spanOwnerOf: (tgid) => (tgid === 10 ? { serviceName: 'a', resource: {} } : undefined),
      processOf: (_container, tgid) => (alive.has(tgid) ? tgid : undefined),
      isAlive: (tgid) => alive.has(tgid),
      onProcess: ({ change, tgid }) => processes.push(`${change} ${tgid}`),
    },
    destinations: {
      hostNetns: 1,
      perContainer: 10,
      ephemeralPorts: [32768, 60999],
      resolve: (endpoint) => endpoint,
    },
    wallTime: new WallTime(),
    http2Spans: { slowNs: 5e8, exceptionsPerSecond: 100 },
    onSpans: (batch) => rows.push([...batch]),
    expireAfter: 1000,
    keepExitedFor: 60,
    monotonic: () => 5_000_000_000n,
    paceClock,
  });
  return { kernel, receiver, rows, processes, alive };
}

test('plans carry the target to every object and the budget to requests', () => {
  const [process, tcp, requests] = objectPlans(TARGET, 4, DEFAULT_REQUEST_BUDGET, 9n);
  assert.deepEqual(process?.constants, tcp?.constants);
  assert.deepEqual(process?.presets, [
    { map: 'target_cgroups', keys: [Uint8Array.of(77, 0, 0, 0, 0, 0, 0, 0)] },
  ]);
  assert.deepEqual(process?.skip, ['target_inherit', 'target_forget']);
  assert.deepEqual(
    requests?.constants.map(({ name, value }) => [name, value]),
    [
      ['target_mode', constants.GS_TARGET_CGROUP],
      ['collector_tgid', 4],
      ['span_rate_per_second', 3000],
      ['exception_rate_per_second', 200],
      ['slow_threshold_ns', 500_000_000n],
      ['realtime_offset_ns', 9n],
    ],
  );
});

test('start adopts listeners before connections; stop closes all', async () => {
  const { kernel, receiver } = make();
  receiver.start();
  await receiver.stop();
  assert.deepEqual(kernel.calls, [
    'process load',
    'tcp load',
    'requests load',
    'dns load',
    'tcp iterate tcp_adopt_listeners',
    'tcp iterate tcp_adopt_connections',
    'process close',
    'tcp close',
    'requests close',
    'dns close',
  ]);
});

test('a batch becomes one call with its spans; requests of nobody are counted', () => {
  const { kernel, receiver, rows, processes } = make();
  receiver.start();
  kernel.deliver(
    processRecord({ type: constants.GS_EVENT_PROCESS_EXEC, tgid: 10, comm: 'a' }),
    requestRecord({ tgid: 10, payload: 'GET /x HTTP/1.1\r\n' }),
    requestRecord({ tgid: 11 }),
    requestRecord({ tgid: 10, payload: 'GET /y HTTP/1.1\r\n' }),
  );
  kernel.deliver(processRecord({ type: constants.GS_EVENT_PROCESS_EXIT, tgid: 10, comm: 'a' }));
  assert.deepEqual(
    rows.map((batch) => batch.map(({ SpanName }) => SpanName)),
    [['GET /x', 'GET /y']],
  );
  assert.deepEqual(processes, ['exec 10', 'exit 10']);
  const lost = receiver.selfSamples().find(([, { cause }]) => cause === 'no_container');
  assert.equal(lost?.[2], 1);
});

test('a batch that takes long is worked on in pieces: its spans come with each, in order, before the pause', () => {
  let at = 0;
  const seen: string[] = [];
  const { kernel, receiver, rows } = make({
    now: () => (at += 0.12),
    sleep: () => void seen.push(`pause after ${rows.flat().length}`),
  });
  receiver.start();
  const names = Array.from({ length: 7 }, (_, i) => `GET /${'abcdefg'[i]}`);
  kernel.deliver(...names.map((name) => requestRecord({ tgid: 10, payload: `${name} HTTP/1.1\r\n` })));
  assert.deepEqual(
    rows.flat().map(({ SpanName }) => SpanName),
    names,
  );
  assert.deepEqual(seen, ['pause after 2', 'pause after 4', 'pause after 6']);
});

test('an update reads each map and shows what it holds', () => {
  const { kernel, receiver } = make();
  receiver.start();
  kernel.deliver(
    listenRecord({ type: constants.GS_EVENT_TCP_LISTEN, tgid: 10, address: '10.0.0.2', port: 80, netns: 7 }),
  );
  kernel.maps.set(
    'tcp_stats',
    tcpStatsDump([{ tgid: 10, address: '10.0.0.9', port: 5432, stats: { connects: 3n } }]),
  );
  kernel.maps.set(
    'sockets',
    socketsDump([
      {
        tgid: 10,
        address: '10.0.0.9',
        port: 5432,
        protocol: constants.GS_PROTOCOL_POSTGRES,
        startedNs: 3_000_000_000n,
      },
    ]),
  );
  receiver.update(1);
  const samples = collected(receiver);
  const peer = '{destination=10.0.0.9:5432,actual_destination=10.0.0.9:5432}';
  assert.equal(samples[`/a container_net_tcp_successful_connects_total${peer}`], 3);
  assert.equal(samples[`/a container_postgres_queries_in_flight_age_seconds${peer}`], 2);
  assert.equal(samples['/a container_net_tcp_listen_info{listen_addr=10.0.0.2:80,proxy=}'], 1);
});

test('self-telemetry: what the kernel counted in all objects, and each program', () => {
  const { receiver } = make();
  receiver.start();
  const samples = receiver
    .selfSamples()
    .map(([{ name }, labels, value]) => `${name}${JSON.stringify(labels)} ${value}`);
  assert.deepEqual(samples, [
    'gumshoe_ebpf_events_total{} 4',
    'gumshoe_ebpf_lost_total{"cause":"ring_full"} 8',
    'gumshoe_ebpf_lost_total{"cause":"map_full"} 12',
    'gumshoe_ebpf_lost_total{"cause":"unpaired"} 20',
    'gumshoe_ebpf_lost_total{"cause":"malformed"} 0',
    'gumshoe_dropped_total{"queue":"spans","cause":"no_container"} 0',
    'gumshoe_dropped_total{"queue":"destinations","cause":"limit"} 0',
    'gumshoe_dropped_total{"queue":"spans","cause":"sampled_out"} 24',
    'gumshoe_ebpf_lost_total{"cause":"http2_limit"} 0',
    'gumshoe_ebpf_lost_total{"cause":"http2_gap"} 0',
  ]);
});

test('entries of a process that exited, seen or not, are deleted after the wait', () => {
  const { kernel, receiver, alive } = make();
  receiver.start();
  kernel.maps.set(
    'tcp_stats',
    tcpStatsDump([{ tgid: 10, address: '10.0.0.9', port: 80, stats: { connects: 1n } }]),
  );
  receiver.update(0);
  alive.delete(10);
  receiver.update(10);
  receiver.update(69);
  assert.ok(!kernel.calls.some((call) => call.includes('delete')));
  receiver.update(70);
  assert.ok(kernel.calls.includes('tcp delete tcp_stats 1'));
});
