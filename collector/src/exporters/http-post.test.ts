import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { post } from './http-post.ts';

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/write`;
}

const options = { headers: { 'x-a': 'b' }, body: Buffer.from('body'), timeout: 10_000 };

test('sends headers and body and gives status, headers and text', async (t) => {
  const url = await serve(t, (request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () =>
      response
        .writeHead(202, { 'retry-after': '3' })
        .end(`${request.method} ${request.url} ${String(request.headers['x-a'])} ${body}`),
    );
  });
  const { status, headers, text } = await post(url, options);
  assert.deepEqual([status, headers['retry-after'], text], [202, '3', 'POST /write b body']);
});

test('a connection that is closed when it is used again costs another one, not the request', async (t) => {
  let requests = 0;
  const url = await serve(t, (request, response) => {
    requests++;
    request.resume();
    // the second request on the kept connection finds it gone
    if (requests === 2) request.socket.resetAndDestroy();
    else request.on('end', () => response.end(String(requests)));
  });
  assert.equal((await post(url, options)).text, '1');
  assert.equal((await post(url, options)).text, '3');
});

test('an answer that does not come in time, and no server at all, are errors', async (t) => {
  const url = await serve(t, () => undefined);
  await assert.rejects(post(url, { ...options, timeout: 50 }), /no answer in 50 ms/);
  await assert.rejects(post('http://127.0.0.1:1/', options), /ECONNREFUSED/);
});
