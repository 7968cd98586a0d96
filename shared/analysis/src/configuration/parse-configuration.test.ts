import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, MINUTE } from '@gumshoe/base/time';
import { SIGNALS } from '../alerts/signals.ts';
import { RISK_KINDS } from '../risks/find-risks.ts';
import { formatMistake, nearest, type Mistake } from './mistake.ts';
import { parseConfiguration, type Configuration } from './parse-configuration.ts';

const DOCUMENT = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');

function parsed(text: string): Configuration {
  const result = parseConfiguration(text);
  assert.ok(result.ok, result.ok ? '' : result.error.map(formatMistake).join('\n'));
  return result.value;
}

function mistakes(text: string): readonly Mistake[] {
  const result = parseConfiguration(text);
  return result.ok ? [] : result.error;
}

const places = (text: string): readonly string[] =>
  mistakes(text).map(({ line, column, path, suggestion }) =>
    `${line}:${column} ${path} ${suggestion ?? ''}`.trim(),
  );

test('the example of the documentation says what it shows, and every signal and risk is described', () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(DOCUMENT)![1]!;
  const { objectives, alerts, thresholds, model, prices, dismissedRisks } = parsed(example);
  assert.deepEqual(
    objectives.rules.map(({ application, share, threshold }) => [application, share, threshold]),
    [
      [undefined, 0.999, undefined],
      ['payment-*', 0.9999, undefined],
      ['internal-*', 0.99, undefined],
      ['nightly-report', 0, undefined],
      [undefined, 0.99, 0.1],
      ['api-gateway', 0.99, 0.05],
      ['batch-processor', 0.99, 5],
      ['shop:Deployment:search', 0.95, 0.3],
    ],
  );
  assert.equal(objectives.period, 30 * DAY);
  assert.deepEqual(alerts.map((rule) => [rule.text, rule.for / MINUTE, rule.severity]).slice(0, 4), [
    ['slo.availability < target', 5, 'critical'],
    ['error_rate > 1%', 5, 'warning'],
    ['latency.p99 > baseline * 2', 10, 'warning'],
    ['container.memory.usage > 90%', 5, 'warning'],
  ]);
  assert.deepEqual(
    thresholds.map(({ inspection, application, value }) => [inspection, application, value]),
    [
      ['cpu-container', undefined, 90],
      ['memory-leak', undefined, 5],
      ['memory-leak', 'batch-*', 20],
      ['network-rtt', 'edge-*', 0.15],
    ],
  );
  assert.deepEqual(model.customApplications, [{ name: 'checkout', instances: ['cart-*', 'checkout-*'] }]);
  assert.deepEqual(
    [model.categories!.length, model.externalGroupThreshold, model.externalGroups!.length],
    [2, 20, 1],
  );
  assert.deepEqual([prices!.cpuCoreHour, dismissedRisks[0]!.kind], [0.031, 'unreplicated-database']);
  assert.deepEqual(prices!.machines, [{ instanceType: 'm5.*', lifeCycle: 'spot', hour: 0.07 }]);
  for (const name of SIGNALS.keys()) assert.ok(DOCUMENT.includes(`\`${name}\``), name);
  for (const kind of RISK_KINDS) assert.ok(DOCUMENT.includes(`\`${kind}\``), kind);
});

test('all mistakes at once, each with its place and what was probably meant', () => {
  const text = `
slo:
  avalability: 99
  availability:
    default: 100
    overrides:
      - target: 12
      - service: web
        targt: 99
  latency:
    default: { p99: 100, p9x: 3s }
alerts:
  - name: x
    condition: "eror_rate > 1%"
    for: 5
    severity: critcal
  - name: x
    condition: error_rate > 5
  - condition: (error_rate > ) and request_rate > 1
    for: 2d
inspections:
  cpu-contaner: 90%
  cpu-container: 5ms
risks:
  dismiss: [{ service: a, risk: single-instance, reason: b }]
colour: red
`;
  assert.deepEqual(places(text), [
    '3:3 slo.avalability availability',
    '5:14 slo.availability.default',
    '7:9 slo.availability.overrides[0]',
    '8:9 slo.availability.overrides[1]',
    '9:9 slo.availability.overrides[1].targt target',
    '11:21 slo.latency.default.p99 100s',
    '11:26 slo.latency.default.p9x p90',
    '14:17 alerts[0].condition error_rate',
    '15:10 alerts[0].for 5s',
    '16:15 alerts[0].severity critical',
    '17:11 alerts[1].name',
    '18:16 alerts[1].condition 5%',
    '19:5 alerts[2]',
    '19:30 alerts[2].condition',
    '20:10 alerts[2].for 1d',
    '22:3 inspections.cpu-contaner cpu-container',
    '23:18 inspections.cpu-container',
    '25:33 risks.dismiss[0].risk single-instance-app',
    '26:1 colour',
  ]);
});

test('queries of objectives are PromQL of one application, and whole', () => {
  const override = (text: string) => `slo: { availability: { overrides: [{ target: 99, ${text} }] } }`;
  const [rule] = parsed(override("service: web, total: 'sum(rate(a[1m]))', failed: 'sum(rate(b[1m]))'"))
    .objectives.rules;
  assert.deepEqual(rule!.queries, { total: 'sum(rate(a[1m]))', bad: 'sum(rate(b[1m]))' });
  const why = (text: string) =>
    mistakes(override(text))
      .map(({ path, message }) => `${path} ${message}`)
      .join();
  assert.match(why("service: web, total: 'sum(rate(a[1m])', failed: b"), /\.total this is no PromQL/);
  assert.match(why('service: web, failed: b'), /overrides\[0\] total is missing/);
  assert.match(why("service: 'web-*', total: a, failed: b"), /a glob has no place here/);
});

test('a ConfigMap is read as its files, with places in the manifest', () => {
  const manifest = (target: string) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: gumshoe-config
data:
  config.yaml: |
    slo:
      availability:
        default: ${target}
---
apiVersion: v1
kind: ConfigMap
data:
  alerts.yaml: |
    alerts:
      - name: Errors
        condition: error_rate > ${target}
`;
  const { objectives, alerts } = parsed(manifest('99%'));
  assert.deepEqual([objectives.rules.length, alerts.length], [1, 1]);
  assert.deepEqual(
    mistakes(manifest('x')).map(({ line, column }) => [line, column]),
    [
      [9, 18],
      [17, 33],
    ],
  );
});

test('an empty file configures nothing; a broken, hostile or huge one is refused with a reason', () => {
  assert.deepEqual(parsed('').objectives.rules, []);
  assert.ok(mistakes('slo: [').some(({ message }) => message.startsWith('not valid YAML')));
  const bomb = `a: &a [x]\nslo: &b [${'*a,'.repeat(9)}*a]\nalerts: [${'*b,'.repeat(9)}*b]`;
  assert.ok(mistakes(bomb).length > 0);
  assert.ok(mistakes('slo: &x\n  availability: *x').length > 0);
  assert.match(mistakes('#'.repeat(1_000_001))[0]!.message, /too long/);
  assert.ok(mistakes(`alerts: [{name: a, condition: "${'('.repeat(150)}"}]`).length > 0);
});

test('whatever is written, the answer is a configuration or mistakes within the file', () => {
  const words = fc.constantFrom(
    'slo',
    'alerts',
    'inspections',
    'availability',
    'default',
    'overrides',
    'service',
    'p99',
    'name',
    'condition',
    'error_rate > 1%',
    '99',
    'off',
    '1s',
    '*',
    'target',
    'cpu-node',
    '\u0000',
    '&a',
    '*a',
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      words,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(words, tie('node'), { maxKeys: 3 }),
    ),
  })).node;
  fc.assert(
    fc.property(
      fc.oneof(
        tree.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (text) => {
        const lines = text.split(/\r?\n/).length;
        for (const { line, column } of mistakes(text))
          assert.ok(line >= 1 && line <= lines + 1 && column >= 1);
      },
    ),
    { numRuns: 200 },
  );
});

test('the nearest word is the one with the fewest slips, and none when all are far', () => {
  assert.equal(nearest('critcal', ['info', 'critical']), 'critical');
  assert.equal(nearest('form', ['from', 'fork']), 'from');
  assert.equal(nearest('zebra', ['info', 'critical']), undefined);
});
