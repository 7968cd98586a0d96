import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { openSnapshot } from '../snapshot/reader.ts';
import { importFiles } from './import.ts';
import { importSnapshot } from './snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-foreign-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(content: string): string {
  const path = join(folder, `f${files++}`);
  writeFileSync(path, content);
  return path;
}

const T0 = 1_790_000_000;
const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
const logs = (resource: Readonly<Record<string, string>>, ...records: readonly object[]): string =>
  JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: attributes(resource) },
        scopeLogs: [{ logRecords: records.map((one) => ({ timeUnixNano: `${T0}000000000`, ...one })) }],
      },
    ],
  });

test('timestamps in seconds, ms, µs and ns are the same instants', async () => {
  const units = [`${T0}`, `${T0}000`, `${T0}000000`, `${T0}000000000`];
  const { series } = await importFiles([file(units.map((at, i) => `up{i="${i}"} 1 ${at}`).join('\n'))]);
  assert.deepEqual(
    series.map(({ timestamps }) => timestamps[0]),
    units.map(() => T0 * 1000),
  );
});

test('where files disagree about an instant, their order does not matter', async () => {
  const [one, two] = [file(`up 1 ${T0}\n`), file(`up 3 ${T0}\nup NaN ${T0}\n`)];
  const answers = await Promise.all(
    [
      [one, two],
      [two, one],
    ].map((paths) => importFiles(paths)),
  );
  for (const { series } of answers) assert.deepEqual([...series[0]!.values], [3]);
});

test('services go by their workload where nobody named them', async () => {
  for (const [resource, service] of [
    [{ 'k8s.deployment.name': 'cart', 'k8s.pod.name': 'other-0' }, 'cart'],
    [{ 'service.name': 'unknown_service:java', 'k8s.statefulset.name': 'cart' }, 'cart'],
    [{ 'k8s.pod.name': 'cart-7d4b9c6f5d-x2x9k', 'k8s.container.name': 'app' }, 'cart'],
    [{ 'k8s.container.name': 'cart' }, 'cart'],
    [{ 'service.name': 'unknown_service:java' }, 'unknown_service:java'],
    [{}, 'unknown_service'],
  ] as const) {
    const { logs: records } = await importFiles([file(logs(resource, { body: { stringValue: 'x' } }))]);
    assert.equal(records[0]?.serviceName, service);
  }
});

test('log records without a severity whose bodies are JSON tell it, their text and the rest', async () => {
  const body = { level: 'warning', msg: 'slow', user: 7 };
  const fields = { key: 'msg', value: { stringValue: 'failed' } };
  const level = { key: 'severity', value: { stringValue: 'Error' } };
  const { logs: records } = await importFiles([
    file(
      logs(
        { 'service.name': 'cart' },
        { body: { stringValue: JSON.stringify(body) } },
        { body: { kvlistValue: { values: [fields, level] } } },
        { severityNumber: 9, body: { stringValue: '{"level":"error","msg":"kept"}' } },
        { body: { stringValue: '{no json}' } },
      ),
    ),
  ]);
  const told = records.map((one) => [one.body, one.severity, one.attributes['user'] ?? '']).sort();
  assert.deepEqual(told, [
    ['failed', 'ERROR', ''],
    ['kept', 'INFO', ''],
    ['slow', 'WARN', '7'],
    ['{no json}', '', ''],
  ]);
});

test('a long file tells how far it is read, and is given up when asked', async () => {
  const line = `up{pad="${'x'.repeat(4000)}"} 1 ${T0}\n`;
  const path = file(line.repeat(21_000));
  const told: string[] = [];
  await importFiles([path], { progress: (_, __, what) => told.push(what) });
  assert.match(told.join('\n'), /, \d+ %/);
  const cancel = new AbortController();
  await assert.rejects(
    importFiles([path], {
      signal: cancel.signal,
      progress: (_, __, what) => what.endsWith('%') && cancel.abort(),
    }),
    (error) => error instanceof FailureError && error.failure.code === 'cancelled',
  );
});

test('a snapshot names what of it means nothing, and what was assumed', async () => {
  const lines = [
    `queue_depth{service="cart"} 3 ${T0}`,
    `latency{service="cart"} 0.2 ${T0}`,
    `latency{service="cart"} 0.2 ${T0 + 15}`,
  ];
  const path = join(folder, 'case.gumshoe');
  const { untranslated, redaction } = await importSnapshot([file(lines.join('\n'))], path);
  assert.deepEqual(untranslated, [{ name: 'queue_depth', series: 1 }]);
  assert.match(redaction.join('\n'), /how many requests cart served/);
  const snapshot = openSnapshot(path);
  assert.ok(snapshot.metricNames().includes('queue_depth'));
  await snapshot.close();
});
