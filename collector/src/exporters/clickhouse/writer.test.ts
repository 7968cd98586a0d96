import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import type { LogRow } from '@gumshoe/schema/tables/logs';
import { Spool } from '../spool/spool.ts';
import { ClickHouseWriter } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-clickhouse-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

interface Store {
  readonly url: string;
  /** What an insert is answered with; '' takes it. */
  refuse: { status: number; text: string } | undefined;
  /** An insert that holds this body is answered with BAD. */
  bad: string;
  /** Bodies of the rows that were taken, in order. */
  readonly bodies: string[];
  readonly statements: string[];
  /** Content-Encoding of the inserts. */
  readonly encodings: Set<string | undefined>;
}

/** Speaks as much of ClickHouse's HTTP interface as a writer sees. */
async function store(): Promise<Store> {
  const made: Store = {
    url: '',
    refuse: undefined,
    bad: '',
    bodies: [],
    statements: [],
    encodings: new Set(),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const encoding = request.headers['content-encoding'];
      const body = Buffer.concat(chunks);
      const text = (encoding === 'zstd' ? zstdDecompressSync(body) : body).toString();
      const query = new URL(request.url ?? '/', 'http://store').searchParams.get('query') ?? text;
      made.statements.push(query);
      if (!query.startsWith('INSERT INTO gumshoe.otel_')) return response.end('');
      made.encodings.add(encoding);
      if (made.refuse) return response.writeHead(made.refuse.status).end(made.refuse.text);
      if (made.bad !== '' && text.includes(`"Body":"${made.bad}"`))
        return response.writeHead(BAD.status).end(BAD.text);
      for (const line of text.trim().split('\n')) made.bodies.push((JSON.parse(line) as LogRow).Body);
      return response.end('');
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(made, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const quiet = { log: () => undefined };
const row = (body: string): LogRow => ({
  Timestamp: '1.000000000',
  TraceId: '',
  SpanId: '',
  TraceFlags: 0,
  SeverityText: '',
  SeverityNumber: 0,
  ServiceName: 'api',
  Body: body,
  ResourceAttributes: {},
  LogAttributes: {},
});
const DOWN = { status: 500, text: 'Code: 210. DB::NetException: no (NETWORK_ERROR) (version 24.8)' };
const BAD = {
  status: 400,
  text: 'Code: 27. DB::Exception: bad (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 24.8)',
};

test('the schema is applied once, before the first rows', async () => {
  const db = await store();
  const writer = new ClickHouseWriter({ url: db.url, ttlDays: {}, maxRows: 10 }, quiet);
  writer.rows.logs([row('a')]);
  await writer.flush();
  const creates = db.statements.filter((text) => text.startsWith('CREATE')).length;
  assert.ok(creates > 0);
  writer.rows.logs([row('b')]);
  await writer.flush();
  assert.equal(db.statements.filter((text) => text.startsWith('CREATE')).length, creates);
  assert.deepEqual(db.bodies, ['a', 'b']);
  await writer.close();
});

test('rows are compressed with zstd when asked, and not within a machine', async () => {
  for (const compress of [true, undefined]) {
    const db = await store();
    const options = { url: db.url, ttlDays: {}, maxRows: 10, ...(compress && { compress }) };
    const writer = new ClickHouseWriter(options, quiet);
    writer.rows.logs([row('a'), row('b')]);
    await writer.flush();
    assert.deepEqual(db.bodies, ['a', 'b']);
    assert.deepEqual([...db.encodings], [compress ? 'zstd' : undefined]);
    await writer.close();
  }
});

test('rows wait while the store fails, go in order when it is back, and the oldest are shed when full', async () => {
  const db = await store();
  db.refuse = DOWN;
  const writer = new ClickHouseWriter({ url: db.url, ttlDays: {}, maxRows: 3 }, quiet);
  writer.rows.logs(['a', 'b', 'c', 'd'].map(row));
  await writer.flush();
  assert.equal(writer.status().dropped, 1);
  assert.equal(writer.status().waiting, 3);
  assert.match(writer.status().lastError, /no/);
  await writer.flush();
  assert.equal(writer.status().failures, 1, 'it asks again only after a while');
  db.refuse = undefined;
  await writer.flush(true);
  assert.deepEqual(db.bodies, ['b', 'c', 'd']);
  assert.equal(writer.status().lastError, '');
  await writer.close();
});

test('rows that the store cannot read are given up, counted, and hold up nothing', async () => {
  const db = await store();
  db.refuse = BAD;
  const writer = new ClickHouseWriter({ url: db.url, ttlDays: {}, maxRows: 10 }, quiet);
  writer.rows.logs([row('bad'), row('bad')]);
  await writer.flush();
  assert.equal(writer.status().dropped, 2);
  assert.equal(writer.status().waiting, 0);
  db.refuse = undefined;
  writer.rows.logs([row('good')]);
  await writer.flush();
  assert.deepEqual(db.bodies, ['good']);
  await writer.close();
});

test('rows beside one that the store cannot read are written', async () => {
  const db = await store();
  db.bad = 'bad';
  const writer = new ClickHouseWriter({ url: db.url, ttlDays: {}, maxRows: 1000 }, quiet);
  const bodies = Array.from({ length: 500 }, (_, i) => `row ${i}`);
  writer.rows.logs([...bodies.slice(0, 137), 'bad', ...bodies.slice(137)].map(row));
  await writer.flush();
  assert.equal(writer.status().dropped, 1);
  assert.deepEqual(db.bodies, bodies);
  await writer.close();
});

test('with a spool, rows outlive a full memory and the process', async () => {
  const db = await store();
  db.refuse = DOWN;
  const options = { url: db.url, ttlDays: {}, maxRows: 4 };
  const first = new ClickHouseWriter({ ...options, spool: new Spool(folder, 1e6) }, quiet);
  first.rows.logs(['a', 'b', 'c'].map(row));
  await first.flush();
  first.rows.logs(['d', 'e', 'f'].map(row));
  await first.flush(true);
  first.rows.logs([row('g')]);
  await first.close();
  db.refuse = undefined;
  const second = new ClickHouseWriter({ ...options, spool: new Spool(folder, 1e6) }, quiet);
  second.rows.logs([row('h')]);
  assert.equal(second.status().waiting, 8);
  await second.flush();
  assert.deepEqual(db.bodies, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  assert.equal(second.status().dropped, 0);
  await second.close();
});
