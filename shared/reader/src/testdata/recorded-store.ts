import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Labels } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { encodeWriteRequest, type RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const MINUTE = 60_000;
const SAMPLES_PER_WRITE = 5_000;

/** The embedded store as a real process, for tests. */
export interface RecordedStore {
  readonly clickhouse: string;
  readonly prometheus: string;
  /** Window of the recording, moved to the last minutes. */
  readonly range: TimeRange;
  stop(): Promise<void>;
}

interface Recording {
  readonly from: number;
  readonly to: number;
  readonly base: number;
  readonly series: readonly { readonly labels: Labels; readonly t: readonly number[]; readonly v: readonly number[] }[];
}

/** Starts a store that holds a recorded incident and a few spans, log records and profiles. */
export async function startRecordedStore(incident: string): Promise<RecordedStore> {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-recorded-'));
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'collector/src/embedded/main.ts'),
      ...['--data', directory, '--clickhouse-listen', '127.0.0.1:0', '--prometheus-listen', '127.0.0.1:0'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const { clickhouse, prometheus } = await ready(child);
    const range = await writeMetrics(prometheus, incident);
    await writeRows(clickhouse, range);
    return { clickhouse, prometheus, range, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(child: ChildProcess): Promise<{ readonly clickhouse: string; readonly prometheus: string }> {
  if (!child.stdout) throw new Error('the store has no output');
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the store ended with ${code} before it was ready`);
  });
  exited.catch(() => {});
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exited])) as [string];
  return JSON.parse(line) as { clickhouse: string; prometheus: string };
}

/** Moved by whole minutes, so that samples keep their place on every grid; old ones would fall to the TTL. */
export async function writeMetrics(prometheus: string, incident: string): Promise<TimeRange> {
  const file = join(ROOT, `shared/analysis/src/testdata/incidents/${incident}.json.gz`);
  const recording = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Recording;
  const shift = Math.floor((Date.now() - recording.to) / MINUTE) * MINUTE;
  const samples = recording.series.flatMap(({ labels, t, v }) => {
    let at = recording.base + shift;
    return t.map((step, i): RemoteWriteSample => ({ labels, value: v[i] ?? NaN, timestamp: (at += step) }));
  });
  for (let at = 0; at < samples.length; at += SAMPLES_PER_WRITE)
    await post(`${prometheus}/api/v1/write`, snappyLiteral(encodeWriteRequest(samples.slice(at, at + SAMPLES_PER_WRITE))));
  return { from: milliseconds(recording.from + shift), to: milliseconds(recording.to + shift) };
}

/** Snappy's block format with nothing compressed: the length, then one literal. */
function snappyLiteral(bytes: Uint8Array): Uint8Array {
  const head: number[] = [];
  let length = bytes.length;
  for (; length >= 0x80; length = Math.floor(length / 0x80)) head.push((length % 0x80) | 0x80);
  head.push(length);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(bytes.length - 1);
  return Buffer.concat([Buffer.from([...head, 63 << 2]), size, bytes]);
}

async function post(url: string, body: Uint8Array | string): Promise<void> {
  const response = await fetch(url, { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${new URL(url).pathname}: HTTP status ${response.status}: ${text.slice(0, 300)}`);
}

/** Ids of the one trace that crosses two nodes: each collector gave its part an id of its own. */
export const SPLIT_TRACE = { first: 'a'.repeat(32), second: 'b'.repeat(32) } as const;

async function writeRows(clickhouse: string, range: TimeRange): Promise<void> {
  const insert = (table: string, rows: readonly object[]): Promise<void> => {
    const query = `INSERT INTO gumshoe.${table} FORMAT JSONEachRow`;
    return post(`${clickhouse}/?query=${encodeURIComponent(query)}`, rows.map((row) => JSON.stringify(row)).join('\n'));
  };
  const at = (offset: number): string => ((range.from + offset) / 1000).toFixed(3).padEnd(20, '0').slice(0, 20);
  await insert('otel_traces', spanRows(at));
  await insert('otel_logs', logRows(at));
  await insert('profiling_stacks', [
    { ServiceName: 'api', Hash: '18446744073709551615', LastSeen: at(0), Stack: ['leaf', 'middle', 'main'] },
    { ServiceName: 'api', Hash: '7', LastSeen: at(0), Stack: ['other', 'main'] },
  ]);
  const sample = { ServiceName: 'api', Type: 'ebpf:cpu:nanoseconds', Labels: { 'container.id': 'api@1' } };
  await insert('profiling_samples', [
    { ...sample, Start: at(1000), End: at(2000), StackHash: '18446744073709551615', Value: 30 },
    { ...sample, Start: at(2000), End: at(3000), StackHash: '18446744073709551615', Value: 12 },
    { ...sample, Start: at(2000), End: at(3000), StackHash: '7', Value: 5 },
  ]);
}

function spanRows(at: (offset: number) => string): readonly object[] {
  const span = (trace: string, id: string, parent: string, service: string, kind: string, offset: number, ms: number) => ({
    Timestamp: at(offset),
    TraceId: trace,
    SpanId: id.repeat(16),
    ParentSpanId: parent.repeat(16),
    SpanName: 'GET /orders',
    SpanKind: kind,
    ServiceName: service,
    ResourceAttributes: { 'container.id': `${service}@1` },
    SpanAttributes: { 'http.route': '/orders' },
    Duration: ms * 1_000_000,
    StatusCode: service === 'orders' ? 'Error' : 'Unset',
    StatusMessage: service === 'orders' ? 'lock timeout' : '',
  });
  return [
    span(SPLIT_TRACE.first, '1', '', 'frontend', 'Server', 5000, 90),
    span(SPLIT_TRACE.first, '2', '1', 'frontend', 'Client', 5001, 88),
    span(SPLIT_TRACE.second, '3', '2', 'api', 'Server', 5002, 85),
    span(SPLIT_TRACE.second, '4', '3', 'api', 'Client', 5003, 80),
    span(SPLIT_TRACE.second, '5', '4', 'orders', 'Server', 5004, 78),
    span('c'.repeat(32), '6', '', 'frontend', 'Server', 9000, 2),
  ];
}

function logRows(at: (offset: number) => string): readonly object[] {
  const record = (offset: number, severity: string, service: string, body: string) => ({
    Timestamp: at(offset),
    SeverityText: severity,
    ServiceName: service,
    Body: body,
    ResourceAttributes: { 'container.id': `${service}@1` },
    LogAttributes: {},
  });
  return [
    record(1000, 'INFO', 'api', 'listening'),
    record(6000, 'ERROR', 'orders', 'canceling statement due to lock timeout'),
    record(7000, 'WARN', 'api', 'upstream answered 503'),
  ];
}
