// Recorded from real programs: nginx, two Node.js replicas, Python, PostgreSQL and Redis, observed by the
// collector through eBPF while the demo broke them. See ../testdata/incidents/README.md.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { inspectWorld, type InspectedWorld } from '../inspect.ts';
import { investigate } from './investigate.ts';

interface Recording {
  readonly from: number;
  readonly to: number;
  readonly base: number;
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    /** ms, each after the one before, the first after `base` */
    readonly t: readonly number[];
    readonly v: readonly number[];
  }[];
}

function recorded(name: string): InspectedWorld {
  const file = new URL(`../testdata/incidents/${name}.json.gz`, import.meta.url);
  const recording = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Recording;
  const series = recording.series.map(({ labels, t, v }): Series => {
    let at = recording.base;
    return { labels, timestamps: Float64Array.from(t, (step) => (at += step)), values: Float64Array.from(v) };
  });
  const range = { from: milliseconds(recording.from), to: milliseconds(recording.to) };
  return inspectWorld(buildWorld(series, range, { history: 60_000 }));
}

const unit = (name: string) => `_:SystemdUnit:${name}`;

const expected: readonly (readonly [name: string, kind: string, path: readonly string[]])[] = [
  ['db-lock', 'postgres-lock', ['frontend', 'api', 'orders', 'postgres']],
  ['db-lock-unprobed', 'postgres-lock', ['frontend', 'api', 'orders', 'postgres']],
  ['kill-api', 'instance-down', ['frontend', 'api']],
  ['cpu-hog', 'cpu-hog', ['frontend', 'api', 'orders']],
  ['redis-slow', 'redis-slow', ['frontend', 'api', 'redis']],
  ['network-loss', 'tcp-refused', ['frontend', 'api', 'orders']],
  ['memory-leak', 'memory-oom', ['frontend', 'api', 'orders']],
];

for (const [name, kind, path] of expected) {
  test(`${name}: the injected cause is ranked first`, () => {
    const report = investigate(recorded(name));
    const [top, second] = report.causes;
    assert.equal(top?.kind, kind, JSON.stringify(report.causes.map((one) => [one.kind, one.score])));
    assert.deepEqual(top.path, path.map(unit));
    assert.ok(top.score > 0.5 && top.score > 1.5 * (second?.score ?? 0), `${top.score} ${second?.score}`);
    assert.equal(report.impacted[0]?.application, unit('frontend'));
    assert.match(report.summary, /Most likely cause/);
  });
}

test('none: nothing is wrong, and every edge of the shop is there', () => {
  const inspected = recorded('none');
  const report = investigate(inspected);
  assert.deepEqual([report.impacted, report.causes], [[], []]);
  const name = (id: string) => id.slice('_:SystemdUnit:'.length);
  const edges = inspected.world.dependencies.map((one) => `${name(one.client)} → ${name(one.server)}`);
  assert.deepEqual(edges, [
    'api → orders',
    'api → redis',
    'frontend → api',
    'loadgen → frontend',
    'orders → postgres',
  ]);
});

test('kill-api: both replicas are down', () => {
  const api = recorded('kill-api').applications.find((one) => one.application.name === 'api')!;
  assert.equal(api.health, 'critical');
  assert.deepEqual(
    api.application.instances.map((one) => [one.id, one.state]),
    [
      ['api@1', 'down'],
      ['api@2', 'down'],
    ],
  );
});

test('redis-slow: the client that came with the trouble is named', () => {
  assert.match(investigate(recorded('redis-slow')).causes[0]!.title, /reporting/);
});
