import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import snappy from 'snappyjs';
import { Spool } from '../spool/spool.ts';
import { RemoteWriteExporter } from './remote-write.ts';

interface Endpoint {
  readonly url: string;
  status: number;
  /** Requests that were taken, uncompressed. */
  readonly taken: string[];
  readonly headers: Record<string, unknown>[];
}

const servers: Server[] = [];
const folder = mkdtempSync(join(tmpdir(), 'gumshoe-remote-write-'));
after(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

async function endpoint(status: number): Promise<Endpoint> {
  const taken: string[] = [];
  const headers: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      headers.push(request.headers);
      if (made.status < 300)
        taken.push(Buffer.from(snappy.uncompress(Buffer.concat(chunks))).toString('latin1'));
      response.writeHead(made.status).end('because');
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: Endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`,
    status,
    taken,
    headers,
  };
  return made;
}

const quiet = { log: () => undefined };
const sample = (name: string) => ({ labels: { __name__: name }, value: 1, timestamp: 1000 });
const labels = { job: 'gumshoe-collector', instance: 'm1' };

test('a request carries the labels of the source, the protocol headers and the token', async () => {
  const store = await endpoint(204);
  const exporter = new RemoteWriteExporter({ url: store.url, token: 't0ken', labels, maxWaiting: 5 }, quiet);
  exporter.push([sample('up')]);
  await exporter.flush();
  assert.equal(store.taken.length, 1);
  for (const text of ['up', 'gumshoe-collector', 'm1']) assert.ok(store.taken[0]?.includes(text), text);
  const sent = store.headers[0];
  assert.equal(sent?.['content-encoding'], 'snappy');
  assert.equal(sent?.['x-prometheus-remote-write-version'], '0.1.0');
  assert.equal(sent?.['authorization'], 'Bearer t0ken');
  assert.equal(exporter.status().sent, 1);
  exporter.close();
});

test('a failing endpoint keeps intervals waiting in order; nothing is lost once it recovers', async () => {
  const store = await endpoint(503);
  const exporter = new RemoteWriteExporter({ url: store.url, labels, maxWaiting: 10 }, quiet);
  for (const name of ['first', 'second', 'third']) exporter.push([sample(name)]);
  await exporter.flush();
  assert.equal(exporter.status().waiting, 3);
  assert.match(exporter.status().lastError, /503/);
  store.status = 204;
  await exporter.flush();
  assert.deepEqual(
    store.taken.map((body) => ['first', 'second', 'third'].find((name) => body.includes(name))),
    ['first', 'second', 'third'],
  );
  assert.equal(exporter.status().lastError, '');
  assert.equal(exporter.status().dropped, 0);
  exporter.close();
});

test('without a spool the oldest interval is dropped when too many wait, and counted', async () => {
  const store = await endpoint(503);
  const exporter = new RemoteWriteExporter({ url: store.url, labels, maxWaiting: 2 }, quiet);
  for (const name of ['a', 'b', 'c']) exporter.push([sample(name), sample(name)]);
  assert.equal(exporter.status().dropped, 2);
  assert.equal(exporter.status().waiting, 2);
  await exporter.flush();
  exporter.close();
});

test('an interval of many series goes as several requests, all of it once', async () => {
  const store = await endpoint(204);
  const exporter = new RemoteWriteExporter({ url: store.url, labels, maxWaiting: 2 }, quiet);
  const names = (prefix: string) => Array.from({ length: 2_345 }, (_, i) => `${prefix}_${i}_`);
  for (const prefix of ['first', 'second']) exporter.push(names(prefix).map(sample));
  await exporter.flush();
  assert.ok(store.taken.length > 2);
  const sent = store.taken.flatMap((body) => body.match(/(?:first|second)_\d+_/g) ?? []);
  assert.deepEqual(sent, [...names('first'), ...names('second')]);
  assert.equal(exporter.status().sent, sent.length);
  await exporter.close();
});

test('samples that the endpoint calls bad are dropped and do not hold up the next', async () => {
  const store = await endpoint(400);
  const exporter = new RemoteWriteExporter({ url: store.url, labels, maxWaiting: 5 }, quiet);
  exporter.push([sample('bad')]);
  await exporter.flush();
  assert.equal(exporter.status().dropped, 1);
  assert.equal(exporter.status().waiting, 0);
  store.status = 429;
  exporter.push([sample('later')]);
  await exporter.flush();
  assert.equal(exporter.status().waiting, 1);
  exporter.close();
});

test('with a spool, what waits outlives the process and is sent first by the next', async () => {
  const store = await endpoint(503);
  const options = { url: store.url, labels, maxWaiting: 5 };
  const first = new RemoteWriteExporter({ ...options, spool: new Spool(folder, 1e6) }, quiet);
  first.push([sample('before')]);
  await first.flush();
  first.push([sample('between')]);
  first.close();
  store.status = 204;
  const second = new RemoteWriteExporter({ ...options, spool: new Spool(folder, 1e6) }, quiet);
  assert.equal(second.status().waiting, 2);
  second.push([sample('after')]);
  await second.flush();
  assert.deepEqual(
    store.taken.map((body) => ['before', 'between', 'after'].find((name) => body.includes(name))),
    ['before', 'between', 'after'],
  );
  second.close();
});
