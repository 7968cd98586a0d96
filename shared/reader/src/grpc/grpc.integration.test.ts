import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import type { GrpcConnection, Reader, Secrets } from '@gumshoe/engine/ports';
import { openConnection } from '../open.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const TOKEN = 'token of this test';
const LIMITS = { maxRows: 100, timeoutMs: 20_000 };

interface Ready {
  readonly clickhouse: string;
  readonly prometheus: string;
  readonly gateway: string;
}

const directory = mkdtempSync(join(tmpdir(), 'gumshoe-grpc-'));
const file = (name: string): string => join(directory, name);
const children: ChildProcess[] = [];

/** Starts a program of the collector and waits for its ready line. */
async function start(script: string, ...args: readonly string[]): Promise<Ready> {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ended with ${code} before it was ready`);
  });
  exited.catch(() => {});
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), exited])) as [string];
  return JSON.parse(line) as Ready;
}

function startCollector(store: Ready, ...more: readonly string[]): Promise<Ready> {
  const off = ['--only', 'otlp'];
  return start(
    'collector/src/main.ts',
    ...['--listen', '127.0.0.1:0', '--gateway-listen', '127.0.0.1:0', '--interval', '1s'],
    ...['--clickhouse-url', store.clickhouse, '--prometheus-url', store.prometheus],
    ...['--remote-write-url', `${store.prometheus}/api/v1/write`, '--log-level', 'error'],
    ...['--gateway-token-file', file('token'), ...off, ...more],
  );
}

const secrets: Secrets = {
  get: (reference) => Promise.resolve({ right: TOKEN, wrong: 'another' }[reference]),
};

const open = (spec: Omit<GrpcConnection, 'kind'>): Promise<Reader> =>
  openConnection({ kind: 'grpc', ...spec }, { secrets });

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  return error.failure;
}

let store: Ready;
let plain: Ready;

before(async () => {
  writeFileSync(file('token'), `${TOKEN}\n`, { mode: 0o600 });
  store = await start(
    'collector/src/embedded/main.ts',
    ...['--data', file('data'), '--clickhouse-listen', '127.0.0.1:0', '--prometheus-listen', '127.0.0.1:0'],
  );
  plain = await startCollector(store);
});

after(async () => {
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

test('status, PromQL and SQL through the gateway', async () => {
  const reader = await open({ address: plain.gateway, insecure: true, tokenRef: 'right' });
  try {
    const status = await reader.status();
    assert.equal(status.kind, 'grpc');
    assert.deepEqual(
      status.parts.map(({ name, state }) => [name, state]),
      [
        ['gateway', 'ok'],
        ['ClickHouse', 'ok'],
        ['Prometheus', 'ok'],
      ],
    );
    const table = await reader.sql(
      "SELECT number AS n, toString(number) AS text, toUInt64('18446744073709551615') AS wide FROM numbers(3)",
      LIMITS,
    );
    assert.deepEqual(
      table.columns.map(({ type }) => type),
      ['UInt64', 'String', 'UInt64'],
    );
    assert.deepEqual(table.rows[2], ['2', '2', '18446744073709551615']);
    assert.equal(table.truncated, false);
    assert.ok((await waitForExtent(reader)) > 0);
  } finally {
    await reader.close();
  }
});

/** The collector pushes within seconds. */
async function waitForExtent(reader: Reader): Promise<number> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const extent = await reader.extent();
    if (extent) return extent.to;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return assert.fail('no metrics after 30 s');
}

test('a result of many batches is whole, and one above the limit says so', async () => {
  const reader = await open({ address: plain.gateway, insecure: true, tokenRef: 'right' });
  try {
    const whole = await reader.sql("SELECT number, repeat('x', 100) FROM numbers(20000)", {
      ...LIMITS,
      maxRows: 50_000,
    });
    assert.equal(whole.rows.length, 20_000);
    assert.equal(whole.rows[19_999]?.[0], '19999');
    assert.equal(whole.truncated, false);
    const cut = await reader.sql('SELECT number FROM numbers(20000)', { ...LIMITS, maxRows: 10 });
    assert.equal(cut.rows.length, 10);
    assert.equal(cut.truncated, true);
  } finally {
    await reader.close();
  }
});

test('writes, mistakes and a cancelled query are failures with their reason', async () => {
  const reader = await open({ address: plain.gateway, insecure: true, tokenRef: 'right' });
  try {
    const insert = 'CREATE TABLE gumshoe.written (n UInt8) ENGINE = Memory';
    const refused = await failureOf(reader.sql(insert, LIMITS), 'not-supported');
    assert.match(refused.reason, /readonly/i);
    const table = await reader.sql("SELECT count() FROM system.tables WHERE name = 'written'", LIMITS);
    assert.equal(Number(table.rows[0]?.[0]), 0);
    await failureOf(reader.sql('SELECT nothing_like_this', LIMITS), 'invalid-input');
    await failureOf(reader.sql('SELECT 1', LIMITS, AbortSignal.abort()), 'cancelled');
    const slow = 'SELECT sleepEachRow(1) FROM numbers(3)';
    await failureOf(reader.sql(slow, LIMITS, AbortSignal.timeout(300)), 'cancelled');
  } finally {
    await reader.close();
  }
});

test('a wrong token, and none, are refused', async () => {
  const failure = await failureOf(
    open({ address: plain.gateway, insecure: true, tokenRef: 'wrong' }),
    'unauthorized',
  );
  assert.match(failure.reason, /not the right one/);
  await failureOf(open({ address: plain.gateway, insecure: true }), 'unauthorized');
  await failureOf(open({ address: plain.gateway, insecure: true, tokenRef: 'unknown' }), 'unauthorized');
});

test('TLS: the authority in the file is trusted, another is not', async () => {
  for (const name of ['gateway', 'other']) certificate(name);
  const { gateway } = await startCollector(
    store,
    ...['--gateway-cert-file', file('gateway.crt'), '--gateway-key-file', file('gateway.key')],
  );
  const reader = await open({ address: gateway, caFile: file('gateway.crt'), tokenRef: 'right' });
  assert.deepEqual((await reader.sql('SELECT 1 AS one', LIMITS)).rows, [[1]]);
  await reader.close();
  const untrusted = open({ address: gateway, caFile: file('other.crt'), tokenRef: 'right' });
  assert.match((await failureOf(untrusted, 'wrong-server')).reason, /certificate/);
  await failureOf(open({ address: gateway, caFile: file('none.crt'), tokenRef: 'right' }), 'not-found');
});

function certificate(name: string): void {
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)],
    ],
    { stdio: 'ignore' },
  );
}

test('nobody there is refused with what was tried; plain text stays on loopback', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, 'close');
  const failure = await failureOf(open({ address, insecure: true }), 'refused');
  assert.equal(failure.tried, 'connect to the gateway');
  assert.equal(failure.target, address);
  await failureOf(open({ address: 'gateway.example:4317', insecure: true }), 'invalid-input');
  await failureOf(open({ address: 'no port', insecure: true }), 'invalid-input');
});
