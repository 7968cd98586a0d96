import { WallTime } from '../../../processors/clock-offset.ts';
import type { BatchConsumer, KernelObject } from '../kernel.ts';
import { constants } from '../layout.generated.ts';
import { EbpfReceiver } from '../receiver.ts';
import { concatRecords, http2Record, identityFrame } from './records.ts';

const CONNECTIONS = 10;
/** Requests of one connection in a run, so that stream ids stay small. */
const ROUNDS = 1000;
const RUNS = 12;
/** One in so many is sampled: 3,000 of 24,500. */
const SAMPLED = 8;
const PER_BATCH = 400;

const hex = (text: string): number[] => [...Buffer.from(text.replaceAll(' ', ''), 'hex')];
const END_STREAM = 1;
const END_HEADERS = 4;

function frame(type: number, flags: number, stream: number, length: number, body: readonly number[]): number[] {
  return [
    ...[length >> 16, (length >> 8) & 255, length & 255, type, flags],
    ...[stream >>> 24, (stream >> 16) & 255, (stream >> 8) & 255, stream & 255],
    ...body,
  ];
}
const headers = (flags: number, stream: number, block: readonly number[]): number[] =>
  frame(1, flags | END_HEADERS, stream, block.length, block);
const endOfData = (stream: number): number[] => frame(0, END_STREAM, stream, 2, []);

/** What one kind of client and server put on the wire: the first time, and from then on. */
interface Traffic {
  readonly name: string;
  readonly request: (stream: number) => readonly number[];
  readonly answer: (stream: number) => readonly number[];
}

/** `nginx` as every answer of nginx has it, the date of RFC 7541, a type and a length: all to be indexed. */
const NGINX = hex('88 76 84 aa6355e7 61 96 d07abe941054d444a8200595040b8166e082a62d1bff 5f 87 497ca58ae819aa 5c 01 32');
const AUTHORITY = [0x41, 0x8c, ...hex('f1e3c2e5f23a6ba0ab90f4ff')];
const AGENT = [0x7a, 0x8c, ...hex('f1e3c2e5f23a6ba0ab90f4ff')];
const literal = (first: number, name: string, value: string): number[] => [
  first,
  name.length,
  ...Buffer.from(name),
  value.length,
  ...Buffer.from(value),
];

const TRAFFIC: readonly Traffic[] = [
  {
    name: 'h2load and nginx',
    request: (stream) => headers(END_STREAM, stream, stream === 1 ? [0x82, 0x86, 0x84, ...AUTHORITY, ...AGENT] : hex('82 86 84 bf be')),
    answer: (stream) => [...headers(0, stream, NGINX), ...endOfData(stream)],
  },
  {
    name: 'gRPC with traceparent',
    request: (stream) => [
      ...headers(0, stream, [
        ...(stream === 1
          ? [0x83, 0x86, ...literal(0x40, ':path', '/shop.Orders/Place'), ...AUTHORITY, ...literal(0x40, 'te', 'trailers'), ...literal(0x40, 'content-type', 'application/grpc'), ...AGENT]
          : hex('83 86 c2 c1 c0 bf be')),
        ...literal(0, 'traceparent', `00-0af7651916cd43dd8448eb211c80319c-b7ad6b71${stream.toString(16).padStart(8, '0')}-01`),
      ]),
      ...endOfData(stream),
    ],
    answer: (stream) =>
      stream === 1
        ? [...headers(0, stream, [0x88, ...literal(0x40, 'content-type', 'application/grpc')]), ...headers(END_STREAM, stream, [...literal(0x40, 'grpc-status', '0'), ...literal(0x40, 'grpc-message', '')])]
        : [...headers(0, stream, hex('88 c0')), ...headers(END_STREAM, stream, hex('bf be'))],
  },
];

const NOTHING = {
  count: 0,
  keySize: 0,
  valueSize: 0,
  keys: new Uint8Array(0),
  values: new Uint8Array(0),
};

/** A receiver whose kernel is us. */
function receiver(): { readonly deliver: BatchConsumer; readonly spans: () => number } {
  let deliver: BatchConsumer = () => {};
  let spans = 0;
  const object: KernelObject = {
    programs: [],
    dump: () => NOTHING,
    lookup: () => undefined,
    delete: () => {},
    counters: () => [],
    iterate: () => {},
    attachUprobe: () => ({ ok: false, reason: '' }),
    close: async () => {},
  };
  const made = new EbpfReceiver({
    kernel: { load: (_, onBatch) => ((deliver = onBatch), object) },
    plans: [{ name: 'requests', constants: [], presets: [], skip: [], ringBytes: 4096, iteratorMaps: {} }],
    owners: {
      containerOf: () => ({ containerId: '/a' }),
      spanOwnerOf: () => ({ serviceName: 'a', resource: {} }),
      processOf: (_, tgid) => tgid,
      isAlive: () => true,
      onProcess: () => {},
    },
    destinations: { hostNetns: 1, perContainer: 10, ephemeralPorts: [32768, 60999], resolve: (endpoint) => endpoint },
    wallTime: new WallTime(),
    http2Spans: { slowNs: 5e8, exceptionsPerSecond: 100 },
    onSpans: (rows) => (spans += rows.length),
    expireAfter: 1000,
    keepExitedFor: 60,
    monotonic: () => 0n,
    paceClock: { now: () => 0, sleep: () => {} },
  });
  made.start();
  return { deliver: (batch) => deliver(batch), spans: () => spans };
}

/** The kernel's records of one run: a connection's requests one after the other, all connections in turns. */
function recordsOf({ request, answer }: Traffic): readonly DataView[] {
  const records: DataView[] = [];
  for (let round = 0; round < ROUNDS; round++)
    for (let i = 0; i < CONNECTIONS; i++) {
      const stream = 2 * round + 1;
      const connection = 0xffff888100000000n + BigInt(i * 2048);
      const time = 1_000_000_000_000n + BigInt(round * 1_000_000);
      const sampled = round % SAMPLED === 0 ? 125_000 : 0;
      const asked = { connection, time, bytes: Uint8Array.from([...identityFrame({ stream, sampled }), ...request(stream)]) };
      records.push(http2Record(asked));
      const answered = { connection, time: time + 300_000n, fromClient: false, bytes: Uint8Array.from(answer(stream)) };
      records.push(http2Record(answered));
    }
  for (let i = 0; i < CONNECTIONS; i++)
    records.push(http2Record({ connection: 0xffff888100000000n + BigInt(i * 2048), flags: constants.GS_HTTP2_CLOSED }));
  return records;
}

function batchesOf(records: readonly DataView[]): readonly DataView[] {
  const batches: DataView[] = [];
  for (let at = 0; at < records.length; at += PER_BATCH) batches.push(concatRecords(records.slice(at, at + PER_BATCH)));
  return batches;
}

/** Traffic, µs of a request in the first run and later, bytes in the ring, spans of a run. */
function measured(traffic: Traffic): readonly string[] {
  const batches = batchesOf(recordsOf(traffic));
  const { deliver, spans } = receiver();
  const requests = ROUNDS * CONNECTIONS;
  const costs: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    for (const batch of batches) deliver(batch);
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / requests);
  }
  const bytes = batches.reduce((sum, batch) => sum + batch.byteLength, 0);
  const later = costs.slice(RUNS / 2).sort((a, b) => a - b);
  return [
    traffic.name,
    `${costs[0]!.toFixed(2)} µs`,
    `${later[later.length >> 1]!.toFixed(2)} µs`,
    `${(bytes / requests).toFixed(0)} B`,
    String(spans() / RUNS),
  ];
}

// Run by npm run bench -- http2: what a request costs between the ring buffer and the span's row, without the kernel.
console.log(JSON.stringify(TRAFFIC.map(measured)));
