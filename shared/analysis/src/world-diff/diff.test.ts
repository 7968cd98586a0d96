import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, MINUTE } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { ApplicationId } from '@gumshoe/model/entities';
import { inspectWorld, type InspectedWorld } from '../inspect.ts';
import { dbLock, killApi } from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries, type ShopOptions } from '../testdata/shop.ts';
import { diffWorlds } from './diff.ts';
import { MOST_SURPRISE, type DifferenceKind } from './difference.ts';
import { shiftOf } from './shift.ts';

const inspected = (series: readonly Series[], range = SHOP_RANGE): InspectedWorld =>
  inspectWorld(buildWorld(series, range));
const shop = (options: ShopOptions = {}): InspectedWorld => inspected(shopSeries(options));
const kindsOf = (diff: ReturnType<typeof diffWorlds>): ReadonlySet<DifferenceKind> =>
  new Set(diff.differences.map(({ kind }) => kind));
const changed = (change: (series: Series) => Series | undefined): InspectedWorld =>
  inspected(shopSeries().flatMap((series) => change(series) ?? []));

test('a world is not different from itself, nor from another ordinary hour of the same system', () => {
  assert.deepEqual(diffWorlds(shop(), shop()).differences, []);
  assert.deepEqual(diffWorlds(shop(), shop({ seed: 5 })).differences, []);
});

test('a fault shows where it is, in latency and findings, and nothing is said twice', () => {
  const diff = diffWorlds(shop(), shop({ fault: dbLock, faultFrom: 0 }));
  const kinds = kindsOf(diff);
  for (const kind of ['latency', 'traffic', 'finding'] as const) assert.ok(kinds.has(kind), kind);
  const slow = diff.differences.filter(({ kind }) => kind === 'latency').map(({ message }) => message);
  assert.ok(
    slow.some((message) => message.startsWith('orders → postgres') || message.startsWith('postgres')),
    slow.join('\n'),
  );
  assert.equal(new Set(diff.differences.map(({ message }) => message)).size, diff.differences.length);
  for (const { surprise, message } of diff.differences) {
    assert.ok(surprise > 0 && surprise <= MOST_SURPRISE, message);
    assert.match(message, /\.$/);
    assert.doesNotMatch(message, /NaN|undefined|no data/);
  }
  const order = diff.differences.map(({ surprise }) => surprise);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => b - a),
  );
});

test('a service that is gone comes with its edges, a new one likewise', () => {
  const ofRedis = ({ labels }: Series): boolean =>
    Object.values(labels).some((value) => value.includes('redis') || value.includes('10.77.0.7'));
  const without = changed((series) => (ofRedis(series) ? undefined : series));
  const gone = diffWorlds(shop(), without).differences;
  assert.deepEqual(
    gone.slice(0, 2).map(({ kind }) => kind),
    ['application-gone', 'dependency-gone'],
  );
  assert.match(gone.map(({ message }) => message).join('\n'), /redis is gone\.[^]*api no longer calls redis/);
  assert.ok(kindsOf(diffWorlds(without, shop())).has('application-new'));
  assert.ok(kindsOf(diffWorlds(without, shop())).has('dependency-new'));
});

test('errors, instances and images', () => {
  const killed = diffWorlds(shop(), shop({ fault: killApi, faultFrom: 0 }));
  assert.ok(kindsOf(killed).has('instances') || kindsOf(killed).has('errors'), [...kindsOf(killed)].join());
  const image = (tag: string): InspectedWorld =>
    changed((series) =>
      series.labels['__name__'] === 'container_info'
        ? { ...series, labels: { ...series.labels, image: `shop:${tag}` } }
        : series,
    );
  const [first] = diffWorlds(image('1'), image('2')).differences;
  assert.equal(first?.kind, 'image');
  assert.match(first?.message ?? '', /image shop:1 became shop:2/);
});

test('log patterns that are new, silent or far more frequent, errors before others', () => {
  const logs = (pattern: string, level: string, every: number): Series => ({
    labels: {
      __name__: 'container_log_messages_total',
      container_id: '/gumshoe-demo.slice/orders.service',
      machine_id: 'machine-demo',
      level,
      pattern_hash: pattern,
      sample: `text of ${pattern}`,
    },
    timestamps: Float64Array.from({ length: 48 }, (_, i) => SHOP_RANGE.from + i * 5000),
    values: Float64Array.from({ length: 48 }, (_, i) => Math.floor(i / every)),
  });
  const world = (...more: readonly Series[]): InspectedWorld => inspected([...shopSeries(), ...more]);
  const diff = diffWorlds(
    world(logs('a', 'info', 1), logs('b', 'info', 12)),
    world(logs('c', 'error', 2), logs('b', 'info', 0.5)),
  );
  const ofLogs = diff.differences.filter(({ kind }) => kind.startsWith('log-'));
  assert.deepEqual(
    ofLogs.map(({ kind, what }) => [kind, what]),
    [
      ['log-pattern-new', 'c'],
      ['log-pattern-rate', 'b'],
      ['log-pattern-silent', 'a'],
    ],
  );
});

test('configuration by line, profiles by frame', () => {
  const api = '_:SystemdUnit:api' as ApplicationId;
  const id = [...shop().byId.keys()].find((one) => one.endsWith(':api')) ?? api;
  const profile = (hot: number) => ({
    frames: ['main', 'parse', 'render'],
    stacks: [Uint32Array.of(1, 0), Uint32Array.of(2, 0)],
    values: Float64Array.of(hot * 1e9, 1e9),
    unit: 'nanoseconds' as const,
  });
  const diff = diffWorlds(shop(), shop(), {
    before: { configuration: new Map([['a.yaml', 'x: 1\ny: 2']]), profiles: new Map([[id, profile(1)]]) },
    after: { configuration: new Map([['a.yaml', 'x: 1\ny: 3']]), profiles: new Map([[id, profile(9)]]) },
  });
  assert.deepEqual(
    diff.differences.map(({ kind, what, message }) => [kind, what, message]),
    [
      ['profile', 'parse', 'api: parse is on 90 % of CPU samples, before on 50 %.'],
      ['configuration', 'a.yaml', 'a.yaml changed: - y: 2; + y: 3.'],
    ],
  );
});

test('windows of other lengths and grids are compared by rate', () => {
  const range = { from: SHOP_RANGE.from, to: milliseconds(SHOP_RANGE.to + 8 * MINUTE) };
  const long = inspected(shopSeries({ range }), range);
  assert.deepEqual(diffWorlds(shop(), long).differences, []);
});

test('a shift is measured by the scatter of both windows', () => {
  const course = (values: readonly number[]) => ({
    column: Float64Array.from(values),
    window: { lo: 0, hi: values.length },
  });
  const calm = course([10, 10, 10.2, 9.9, 10.1, 10]);
  assert.equal(shiftOf(calm, course([10.4, 10.1, 10.3, 10, 10.2]), 0.1), undefined);
  const large = shiftOf(calm, course([40, 41, 39, 40, 40]), 0.1);
  const noisy = shiftOf(course([2, 18, 5, 25, 10, 1]), course([40, 5, 60, 35, 70, 2]), 0.1);
  assert.ok(large && noisy && large.surprise > 10 && noisy.surprise < 3, JSON.stringify([large, noisy]));
  assert.equal(shiftOf(calm, course([NaN, NaN, 40]), 0.1), undefined);
});
