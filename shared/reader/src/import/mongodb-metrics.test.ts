import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels, Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { translateForeign } from './foreign-metrics.ts';

const T0 = 1_790_000_000_000;
const POINTS = 60;
const range = { from: milliseconds(T0), to: milliseconds(T0 + (POINTS - 1) * 15_000) };
const gauge = (name: string, labels: Labels, value: (at: number) => number): Series => {
  const timestamps = Float64Array.from({ length: POINTS }, (_, i) => T0 + i * 15_000);
  return { labels: { ...labels, __name__: name }, timestamps, values: timestamps.map(value) };
};

/** Three members, each with an exporter beside it that tells of all; the last is a minute behind. */
const behind = [0, 0, 60_000];
const memberName = (i: number): string => `db-${i}.db-headless.shop.svc.cluster.local:27017`;
const exporter = (i: number): Labels => ({
  job: 'mongodb',
  instance: `10.0.0.${i + 1}:9216`,
  namespace: 'shop',
  pod: `db-${i}`,
  container: 'metrics',
});

const newer = (i: number): readonly Series[] => [
  gauge('mongodb_up', exporter(i), () => 1),
  gauge('mongodb_myState', { ...exporter(i), rs_nm: 'rs0', rs_state: '1' }, () => (i === 0 ? 1 : 2)),
  ...behind.map((ms, of) =>
    gauge(
      'mongodb_rs_members_optimeDate',
      {
        ...exporter(i),
        rs_nm: 'rs0',
        member_idx: memberName(of),
        member_state: of === 0 ? 'PRIMARY' : 'SECONDARY',
      },
      (at) => at - ms,
    ),
  ),
];

const compatible = (i: number): readonly Series[] => [
  gauge('mongodb_up', exporter(i), () => 1),
  gauge('mongodb_mongod_replset_my_state', { ...exporter(i), set: 'rs0' }, () => (i === 0 ? 1 : 2)),
  gauge('mongodb_mongod_replset_my_name', { ...exporter(i), set: 'rs0', name: memberName(i) }, () => 1),
  ...behind.map((ms, of) =>
    gauge(
      'mongodb_mongod_replset_member_optime_date',
      { ...exporter(i), set: 'rs0', name: memberName(of), state: of === 0 ? 'PRIMARY' : 'SECONDARY' },
      (at) => (at - ms) / 1000,
    ),
  ),
];

for (const [mode, write] of Object.entries({ newer, compatible }))
  test(`members of a replica set have their role and lag by the ${mode} names`, () => {
    const foreign = [0, 1, 2].flatMap(write);
    const world = buildWorld([...foreign, ...translateForeign(foreign, new Set()).series], range);
    const application = world.applications.find(({ id }) => id.endsWith(':db'))!;
    assert.deepEqual(
      application.mongodb.map(({ address, role, replicaSet, lag }) => [
        address,
        role,
        replicaSet,
        lag?.at(-1),
      ]),
      [
        ['db-0:27017', 'primary', 'rs0', undefined],
        ['db-1:27017', 'secondary', 'rs0', 0],
        ['db-2:27017', 'secondary', 'rs0', 60],
      ],
    );
  });
