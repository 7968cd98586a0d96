import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import { ClickHouseTransport } from './transport.ts';

interface Asked {
  readonly url: URLSearchParams;
  readonly body: string;
}

/** A ClickHouse that answers as it is told and remembers what it was asked. */
async function server(answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = [];
  const http = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        url: new URL(request.url ?? '', 'http://x').searchParams,
        body: Buffer.concat(chunks).toString(),
      };
      asked.push(one);
      answer(one, response);
    });
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const transport = new ClickHouseTransport({
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
  });
  const stop = async (): Promise<void> => {
    await transport.close();
    http.closeAllConnections();
    http.close();
    await once(http, 'close');
  };
  return { asked, transport, stop };
}

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

const request = { query: 'SELECT n', maxRows: 3, timeoutMs: 7_000 };
const HEAD = '["n"]\n["UInt64"]\n';

test('every query is read-only, bounded in rows and time, and ends with its client', async () => {
  const { asked, transport, stop } = await server((_, response) => response.end(`${HEAD}["1"]\n`));
  const { rows, truncated } = await transport.query(request);
  assert.deepEqual([rows, truncated], [[['1']], false]);
  const { url } = asked[0]!;
  assert.deepEqual(
    [
      'readonly',
      'max_result_rows',
      'result_overflow_mode',
      'max_execution_time',
      'cancel_http_readonly_queries_on_client_close',
    ].map((name) => url.get(name)),
    ['2', '4', 'break', '7', '1'],
  );
  assert.ok(url.get('query_id'));
  await stop();
});

test('a query that is given up is killed by its id', async () => {
  const { asked, transport, stop } = await server(({ body }, response) => {
    if (body.startsWith('KILL')) response.end();
  });
  await failureOf(transport.query(request, AbortSignal.timeout(50)), 'cancelled');
  while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const [query, kill] = asked;
  assert.match(kill!.body, /^KILL QUERY WHERE query_id IN .* ASYNC/);
  assert.equal(kill!.url.get('param_one'), query!.url.get('query_id'));
  assert.equal(kill!.url.get('readonly'), null);
  await stop();
});

test('a server that goes on past the limit of rows is left', async () => {
  let ended = false;
  const { transport, stop } = await server((_, response) => {
    response.write(HEAD);
    const timer = setInterval(() => response.write('["1"]\n'.repeat(100)), 1);
    response.on('close', () => {
      clearInterval(timer);
      ended = true;
    });
  });
  const { rows, truncated } = await transport.query(request);
  assert.deepEqual([rows.length, truncated], [3, true]);
  while (!ended) await new Promise((resolve) => setTimeout(resolve, 5));
  await stop();
});

test('an account that may change no setting reads all the same', async () => {
  const { asked, transport, stop } = await server(({ url }, response) => {
    if (!url.has('readonly')) return void response.end(`${HEAD}["1"]\n["2"]\n["3"]\n["4"]\n`);
    response
      .writeHead(500, { 'x-clickhouse-exception-code': '164' })
      .end(
        "Code: 164. DB::Exception: Cannot modify 'readonly' setting in readonly mode. (READONLY) (version 26.7)",
      );
  });
  for (let i = 0; i < 2; i++) {
    const { rows, truncated } = await transport.query(request);
    assert.deepEqual([rows.length, truncated], [3, true]);
  }
  assert.equal(asked.length, 3);
  assert.match((await transport.check()).notes.join(), /may not change settings/);
  await stop();
});

test('an account whose limits are fixed still only reads', async () => {
  const { asked, transport, stop } = await server(({ url }, response) => {
    if (!url.has('max_execution_time')) return void response.end(`${HEAD}["1"]\n`);
    response.statusCode = 500;
    response.setHeader('x-clickhouse-exception-code', '452');
    response.end(
      'Code: 452. DB::Exception: Setting max_execution_time should not be changed. (SETTING_CONSTRAINT_VIOLATION) (version 26.7)',
    );
  });
  assert.deepEqual((await transport.query(request)).rows, [['1']]);
  await transport.query(request);
  assert.deepEqual(
    asked.map(({ url }) => url.get('readonly')),
    ['2', '2', '2'],
  );
  await stop();
});

test('an answer that breaks off, and one that is none', async () => {
  const { transport, stop } = await server(({ body }, response) => {
    if (body.includes('page')) return void response.end('<html>hello</html>');
    if (body.includes('empty')) return void response.end('');
    response.writeHead(200, { 'content-length': '500' });
    response.write(`${HEAD}["1"]\n`);
    setTimeout(() => response.destroy(), 20);
  });
  await assert.rejects(transport.query(request), FailureError);
  await failureOf(transport.query({ ...request, query: 'SELECT page' }), 'wrong-server');
  await failureOf(transport.query({ ...request, query: 'SELECT empty' }), 'wrong-server');
  await stop();
});
