import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { milliseconds } from '@gumshoe/base/time';
import { histogramText } from '@gumshoe/promql/histograms/text';
import { SnapshotFile } from './database.ts';
import { openSnapshot } from './reader.ts';
import { verifySnapshot } from './verify.ts';

// Written from docs/snapshot-format.md alone, without any of the code that writes snapshots.

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-format-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const FROM = 1_790_000_000_000;
const TO = FROM + 60_000;

const TABLES = `CREATE TABLE manifest (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (id INTEGER PRIMARY KEY, part TEXT NOT NULL, name TEXT NOT NULL,
                     sha256 TEXT NOT NULL, payload BLOB NOT NULL);`;

function varint(n: number): number[] {
  let rest = n < 0 ? -2 * n - 1 : 2 * n;
  const out = [];
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}

const doubles = (...values: readonly number[]): Buffer => Buffer.from(Float64Array.from(values).buffer);

function plainLayout(): Buffer {
  const header = Buffer.from(JSON.stringify([[{ __name__: 'up', job: 'a' }, 2]]));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const padding = Buffer.alloc((8 - ((4 + header.length) % 8)) % 8);
  return Buffer.concat([length, header, padding, doubles(FROM + 15_000, FROM + 30_000), doubles(1, 0)]);
}

function packedLayout(): Buffer {
  const instants = [FROM + 15_000, 15_000 - (FROM + 15_000), 0].flatMap(varint);
  const integers = [100, 50, 75].flatMap(varint); // 1.00, 1.50, 2.25
  const [first, second] = [doubles(0.1), doubles(0.3)];
  const xor = [first, second.map((byte, i) => byte ^ first[i]!), Buffer.alloc(8)];
  const planes = Array.from({ length: 8 }, (_, byte) => xor.map((one) => one[byte]!)).flat();
  const series = [
    [{ __name__: 'm', kind: 'decimal' }, 0, 18, integers.length],
    [{ __name__: 'm', kind: 'same' }, 0, 1, 8],
    [{ __name__: 'm', kind: 'xor' }, 0, 2, planes.length],
  ];
  const header = Buffer.from(JSON.stringify({ times: [[3, 16, instants.length]], series }));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0xff325347, 0);
  head.writeUInt32LE(header.length, 4);
  return Buffer.concat([
    head,
    header,
    Buffer.from(instants),
    Buffer.from(integers),
    doubles(7),
    Buffer.from(planes),
  ]);
}

/** Two samples of one series: `(0.5,1]` counts 3 then 4, `(1,2]` nothing then 2. */
function nativeLayout(): Buffer {
  const columns: readonly (readonly [number, Buffer])[] = [
    [0, doubles(FROM + 15_000, FROM + 30_000)],
    [1, doubles(0)],
    [0, doubles(3, 6)],
    [0, doubles(2.5, 5.5)],
    [1, doubles(0)],
    [1, doubles(0)],
    [0, doubles(3, 4)],
    [0, doubles(0, 2)],
  ];
  const written = columns.flatMap(([encoding, bytes]) => [encoding, bytes.length]);
  const labels = { __name__: 'd', job: 'a' };
  const header = Buffer.from(JSON.stringify([[labels, 0, 0, [0, 1], [], [2, ...written]]]));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x31485347, 0);
  head.writeUInt32LE(header.length, 4);
  return Buffer.concat([head, header, ...columns.map(([, bytes]) => bytes)]);
}

const span = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentSpanId: '',
  name: 'GET /',
  kind: 'Server',
  serviceName: 'web',
  containerId: '',
  start: FROM + 1.5,
  duration: 2.25,
  status: 'Ok',
  statusMessage: '',
  attributes: { 'http.route': '/' },
};
const record = {
  timestamp: FROM + 5,
  severity: 'ERROR',
  serviceName: 'web',
  containerId: '',
  body: 'it broke',
  traceId: '',
  spanId: '',
  attributes: {},
};

function writeByHand(path: string): void {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const blocks: readonly (readonly [string, string, Buffer])[] = [
    ['series', 'm', packedLayout()],
    ['series', 'up', plainLayout()],
    ['histograms', 'd', nativeLayout()],
    ['spans', '0', json([span])],
    ['logs', '0', json([record])],
    ['events', '0', json([{ ...record, body: 'deployed' }])],
    ['profile-stacks', '0', json([['web', '18446744073709551615', '["leaf","main"]']])],
    [
      'profile-samples',
      '0',
      json([['web', 'ebpf:cpu:nanoseconds', FROM, FROM + 1000, '', '18446744073709551615', 5e6]]),
    ],
    ['configuration', '0', json([{ name: 'gumshoe.yaml', text: 'slos: []' }])],
    ['something of a later writer', '0', json([])],
  ];
  const database = new Database(path);
  database.exec(`PRAGMA application_id = 0x47534e50; ${TABLES}`);
  const insert = database.prepare('INSERT INTO blocks (part, name, sha256, payload) VALUES (?, ?, ?, ?)');
  let listed = '';
  for (const [part, name, content] of blocks) {
    const payload = zstdCompressSync(content);
    insert.run(part, name, sha256(payload), payload);
    listed += `${part}\n${name}\n${sha256(payload)}\n`;
  }
  const manifest = JSON.stringify({
    formatVersion: 2,
    createdAt: TO,
    window: { from: FROM, to: TO },
    source: 'a hand',
    counts: { series: 4, histograms: 2, spans: 1, logs: 1, events: 1, profiles: 1 },
    redaction: [],
  });
  const put = database.prepare('INSERT INTO manifest (name, value) VALUES (?, ?)');
  put.run('manifest', manifest);
  put.run('sha256', sha256(manifest + listed));
  database.close();
}

test('version 1 is still read: with an index, without parts and names in its hash', async () => {
  const path = join(directory, 'one.gumshoe');
  const payload = zstdCompressSync(plainLayout());
  const manifest = JSON.stringify({
    formatVersion: 1,
    createdAt: TO,
    window: { from: FROM, to: TO },
    source: 'an earlier version',
    counts: { series: 1, spans: 0, logs: 0, profiles: 0 },
    redaction: [],
  });
  const database = new Database(path);
  database.exec(
    `PRAGMA application_id = 0x47534e50; ${TABLES} CREATE INDEX blocks_part ON blocks (part, name);`,
  );
  database.prepare('INSERT INTO blocks VALUES (1, ?, ?, ?, ?)').run('series', 'up', sha256(payload), payload);
  const put = database.prepare('INSERT INTO manifest (name, value) VALUES (?, ?)');
  put.run('manifest', manifest);
  put.run('sha256', sha256(manifest + sha256(payload)));
  database.close();
  const file = new SnapshotFile(path);
  assert.equal(verifySnapshot(file)[0]?.samples, 2);
  file.close();
});

test('a file written from the document alone is read, in both layouts and every part', async () => {
  const path = join(directory, 'hand.gumshoe');
  writeByHand(path);
  const file = new SnapshotFile(path);
  verifySnapshot(file);
  file.close();
  const reader = openSnapshot(path);
  const range = { from: milliseconds(FROM), to: milliseconds(TO) };
  assert.deepEqual(await reader.extent(), range);
  const series = await reader.series(['m', 'up'], range);
  assert.deepEqual(
    series.map(({ labels, timestamps, values }) => [
      labels['kind'] ?? labels['job'],
      [...timestamps].map((at) => at - FROM),
      [...values],
    ]),
    [
      ['decimal', [15_000, 30_000, 45_000], [1, 1.5, 2.25]],
      ['same', [15_000, 30_000, 45_000], [7, 7, 7]],
      ['xor', [15_000, 30_000, 45_000], [0.1, 0.3, 0.3]],
      ['a', [15_000, 30_000], [1, 0]],
    ],
  );
  const { series: summed } = await reader.queryRange('sum(m)', { from: range.from, step: 15_000, points: 4 });
  assert.deepEqual([...summed[0]!.values].slice(1, 3), [8.1, 8.8]);
  const { series: native } = await reader.queryRange('d', { from: range.to, step: 15_000, points: 1 });
  assert.equal(histogramText(native[0]!.histograms![0]!), '{count:6, sum:5.5, (0.5,1]:4, (1,2]:2}');
  const classic = await reader.series(['d_bucket', 'd_count'], range);
  assert.deepEqual(
    classic.map(({ labels, values }) => [labels['le'] ?? labels['__name__'], [...values]]),
    [
      ['0.5', [0, 0]],
      ['1', [3, 4]],
      ['2', [3, 6]],
      ['+Inf', [3, 6]],
      ['d_count', [3, 6]],
    ],
  );
  assert.deepEqual(await reader.spans({ range, order: 'newest', limit: 10 }), [span]);
  assert.deepEqual(
    (await reader.logs({ range, limit: 10 })).map(({ body }) => body),
    ['it broke', 'deployed'],
  );
  const profile = await reader.profile({ range, serviceName: 'web', type: 'ebpf:cpu:nanoseconds' });
  assert.deepEqual([profile.frames, [...profile.values]], [['leaf', 'main'], [5e6]]);
  assert.deepEqual(reader.configuration(), [{ name: 'gumshoe.yaml', text: 'slos: []' }]);
  await reader.close();
});
