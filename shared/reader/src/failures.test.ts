import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import type { Secrets } from '@gumshoe/engine/ports';
import { ClickHouseTransport } from './clickhouse/transport.ts';
import { openConnection } from './open.ts';
import { HttpPrometheusTransport } from './prometheus/transport.ts';
import { answering, nobody, silent } from './testdata/fake-servers.ts';

const SQL = { query: 'SELECT 1', maxRows: 1, timeoutMs: 5000 };

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

async function withTransports(
  url: string,
  work: (sql: ClickHouseTransport, prometheus: HttpPrometheusTransport) => Promise<void>,
): Promise<void> {
  const sql = new ClickHouseTransport({ url });
  try {
    await work(sql, new HttpPrometheusTransport({ url }));
  } finally {
    await sql.close();
  }
}

const query = (prometheus: HttpPrometheusTransport, signal?: AbortSignal): Promise<unknown> =>
  prometheus.get('/api/v1/query', { query: 'up' }, signal);

test('nothing listens: refused, and says on what', async () => {
  const url = await nobody();
  await withTransports(url, async (sql, prometheus) => {
    for (const work of [() => sql.query(SQL), () => query(prometheus)]) {
      const failure = await failureOf(work(), 'refused');
      assert.equal(failure.target, url);
      assert.match(failure.reason, /ECONNREFUSED/);
      assert.match(failure.remedy ?? '', /check the address/);
    }
    assert.equal((await sql.check()).failure?.code, 'refused');
    assert.equal((await prometheus.check()).state, 'failed');
  });
});

test('a name that does not resolve: unreachable', async () => {
  await withTransports('http://gumshoe-test.invalid:1', async (sql, prometheus) => {
    await failureOf(sql.query(SQL), 'unreachable');
    await failureOf(query(prometheus), 'unreachable');
  });
});

test('a page of another server: wrong server', async () => {
  const page = await answering(200, '<html><body>Welcome to nginx!</body></html>', {
    'content-type': 'text/html',
  });
  const missing = await answering(404, '404 page not found\n');
  try {
    for (const { url } of [page, missing])
      await withTransports(url, async (sql, prometheus) => {
        const failure = await failureOf(sql.query(SQL), 'wrong-server');
        assert.match(failure.reason, /not ClickHouse's/);
        assert.match((await failureOf(query(prometheus), 'wrong-server')).reason, /not Prometheus's/);
      });
  } finally {
    await Promise.all([page.stop(), missing.stop()]);
  }
});

test('credentials that are not accepted: unauthorized', async () => {
  const clickhouse = await answering(
    516,
    'Code: 516. DB::Exception: default: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED) (version 26.7)',
    { 'x-clickhouse-exception-code': '516' },
  );
  const prometheus = await answering(401, 'Unauthorized');
  try {
    await withTransports(clickhouse.url, async (sql) => {
      assert.match((await failureOf(sql.query(SQL), 'unauthorized')).remedy ?? '', /password/);
    });
    await withTransports(prometheus.url, async (_, transport) => {
      await failureOf(query(transport), 'unauthorized');
    });
  } finally {
    await Promise.all([clickhouse.stop(), prometheus.stop()]);
  }
});

test('the token goes as a header, not into the URL or a failure', async () => {
  const token = 'token-of-this-test';
  const server = await answering(401, 'no');
  try {
    const prometheus = new HttpPrometheusTransport({ url: server.url, token });
    const failure = await failureOf(query(prometheus), 'unauthorized');
    assert.ok(!JSON.stringify(failure).includes(token));
  } finally {
    await server.stop();
  }
});

test('a server that never answers is left when the caller gives up', async () => {
  const server = await silent();
  try {
    await withTransports(server.url, async (sql, prometheus) => {
      await failureOf(sql.query(SQL, AbortSignal.timeout(200)), 'cancelled');
      await failureOf(query(prometheus, AbortSignal.timeout(200)), 'cancelled');
      await failureOf(sql.query(SQL, AbortSignal.abort()), 'cancelled');
    });
  } finally {
    await server.stop();
  }
});

test('a secret that the key store does not have is named, not guessed', async () => {
  const secrets: Secrets = { get: () => Promise.resolve(undefined) };
  const spec = {
    kind: 'direct',
    clickhouseUrl: 'http://127.0.0.1:1',
    prometheusUrl: 'http://127.0.0.1:1',
    clickhousePasswordRef: 'gone',
  } as const;
  const failure = await failureOf(openConnection(spec, { secrets }), 'unauthorized');
  assert.match(failure.reason, /not in the key store/);
});
