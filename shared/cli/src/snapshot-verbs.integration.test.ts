import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dbLock } from '@gumshoe/analysis/testdata/faults';
import { SHOP_RANGE as range, shopSeries, type ShopOptions } from '@gumshoe/analysis/testdata/shop';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'gumshoe-verbs-'));
const path = (name: string): string => join(directory, name);
after(() => rmSync(directory, { recursive: true, force: true }));

const gumshoe = (input: string, ...words: readonly string[]) => gumshoeIn(process.env, input, ...words);

async function gumshoeIn(env: NodeJS.ProcessEnv, input: string, ...words: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  child.stdin.end(input);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: child.exitCode, out, errors };
}

async function passes(...words: readonly string[]): Promise<string> {
  const { code, out, errors } = await gumshoe('', ...words);
  assert.equal(code, 0, `${words.join(' ')}: ${errors}`);
  return out;
}

/** The shop's series as OpenMetrics. */
function openMetrics(options: ShopOptions): string {
  const lines = shopSeries(options).flatMap(
    ({ labels: { __name__: name, ...labels }, timestamps, values }) => {
      const set = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      return [...timestamps].map((at, i) => `${name}{${set.join(',')}} ${values[i]} ${at / 1000}`);
    },
  );
  return `${lines.join('\n')}\n# EOF\n`;
}

test('from text on standard input to a cut, joined, exported and compared case, all with the same report', async () => {
  const broken = openMetrics({ fault: dbLock, faultFrom: (range.to - range.from) / 2 });
  const imported = await gumshoe(broken, 'snapshot', 'import', '-', '-o', path('case'), '--json');
  assert.equal(imported.code, 0, imported.errors);
  assert.match(imported.errors, /standard input: Prometheus text, \d+ samples/);
  assert.equal((JSON.parse(imported.out) as { schema: string }).schema, 'gumshoe.import/1');

  const middle = String((range.from + range.to) / 2);
  await passes('snapshot', 'trim', path('case'), '-o', path('early'), '--to', middle);
  await passes('snapshot', 'trim', path('case'), '-o', path('late'), '--from', middle);
  assert.match(
    await passes('snapshot', 'merge', path('early'), path('late'), '-o', path('joined')),
    /0 conflicts/,
  );
  await passes('snapshot', 'export', path('exported'), '--snapshot', path('case'));
  const reports = [];
  for (const name of ['case', 'joined', 'exported'])
    reports.push((await gumshoe('', 'rca', path(name), '--json')).out);
  assert.match(reports[0] ?? '', /postgres-lock/);
  for (const report of reports) assert.equal(report, reports[0]);

  assert.match(await passes('snapshot', 'verify', path('joined')), /all as they were written/);

  writeFileSync(path('calm.om'), openMetrics({}));
  await passes('snapshot', 'import', path('calm.om'), '-o', path('calm'));
  const diff = await gumshoe('', 'snapshot', 'diff', path('calm'), path('case'));
  assert.equal(diff.code, 1, diff.errors);
  assert.match(diff.out, /BITS +KIND +WHAT\n[^]*orders/);
});

test('an estimate writes nothing; redaction is in the manifest', async () => {
  const before = readdirSync(directory).sort();
  const words = ['--snapshot', path('case')];
  assert.match(await passes('snapshot', 'export', '--estimate', ...words), /series +\d+ +[\d.]+ KiB/);
  assert.deepEqual(readdirSync(directory).sort(), before);
  const key = path('key');
  writeFileSync(key, 'sixteen characters and more\n');
  const redacted = [
    '--app',
    'orders',
    '--depth',
    '1',
    '--drop-log-bodies',
    '--obfuscate',
    '--hash-names',
    '--hash-key-file',
    key,
  ];
  await passes('snapshot', 'export', path('redacted'), ...words, ...redacted);
  const info = await passes('snapshot', 'info', path('redacted'));
  for (const sentence of [/bodies, attributes/, /literals of SQL/, /keyed hashes/, /only what belongs to/])
    assert.match(info, sentence);
  assert.doesNotMatch(info, /orders/);
});

test('a configuration that is exported with a window is what its reader judges by', async () => {
  const config = path('gumshoe.yaml');
  writeFileSync(config, 'slo: { availability: { default: 50 } }\n');
  await passes('snapshot', 'export', path('configured'), '--snapshot', path('case'), '--config', config);
  const slo = await gumshoe('', 'slo', path('configured'));
  assert.match(slo.out, /frontend +50 % available/, slo.errors);
  const diff = await gumshoe('', 'snapshot', 'diff', path('case'), path('configured'));
  assert.match(diff.out, /configuration +gumshoe.yaml/, diff.errors);
  const info = await passes('snapshot', 'info', path('configured'));
  assert.match(info, /configuration +1: gumshoe.yaml/);
  assert.match(info, /deployments +\d+/);
});

test('a report is the same wherever, in whatever language and however often it is made', async () => {
  const reports = [];
  for (const [zone, language, more] of [
    ['UTC', 'C', []],
    ['Asia/Kolkata', 'tr_TR.UTF-8', ['--cache', path('cache')]],
  ] as const) {
    const env = { ...process.env, TZ: zone, LANG: language, LC_ALL: language };
    const run = await gumshoeIn(env, '', 'rca', path('case'), '--json', ...more);
    assert.equal(run.code, 1, run.errors);
    reports.push(run.out);
  }
  for (const report of reports) assert.equal(report, reports[0]);
});

test('bad usage and damaged files have exit codes of their own', async () => {
  writeFileSync(path('damaged'), 'SQLite format 3\0 but nothing else'.padEnd(200));
  for (const [code, message, ...words] of [
    [3, /not a Gumshoe snapshot/, 'snapshot', 'verify', path('damaged')],
    [
      2,
      /nothing is left/,
      'snapshot',
      'trim',
      path('case'),
      '-o',
      path('x'),
      '--from',
      '2020-01-01',
      '--to',
      '2020-01-02',
    ],
    [2, /known: .*frontend/, 'snapshot', 'export', path('x'), '--snapshot', path('case'), '--app', 'nobody'],
  ] as const) {
    const run = await gumshoe('', ...words);
    assert.equal(run.code, code, `${words.join(' ')}: ${run.errors}`);
    assert.match(run.errors, message);
  }
});

test('a name that several applications share is refused, with the ids to choose from', async () => {
  const of = (namespace: string): string =>
    [0, 15, 30, 45]
      .map(
        (second) =>
          `container_resources_memory_rss_bytes{container_id="/k8s/${namespace}/cart-7d9f8c6b5d-x2kvp/main"} 1e8 ${1_790_000_000 + second}`,
      )
      .join('\n');
  const written = await gumshoe(
    `${of('shop')}\n${of('stage')}\n`,
    'snapshot',
    'import',
    '-',
    '-o',
    path('two'),
  );
  assert.equal(written.code, 0, written.errors);
  for (const verb of [
    ['snapshot', 'trim', path('two'), '-o', path('one')],
    ['snapshot', 'export', path('one'), '--snapshot', path('two')],
    ['rca', path('two')],
  ]) {
    const { code, errors } = await gumshoe('', ...verb, '--app', 'cart');
    assert.equal(code, 2, errors);
    assert.match(errors, /(2 applications|several) have this name.*shop.*stage/, verb.join(' '));
  }
  const [id] = /\S*stage\S*cart/.exec(
    (await gumshoe('', 'snapshot', 'trim', path('two'), '-o', path('one'), '--app', 'cart')).errors,
  )!;
  assert.match(await passes('snapshot', 'trim', path('two'), '-o', path('one'), '--app', id), /1 series/);
});

test('a cut keeps where the services of its scope run, as their spans alone say it', async () => {
  const resourceSpans = ['cart', 'mail'].map((service) => ({
    resource: {
      attributes: Object.entries({
        'service.name': service,
        'k8s.namespace.name': 'shop',
        'k8s.pod.name': `${service}-7d9f8c6b5d-x2kvp`,
      }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    },
    scopeSpans: [
      {
        spans: [0, 15, 30].map((second) => ({
          traceId: `${second}${service}`.padEnd(32, '0'),
          spanId: `${second}`.padEnd(16, 'a'),
          name: 'GET /',
          kind: 2,
          startTimeUnixNano: `${1_790_000_000 + second}000000000`,
          endTimeUnixNano: `${1_790_000_000 + second}050000000`,
        })),
      },
    ],
  }));
  const written = await gumshoe(
    JSON.stringify({ resourceSpans }),
    ...['snapshot', 'import', '-', '-o', path('pods')],
  );
  assert.equal(written.code, 0, written.errors);
  await passes('snapshot', 'trim', path('pods'), '-o', path('pod.gumshoe'), '--app', 'cart');
  const told = await passes('query', 'promql', 'gumshoe_trace_service_info', path('pod.gumshoe'));
  assert.match(told, /k8s_pod_name="cart-/);
  assert.doesNotMatch(told, /mail/);
});

test('Ctrl-C ends an export while it waits for its source, and leaves nothing', async () => {
  const asked = Promise.withResolvers<void>();
  const source = createServer(() => asked.resolve()).listen(0, '127.0.0.1');
  await once(source, 'listening');
  const url = `http://127.0.0.1:${(source.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, [MAIN, 'export', path('never'), '--prometheus', url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
  });
  const ended = once(child, 'exit');
  await Promise.race([asked.promise, ended]);
  child.kill('SIGINT');
  const [errors, [code]] = await Promise.all([text(child.stderr), ended]);
  source.closeAllConnections();
  source.close();
  assert.equal(code, 130, errors);
  assert.match(errors, /cancelled/);
  assert.ok(!readdirSync(directory).some((name) => name.includes('never')));
});
