import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FailureError, type FailureCode } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { gridOver, milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { DirectConnection, Reader, Secrets } from '@gumshoe/engine/ports';
import { openConnection } from '../open.ts';
import { comparable } from '../testdata/counting-source.ts';
import { nobody, type TestServer } from '../testdata/fake-servers.ts';
import { makeCertificates, proxyTo, type Certificates, type ProxyOptions } from '../testdata/proxy.ts';
import { startPrometheus, withoutPrometheus as skip } from '../testdata/real-prometheus.ts';
import { writeMetrics } from '../testdata/recorded-store.ts';

const NAMES = ['container_resources_cpu_usage_seconds_total', 'container_resources_memory_rss_bytes'];
const SECRETS: Readonly<Record<string, string>> = {
  token: 'token-of-this-test',
  password: 'pässword:of this test',
  key: 'header-of-this-test',
};
const secrets: Secrets = { get: (reference) => Promise.resolve(SECRETS[reference]) };
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-access-'));

let prometheus: TestServer;
let certificates: Certificates;
let range: TimeRange;
let truth: readonly Series[];
const started: { stop(): Promise<void> }[] = [];
const opened: Reader[] = [];

before(async () => {
  if (skip) return;
  certificates = makeCertificates(directory);
  prometheus = await startPrometheus();
  started.push(prometheus);
  range = await writeMetrics(prometheus.url, 'cpu-hog');
  truth = await (await open(prometheus.url)).series(NAMES, range);
  assert.ok(truth.length > 4);
});

after(async () => {
  await Promise.all(opened.map((reader) => reader.close()));
  await Promise.all(started.map((server) => server.stop()));
  rmSync(directory, { recursive: true, force: true });
});

async function open(prometheusUrl: string, more: Partial<DirectConnection> = {}): Promise<Reader> {
  const spec = { kind: 'direct', clickhouseUrl: await nobody(), prometheusUrl, ...more } as const;
  const reader = await openConnection(spec, { secrets });
  opened.push(reader);
  return reader;
}

async function proxy(options: ProxyOptions): Promise<string> {
  const server = await proxyTo(prometheus.url, options);
  started.push(server);
  return server.url;
}

async function failureOf(work: Promise<unknown>, code: FailureCode): Promise<FailureError['failure']> {
  const error = await work.then(
    () => assert.fail(`expected the failure ${code}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FailureError, String(error));
  assert.equal(error.failure.code, code, error.message);
  for (const secret of Object.values(SECRETS)) assert.ok(!JSON.stringify(error.failure).includes(secret));
  return error.failure;
}

const same = async (reader: Reader): Promise<void> =>
  assert.deepEqual(comparable(await reader.series(NAMES, range)), comparable(truth));

test('a token, under a prefix of the path, with headers of the tenant', { skip }, async () => {
  const url = await proxy({
    prefix: '/tenants/shop/prometheus',
    refuse: ({ headers }) =>
      headers.authorization === `Bearer ${SECRETS['token']}` &&
      headers['x-scope-orgid'] === 'shop' &&
      headers['x-key'] === SECRETS['key']
        ? undefined
        : [401, 'no'],
  });
  const prometheusHeaders = [
    { name: 'X-Scope-OrgID', value: 'shop' },
    { name: 'X-Key', valueRef: 'key' },
  ];
  await same(await open(url, { prometheusTokenRef: 'token', prometheusHeaders }));
  await same(await open(`${url}/`, { prometheusTokenRef: 'token', prometheusHeaders }));
  await failureOf((await open(url, { prometheusTokenRef: 'token' })).series(NAMES, range), 'unauthorized');
  const wrongPath = await open(url.replace('/shop', ''), { prometheusTokenRef: 'token', prometheusHeaders });
  assert.match((await failureOf(wrongPath.series(NAMES, range), 'wrong-server')).remedy ?? '', /path prefix/);
  const header = await open(url, { prometheusHeaders: [{ name: 'X Y', value: 'z' }] }).catch(
    (error: unknown) => error,
  );
  assert.equal((header as FailureError).failure.code, 'invalid-input');
});

test('basic authentication over TLS', { skip }, async () => {
  const wanted = `Basic ${Buffer.from(`reader:${SECRETS['password']}`).toString('base64')}`;
  const url = await proxy({
    tls: certificates,
    refuse: ({ headers }) => (headers.authorization === wanted ? undefined : [401, 'no']),
  });
  const basic = { prometheusUser: 'reader', prometheusPasswordRef: 'password' };
  await same(await open(url, { ...basic, prometheusTls: { caFile: certificates.ca } }));
  const nobodys = await open(url, { prometheusTls: { caFile: certificates.ca } });
  await failureOf(nobodys.series(NAMES, range), 'unauthorized');
  const untrusted = await failureOf((await open(url, basic)).series(NAMES, range), 'wrong-server');
  assert.match(`${untrusted.reason} ${untrusted.remedy}`, /certificate.*authority/s);
  const { parts } = await (await open(url, basic)).status();
  assert.equal(parts.find(({ name }) => name === 'Prometheus')?.failure?.code, 'wrong-server');
});

test('a client certificate', { skip }, async () => {
  const url = await proxy({ tls: certificates, clientCertificate: true });
  const { ca: caFile, clientCert: certFile, clientKey: keyFile } = certificates;
  await same(await open(url, { prometheusTls: { caFile, certFile, keyFile } }));
  const without = await open(url, { prometheusTls: { caFile } });
  assert.match((await failureOf(without.series(NAMES, range), 'unauthorized')).remedy ?? '', /certificate/);
  const { strangerCert, strangerKey } = certificates;
  const stranger = await open(url, {
    prometheusTls: { caFile, certFile: strangerCert, keyFile: strangerKey },
  });
  // Node's server ends the connection without the alert that others send
  await assert.rejects(
    stranger.series(NAMES, range),
    (error) => error instanceof FailureError && /unauthorized|refused/.test(error.failure.code),
  );
});

test('certificates that cannot be used are named', { skip }, async () => {
  const { clientCert: certFile, strangerKey: keyFile } = certificates;
  const mismatch = await failureOf(
    open('https://127.0.0.1:1', { prometheusTls: { certFile, keyFile } }),
    'invalid-input',
  );
  assert.match(mismatch.reason, /key values mismatch/);
  writeFileSync(join(directory, 'empty.pem'), 'nothing');
  const missing = { caFile: join(directory, 'missing.pem') };
  await failureOf(open('https://127.0.0.1:1', { prometheusTls: missing }), 'not-found');
});

test('too many samples for one question: asked in parts, every sample once', { skip }, async () => {
  const strict = await startPrometheus(['--query.max-samples=400']);
  started.push(strict);
  const window = await writeMetrics(strict.url, 'cpu-hog');
  const expected = await (await open(prometheus.url)).series(NAMES, range);
  const shift = window.from - range.from;
  const got = (await (await open(strict.url)).series(NAMES, window)).map((one) => ({
    ...one,
    timestamps: one.timestamps.map((at) => at - shift),
  }));
  assert.deepEqual(comparable(got), comparable(expected));
  const query = `sum by (container_id) (${NAMES[1]})`;
  const grid = gridOver(window, 5000);
  const [parts, whole] = await Promise.all([
    (await open(strict.url)).queryRange(query, grid),
    (await open(prometheus.url)).queryRange(query, { ...grid, from: milliseconds(grid.from - shift) }),
  ]);
  const text = ({ series }: typeof whole): string[] =>
    series.map(({ labels, values }) => JSON.stringify([labels, [...values].map(String)])).toSorted();
  assert.ok(text(whole).length > 0);
  assert.deepEqual(text(parts), text(whole));
});

test('over 11,000 points are asked for in parts', { skip }, async () => {
  const grid = { from: milliseconds(range.to - 24_999 * 100), step: 100, points: 25_000 };
  const { series } = await (await open(prometheus.url)).queryRange('vector(time())', grid);
  assert.equal(series.length, 1);
  const { values } = series[0]!;
  assert.equal(values.length, grid.points);
  assert.ok(values.every((value, i) => Math.abs(value - (grid.from + i * 100) / 1000) < 1e-3));
});

test('a busy server is asked again, and a proxy that lets only GET through too', { skip }, async () => {
  let asked = 0;
  const url = await proxy({
    refuse: ({ method }) => {
      if (method === 'POST') return [405, 'only GET'];
      return ++asked % 2 === 1 ? [asked % 4 === 1 ? 429 : 503, 'busy', { 'retry-after': '0' }] : undefined;
    },
  });
  await same(await open(url));
});

test('a server that stays busy is left alone', { skip }, async () => {
  for (const [headers, attempts] of [
    [{ 'retry-after': '3600' }, 1],
    [{ 'retry-after': '0' }, 4],
  ] as const) {
    let asked = 0;
    const url = await proxy({ refuse: () => (asked++, [429, 'too many requests', headers]) });
    const failure = await failureOf((await open(url)).series([NAMES[0]!], range), 'refused');
    assert.match(failure.reason, /busy: HTTP status 429/);
    assert.equal(asked, attempts);
  }
});

test('cancelling ends a wait', { skip }, async () => {
  const url = await proxy({ refuse: () => [503, 'starting', { 'retry-after': '9' }] });
  const cancel = AbortSignal.timeout(100);
  await failureOf((await open(url)).series(NAMES, range, cancel), 'cancelled');
});
