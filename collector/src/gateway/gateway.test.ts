import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { silentLogger } from '@gumshoe/base/logger';
import { FailureError } from '@gumshoe/base/failure';
import { startGateway, type GatewayOptions } from './gateway.ts';
import { readPrometheus } from './prometheus.ts';

const OPTIONS: GatewayOptions = {
  listen: '127.0.0.1:0',
  clickhouse: { url: 'http://127.0.0.1:9' },
  prometheusUrl: 'http://127.0.0.1:9',
  version: '0',
  status: () => ({}),
  logger: silentLogger,
};

test('plain text, or no token, is served on loopback only', async () => {
  await assert.rejects(startGateway({ ...OPTIONS, listen: '0.0.0.0:0' }), /plain text .* loopback only/);
  const tls = { certFile: '/nonexistent/cert', keyFile: '/nonexistent/key' };
  await assert.rejects(startGateway({ ...OPTIONS, ...tls, listen: '0.0.0.0:0' }), /gateway-token-file/);
  await assert.rejects(
    startGateway({ ...OPTIONS, ...tls, listen: '0.0.0.0:0', token: 'x' }),
    /cannot read \/nonexistent\/cert/,
  );
  await assert.rejects(startGateway({ ...OPTIONS, certFile: '/nonexistent/cert' }), /needs its key/);
  const gateway = await startGateway(OPTIONS);
  assert.match(gateway.address, /^127\.0\.0\.1:\d+$/);
  await gateway.stop();
});

test('a taken port is an error with its reason', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const listen = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  await assert.rejects(startGateway({ ...OPTIONS, listen }), /EADDRINUSE/);
  taken.close();
});

test('only reads of the Prometheus API are passed on', async () => {
  for (const path of [
    '/api/v1/write',
    '/api/v1/admin/tsdb/delete_series',
    '/api/v1/query/../write',
    '/api/v1/label/../../write/values',
    '/metrics',
    'http://elsewhere/api/v1/query',
  ])
    await assert.rejects(
      readPrometheus(OPTIONS.prometheusUrl, { path, params: {} }, AbortSignal.timeout(5000)),
      (error) => error instanceof FailureError && error.failure.code === 'not-supported',
      path,
    );
});
