import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { noise } from '../testdata/series-writer.ts';
import { edgesOf, idsOf } from '../testdata/small-world.ts';
import { syntheticSeries } from '../testdata/synthetic-series.ts';
import { meanOf } from '../columns.ts';
import type { World } from '../world.ts';
import { buildWorld } from './build-world.ts';

const FROM = 1_790_000_000_000;
const range: TimeRange = { from: milliseconds(FROM), to: milliseconds(FROM + 3_600_000) };
const mesh = (step: number) => syntheticSeries({ services: 5, instances: 2, range, step, seed: 2 });

function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  const random = noise(seed);
  return list
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

const requestRate = (world: World): number =>
  world.dependencies.reduce((sum, one) => sum + meanOf(one.requests[0]!.rate, world.window), 0);

const shape = (world: World) => ({
  ids: idsOf(world),
  edges: edgesOf(world),
  states: world.applications.flatMap(({ instances }) => instances.map(({ state }) => state)),
});

for (const seed of [1, 2, 3, 4])
  test(`series in any order make the same world (${seed})`, () => {
    const series = mesh(60_000);
    assert.deepEqual(buildWorld(shuffled(series, seed), range), buildWorld(series, range));
  });

for (const step of [10_000, 30_000, 60_000, 300_000])
  test(`samples every ${step / 1000} s make the same applications and edges`, () => {
    const usual = buildWorld(mesh(15_000), range);
    const other = buildWorld(mesh(step), range);
    assert.deepEqual(shape(other), shape(usual));
    // the mesh calls as often as it is called
    for (const { client, requests } of other.dependencies) {
      const served = meanOf(other.byId.get(client)!.inbound[0]!.rate, other.window);
      assert.ok(Math.abs(meanOf(requests[0]!.rate, other.window) / served - 1) < 1e-6);
      assert.ok(served > 10 && served < 60, `${served}/s`);
    }
  });

test('nodes scraped less often than containers, and containers less often than nodes', () => {
  for (const [fine, coarse] of [
    [15_000, 60_000],
    [10_000, 120_000],
  ] as const) {
    const of = (step: number, nodes: boolean) =>
      mesh(step).filter(({ labels }) => labels.__name__!.startsWith('node_') === nodes);
    for (const series of [
      [...of(fine, false), ...of(coarse, true)],
      [...of(coarse, false), ...of(fine, true)],
    ]) {
      const world = buildWorld(series, range);
      assert.deepEqual(shape(world), shape(buildWorld(mesh(15_000), range)));
      const top = Math.max(...world.applications[0]!.inbound[0]!.rate.filter((value) => value === value));
      assert.ok(top < 200, `a counter seen late is no burst: ${top}/s`);
    }
  }
});

test('clocks of nodes may differ by half a minute', () => {
  const skewed = mesh(15_000).map((one): Series => {
    const machine = Number(one.labels.machine_id!.slice('machine-'.length));
    const skew = ((machine % 3) - 1) * 25_000;
    return { ...one, timestamps: one.timestamps.map((at) => at + skew) };
  });
  const world = buildWorld(skewed, range);
  assert.deepEqual(edgesOf(world), edgesOf(buildWorld(mesh(15_000), range)));
  assert.ok(world.applications.every(({ instances }) => instances.every(({ state }) => state === 'up')));
});

test('series that two scrapers bring count once', () => {
  const series = mesh(15_000);
  const again = series.map((one): Series => ({
    ...one,
    labels: { ...one.labels, instance: 'b:9100', job: 'other', prometheus_replica: 'b' },
    timestamps: one.timestamps.map((at) => at + 5_000),
  }));
  const once = buildWorld(series, range);
  for (const twice of [
    [...series, ...series],
    [...series, ...again],
  ]) {
    const world = buildWorld(twice, range);
    assert.deepEqual(shape(world), shape(once));
    assert.ok(Math.abs(requestRate(world) / requestRate(once) - 1) < 0.05);
  }
});

test('counters may fall back to zero at any time', () => {
  const reset = mesh(15_000).map((one): Series => {
    const half = one.values[Math.floor(one.values.length / 2)]!;
    const total = /_(total|bucket|sum|count)$/.test(one.labels.__name__!);
    if (!total) return one;
    return {
      ...one,
      values: one.values.map((value, i) => (i > one.values.length / 2 ? value - half : value)),
    };
  });
  const world = buildWorld(reset, range);
  const usual = buildWorld(mesh(15_000), range);
  assert.deepEqual(edgesOf(world), edgesOf(usual));
  assert.ok(Math.abs(requestRate(world) / requestRate(usual) - 1) < 0.05);
});

test('without any metrics of nodes the rest is there', () => {
  const world = buildWorld(
    mesh(15_000)
      .filter(({ labels }) => !labels.__name__!.startsWith('node_'))
      .map((one) => {
        const { machine_id: _machine, system_uuid: _uuid, ...labels } = one.labels;
        return { ...one, labels };
      }),
    range,
  );
  assert.deepEqual(edgesOf(world), edgesOf(buildWorld(mesh(15_000), range)));
});

test('series of odd names, without labels or full of gaps harm nobody', () => {
  const odd: Series[] = [
    '',
    'container_info',
    'kube_pod_info',
    'node_info',
    'pg_up',
    'x{}"',
    'aws_rds_info',
  ].map((name) => ({
    labels: name === '' ? {} : { __name__: name },
    timestamps: Float64Array.of(FROM + 1000, FROM + 2000),
    values: Float64Array.of(NaN, Infinity),
  }));
  const labelled = mesh(60_000)
    .slice(0, 40)
    .map((one) => ({ ...one, labels: { ...one.labels, destination: '::::', listen_addr: '[', ip: '%' } }));
  assert.ok(buildWorld([...odd, ...labelled], range).applications.length > 0);
});
