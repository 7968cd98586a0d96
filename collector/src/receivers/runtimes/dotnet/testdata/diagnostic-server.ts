import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipcText } from '../ipc.ts';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const f64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};
const zeros = (count: number): Buffer => Buffer.alloc(count);
const utf16 = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf16le');

function answer(payload: Buffer): Buffer {
  const head = zeros(20);
  head.write('DOTNET_IPC_V1\0', 'latin1');
  head.writeUInt16LE(20 + payload.length, 14);
  head[16] = 0xff;
  return Buffer.concat([head, payload]);
}

const processInfo = (): Buffer =>
  Buffer.concat([
    zeros(24),
    ...['dotnet Shop.dll --key=secret', 'linux', 'x64', 'Shop', '8.0.1'].map((text) => ipcText(text)),
  ]);

/** Fields of the two payloads that EventCounters have, by name and System.TypeCode. */
const GAUGE_FIELDS = [
  ['Name', 18],
  ['DisplayName', 18],
  ['Mean', 14],
  ['Count', 9],
  ['IntervalSec', 13],
] as const;
const COUNTER_FIELDS = [
  ['Name', 18],
  ['Increment', 14],
  ['IntervalSec', 13],
  ['CounterType', 18],
] as const;

function shape(id: number, fields: readonly (readonly [string, number])[]): Buffer {
  const inner = fields.map(([name, type]) => Buffer.concat([u32(type), utf16(name)]));
  const structure = [u32(1), u32(1), u32(fields.length), ...inner, utf16('Payload')];
  const head = [u32(id), utf16('System.Runtime'), u32(1), utf16('EventCounters'), zeros(8), u32(0), u32(4)];
  return Buffer.concat([...head, ...structure]);
}

const gauge = (name: string, mean: number): Buffer =>
  Buffer.concat([utf16(name), utf16(name), f64(mean), u32(1), zeros(4)]);
const counter = (name: string, increment: number): Buffer =>
  Buffer.concat([utf16(name), f64(increment), zeros(4), utf16('Sum')]);

type Event = readonly [metadata: number, payload: Buffer];

const varint = (value: number): Buffer =>
  Buffer.from(value < 128 ? [value] : [(value & 127) | 128, value >> 7]);

const compressed = ([metadata, payload]: Event): Buffer =>
  Buffer.concat([Buffer.of(1 | 128), varint(metadata), varint(5), varint(payload.length), payload]);

function plain([metadata, payload]: Event): Buffer {
  const event = Buffer.concat([u32(0), u32(metadata), zeros(4 + 8 + 8 + 4 + 4 + 8 + 32), u32(payload.length), payload]);
  return Buffer.concat([event, zeros((4 - (event.length % 4)) % 4)]);
}

/** One object of the stream, aligned for its place in it. */
function object(name: string, position: number, body: Buffer, version = 2): Buffer {
  const head = [Buffer.of(5, 5, 1), u32(version), u32(version), u32(name.length), Buffer.from(name), Buffer.of(6)];
  const start = Buffer.concat(head);
  if (name === 'Trace') return Buffer.concat([start, body, Buffer.of(6)]);
  const padding = zeros((4 - ((position + start.length + 4) % 4)) % 4);
  return Buffer.concat([start, u32(body.length), padding, body, Buffer.of(6)]);
}

const blockHead = (flags: number): Buffer => Buffer.concat([Buffer.of(4, 0, flags, 0)]);

/** A NetTrace stream with two intervals of counters, one with compressed heads of events and one without. */
export function counterTrace(): Buffer {
  const first = [
    [1, gauge('gen-0-size', 4096)],
    [1, gauge('threadpool-queue-length', 7)],
    [2, counter('alloc-rate', 1000)],
    [2, counter('gen-1-gc-count', 2)],
  ] as const;
  const second = [
    [1, gauge('gen-0-size', 8192)],
    [2, counter('alloc-rate', 500)],
    [1, gauge('of-no-interest', 1)],
  ] as const;
  let stream = Buffer.concat([Buffer.from('Nettrace'), u32(20), Buffer.from('!FastSerialization.1')]);
  const add = (name: string, body: Buffer, version?: number): void => {
    stream = Buffer.concat([stream, object(name, stream.length, body, version)]);
  };
  add('Trace', zeros(48), 4);
  const shapes: readonly Event[] = [
    [0, shape(1, GAUGE_FIELDS)],
    [0, shape(2, COUNTER_FIELDS)],
  ];
  add('MetadataBlock', Buffer.concat([blockHead(1), ...shapes.map(compressed)]));
  add('StackBlock', zeros(11));
  add('EventBlock', Buffer.concat([blockHead(1), ...first.map(compressed)]));
  add('EventBlock', Buffer.concat([blockHead(0), ...second.map(plain)]));
  return stream;
}

/** The diagnostic server of a .NET runtime, in this process, in the folder where runtimes put theirs. */
export function startDiagnosticServer(): { readonly server: Server; readonly path: string } {
  const path = join(tmpdir(), `dotnet-diagnostic-${process.pid}-${Date.now()}-socket`);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (question: Buffer) => {
      const command = `${question[16]}/${question[17]}`;
      if (command === '4/4') socket.end(answer(processInfo()));
      else if (command === '2/2') {
        const bytes = Buffer.concat([answer(zeros(8)), counterTrace()]);
        // In pieces, as a pipe may give them.
        for (let at = 0; at < bytes.length; at += 37) socket.write(bytes.subarray(at, at + 37));
      }
    });
  }).listen(path);
  return { server, path };
}
