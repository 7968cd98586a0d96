import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { encodeWriteRequest, type RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import snappy from 'snappyjs';
import { RemoteWriteExporter } from './remote-write.ts';

const silent = { log: () => {} };
const interval = (value: number): RemoteWriteSample[] => [
  { labels: { __name__: 'up' }, value, timestamp: 1000 * value },
  { labels: { __name__: 'down' }, value, timestamp: 1000 * value },
];
/** The bytes an interval becomes on the wire, uncompressed. */
const encoded = (value: number): string =>
  Buffer.from(
    encodeWriteRequest(interval(value).map((one) => ({ ...one, labels: { job: 'j', ...one.labels } }))),
  ).toString('hex');

/** A server that gives the next status of the list to each request, then 204; remembers the bodies. */
async function serve(t: TestContext, statuses: number[]) {
  const bodies: string[] = [];
  const headers: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.from(snappy.uncompress(Buffer.concat(chunks))).toString('hex'));
      headers.push(request.headers.authorization);
      response.writeHead(statuses.shift() ?? 204).end('because\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/write`, bodies, headers };
}

const exporter = (t: TestContext, url: string, maxWaiting = 10, token?: string) => {
  const made = new RemoteWriteExporter({ url, labels: { job: 'j' }, maxWaiting, token }, silent);
  t.after(() => made.close());
  return made;
};

test('what a failing server refused is sent again, in order, and nothing is lost', async (t) => {
  const { url, bodies, headers } = await serve(t, [500, 429]);
  const one = exporter(t, url, 10, 'secret');
  one.push(interval(1));
  await one.flush();
  one.push(interval(2));
  one.push(interval(3));
  assert.equal(one.status().waiting, 3);
  assert.match(one.status().lastError, /HTTP status 500: because/);
  await one.flush();
  assert.match(one.status().lastError, /429/);
  await one.flush();
  assert.deepEqual(bodies, [1, 1, 1, 2, 3].map(encoded));
  const { sent, dropped, waiting, failures, lastError } = one.status();
  assert.deepEqual(
    { sent, dropped, waiting, failures, lastError },
    { sent: 6, dropped: 0, waiting: 0, failures: 2, lastError: '' },
  );
  assert.equal(headers[0], 'Bearer secret');
});

test('what a server will never take is dropped and counted', async (t) => {
  const { url, bodies } = await serve(t, [400]);
  const one = exporter(t, url);
  one.push(interval(1));
  await one.flush();
  one.push(interval(2));
  await one.flush();
  assert.deepEqual(bodies, [1, 2].map(encoded));
  assert.equal(one.status().dropped, 2);
  assert.equal(one.status().sent, 2);
});

test('the queue is bounded: the oldest intervals go first and are counted', async (t) => {
  const { url, bodies } = await serve(t, [500]);
  const one = exporter(t, url, 2);
  one.push(interval(1));
  await one.flush();
  for (const value of [2, 3, 4]) one.push(interval(value));
  assert.equal(one.status().waiting, 2);
  assert.equal(one.status().dropped, 4);
  await one.flush();
  assert.deepEqual(bodies, [1, 3, 4].map(encoded));
});

test('an unreachable server is a failure with the reason of the system', async (t) => {
  const one = exporter(t, 'http://127.0.0.1:1/api/v1/write');
  one.push(interval(1));
  await one.flush();
  assert.match(one.status().lastError, /ECONNREFUSED|bad port/);
  assert.equal(one.status().waiting, 1);
});
