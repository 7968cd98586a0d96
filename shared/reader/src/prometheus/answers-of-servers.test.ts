import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import { comparable, CountingSource } from '../testdata/counting-source.ts';
import { answering, type TestServer } from '../testdata/fake-servers.ts';
import { isTooLarge } from './limits.ts';
import { readRawSeries } from './raw-series.ts';
import { HttpPrometheusTransport } from './transport.ts';

const START = Date.UTC(2026, 0, 1);

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

/** One answer to whatever is asked. */
async function withAnswer<T>(
  status: number,
  body: string,
  work: (transport: HttpPrometheusTransport) => Promise<T>,
  headers: Record<string, string> = {},
): Promise<T> {
  const server = await answering(status, body, headers);
  const transport = new HttpPrometheusTransport({ url: server.url });
  try {
    return await work(transport);
  } finally {
    await transport.close();
    await server.stop();
  }
}

const query = (transport: HttpPrometheusTransport): Promise<unknown> =>
  transport.get('/api/v1/query', { query: 'up' });
const refusal = (errorType: string, error: string): string =>
  JSON.stringify({ status: 'error', errorType, error });

test('what servers say when a question is too large is told from other mistakes', async () => {
  const tooLarge = [
    [
      422,
      refusal('execution', 'query processing would load too many samples into memory in query execution'),
    ],
    [
      400,
      refusal(
        'bad_data',
        'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
      ),
    ],
    [
      422,
      refusal(
        'execution',
        'the query exceeded the maximum number of series (limit: 100000 series) (err-mimir-max-series-per-query)',
      ),
    ],
    [
      422,
      refusal(
        'execution',
        'the total query time range exceeds the limit (query length: 900h, limit: 721h) (err-mimir-max-total-query-length)',
      ),
    ],
    [
      422,
      refusal(
        '422',
        'the number of matching timeseries exceeds -search.maxUniqueTimeseries=300000; either narrow down the search',
      ),
    ],
    [422, refusal('422', 'cannot select more than -search.maxSamplesPerQuery=1000000000 samples')],
    [
      500,
      refusal(
        'execution',
        'expand series: proxy Series(): rpc error: code = ResourceExhausted desc = exceeded series limit: limit 100 violated (got 101)',
      ),
    ],
  ] as const;
  for (const [status, body] of tooLarge)
    await withAnswer(status, body, async (transport) => {
      const failure = await failureOf(query(transport), 'limit-exceeded');
      assert.ok(isTooLarge(new FailureError(failure)));
      assert.match(failure.remedy ?? '', /limit/);
    });
  const others = [
    [400, refusal('bad_data', '1:5: parse error: unexpected end of input'), 'invalid-input'],
    [503, refusal('timeout', 'query timed out in expression evaluation'), 'timeout'],
    [422, refusal('execution', 'found duplicate series for the match group'), 'invalid-input'],
    [403, refusal('forbidden', 'no tenant'), 'unauthorized'],
  ] as const;
  for (const [status, body, code] of others)
    await withAnswer(status, body, async (transport) => {
      assert.ok(!isTooLarge(new FailureError(await failureOf(query(transport), code))));
    });
});

test('a server that finds every question too large is a clear failure, after few questions', async () => {
  let asked = 0;
  const server = await scripted(() => {
    asked++;
    return [422, refusal('execution', 'exceeded series limit')];
  });
  const transport = new HttpPrometheusTransport({ url: server.url });
  const question = { metrics: ['a', 'b'], from: START, to: START + 8 * 60_000 };
  const failure = await failureOf(readRawSeries(transport, question), 'limit-exceeded');
  assert.match(failure.reason, /exceeded series limit \(a alone over 60 s is too much already\)/);
  assert.equal(asked, 5);
  await transport.close();
  await server.stop();
});

test('a question in pieces has every sample once, whatever the borders and the server’s idea of them', async () => {
  const source = new CountingSource({ series: 5, step: 15_000, now: () => START + 100 * 3_600_000 });
  const metrics = ['a_total', 'b'];
  for (const closed of [true, false]) {
    let asked = 0;
    const server = await scripted((form) => {
      asked++;
      const [, names = '', seconds = ''] = /__name__=~"(.*)"\}\[(\d+)s\]/.exec(form.get('query') ?? '') ?? [];
      const to = Math.round(Number(form.get('time')) * 1000);
      const from = to - Number(seconds) * 1000;
      if (to - from > 700_000 || names.includes('|')) return [422, refusal('execution', 'too many samples')];
      const all = source.truth(names.split('|'), { from: closed ? from - 1 : from, to });
      const result = all.map(({ labels, timestamps, values }) => ({
        metric: labels,
        values: Array.from(timestamps, (at, i) => [at / 1000, String(values[i]).replace('Infinity', 'Inf')]),
      }));
      return [200, JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })];
    });
    const transport = new HttpPrometheusTransport({ url: server.url });
    for (const [from, to] of [
      [START, START + 13 * 3_600_000],
      [START + 7_001, START + 2 * 3_600_000 + 333],
    ] as const) {
      const series = await readRawSeries(transport, { metrics, from, to });
      assert.deepEqual(comparable(series), comparable(source.truth(metrics, { from, to })));
    }
    assert.ok(asked > 100);
    await transport.close();
    await server.stop();
  }
});

test('warnings are passed on', async () => {
  const body = JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: [] },
    warnings: ['store 10.0.0.7 did not answer'],
    infos: ['PromQL info: metric might not be a counter'],
  });
  const said: string[] = [];
  await withAnswer(200, body, (transport) =>
    transport.get('/api/v1/query', { query: 'up' }, undefined, (text) => void said.push(text)),
  );
  assert.deepEqual(said, ['store 10.0.0.7 did not answer', 'PromQL info: metric might not be a counter']);
});

test('an answer that ends early, is no JSON, or points elsewhere', async () => {
  await withAnswer(200, '{"status":"succ', async (transport) => {
    assert.match((await failureOf(query(transport), 'wrong-server')).reason, /not Prometheus's/);
  });
  await withAnswer(
    302,
    '',
    async (transport) => {
      const failure = await failureOf(query(transport), 'wrong-server');
      assert.match(failure.reason, /points to https:\/\/login\.example\/sso$/);
    },
    { location: 'https://login.example/sso?token=abc' },
  );
  const cut = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"status":"success"');
    setTimeout(() => response.destroy(), 20);
  }).listen(0, '127.0.0.1');
  await once(cut, 'listening');
  const transport = new HttpPrometheusTransport({
    url: `http://127.0.0.1:${(cut.address() as AddressInfo).port}`,
  });
  await assert.rejects(query(transport), FailureError);
  await transport.close();
  cut.close();
});

test('a compressed answer, and one that claims to be', async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const body = '{"status":"success","data":42}';
    response.end(request.url?.includes('lie') ? body : gzipSync(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [honest, liar] = [url, `${url}/lie`].map((one) => new HttpPrometheusTransport({ url: one }));
  assert.equal(await query(honest!), 42);
  await assert.rejects(query(liar!), FailureError);
  await Promise.all([honest!.close(), liar!.close()]);
  server.closeAllConnections();
  server.close();
});

async function scripted(answer: (form: URLSearchParams) => readonly [number, string]): Promise<TestServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [status, body] = answer(new URLSearchParams(Buffer.concat(chunks).toString()));
      response.writeHead(status).end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
