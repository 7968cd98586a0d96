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
