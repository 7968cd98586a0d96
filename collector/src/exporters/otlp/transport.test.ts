import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { HttpTransport } from './transport.ts';

/** URL of a server that answers so; ends with the test. */
async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the key does not follow a redirect', async (t) => {
  const seen: IncomingMessage[] = [];
  const other = await serve(t, (request, response) => {
    seen.push(request);
    response.end('{}');
  });
  const url = await serve(t, (_, response) =>
    response.writeHead(307, { location: `${other}/v1/logs` }).end('elsewhere'),
  );
  assert.deepEqual(await new HttpTransport(url, 'sesame').send('/v1/logs', '{}'), {
    outcome: 'refused',
    reason: 'HTTP status 307: elsewhere',
  });
  assert.deepEqual(seen, []);
});

test('429 is tried again after the time that Retry-After says; a refusal is not', async (t) => {
  const answers = [
    [429, { 'retry-after': '7' }],
    [429, { 'retry-after': '86400' }],
    [503, {}],
    [400, { 'retry-after': '7' }],
  ] as const;
  let calls = 0;
  const url = await serve(t, (request, response) => {
    assert.equal(request.headers['x-api-key'], 'sesame');
    const [status, headers] = answers[calls++]!;
    response.writeHead(status, headers).end('full');
  });
  const transport = new HttpTransport(url, 'sesame');
  const got = [];
  for (let i = 0; i < answers.length; i++) got.push(await transport.send('/v1/traces', '{}'));
  assert.deepEqual(got, [
    { outcome: 'retry', reason: 'HTTP status 429: full', after: 7 },
    { outcome: 'retry', reason: 'HTTP status 429: full', after: 300 },
    { outcome: 'retry', reason: 'HTTP status 503: full', after: undefined },
    { outcome: 'refused', reason: 'HTTP status 400: full' },
  ]);
});
