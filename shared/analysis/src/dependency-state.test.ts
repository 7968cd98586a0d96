import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import { dependencyState, type DependencyState } from './dependency-state.ts';
import { AREA_RANGE, PEER_ADDRESS, smallWorld, towards } from './inspections/testdata/small-world.ts';
import * as faults from './testdata/faults.ts';
import { SHOP_RANGE, shopSeries } from './testdata/shop.ts';

function edge(client: string, server: string, fault?: faults.Fault): DependencyState {
  const world = buildWorld(shopSeries(fault ? { fault } : {}), SHOP_RANGE);
  const found = world.dependencies.find(
    (one) => world.byId.get(one.client)?.name === client && world.byId.get(one.server)?.name === server,
  );
  assert.ok(found, `${client} → ${server}`);
  return dependencyState(world, found);
}

test('a healthy edge carries its rate and latency', () => {
  const state = edge('frontend', 'api');
  assert.equal(state.health, 'ok');
  assert.ok(Math.abs(state.requestRate - 60) < 2);
  assert.ok(Math.abs(state.averageLatency - 0.017) < 0.002);
  assert.equal(state.errorRatio, 0);
  assert.ok(state.bytesPerSecond > 10_000);
  assert.deepEqual(state.reasons, []);
});

test('refused connections, failures and hanging requests colour an edge and say why', () => {
  const refused = edge('orders', 'postgres', faults.refusedPostgres);
  assert.equal(refused.health, 'critical');
  assert.match(refused.reasons.join(), /connection attempts fail/);
  assert.ok(refused.evidence.some((one) => one.query.includes('failed_connects')));
  assert.match(
    edge('frontend', 'api', faults.refusedPostgres).reasons.join(),
    /(49\.9|50) % of requests fail/,
  );
  const hanging = edge('orders', 'postgres', faults.dbLock);
  assert.equal(hanging.health, 'critical');
  assert.match(hanging.reasons.join(), /waited 90 s for its answer/);
  assert.equal(edge('api', 'redis', faults.redisSlow).health, 'warning');
});

test('trouble on one edge does not colour another', () => {
  assert.equal(edge('api', 'redis', faults.refusedPostgres).health, 'ok');
});

/** `app` speaks to `peer`: ten requests a second of a protocol, counted every so many ms. */
function calls(protocol: string, interval: number, mean: number, waiting = 0): DependencyState {
  const slow = new SeriesWriter(AREA_RANGE, interval);
  const to = towards(PEER_ADDRESS);
  slow.counter(`container_${protocol}_requests_total`, { ...to, status: '200' }, () => 10);
  slow.histogram(
    `container_${protocol}_requests_duration_seconds_total`,
    to,
    () => 10,
    () => mean,
  );
  slow.gauge(`container_${protocol}_requests_in_flight_age_seconds`, to, () => waiting);
  const series = smallWorld((writer) => {
    writer.gauge('container_net_tcp_active_connections', to, () => 1);
    writer.counter('container_net_tcp_failed_connects_total', to, () => 0);
  });
  const world = buildWorld([...series, ...slow.series], AREA_RANGE);
  return dependencyState(world, world.dependencies[0]!);
}

test('what is counted less often than the rest has the rate of its own last samples', () => {
  for (const interval of [15_000, 60_000, 120_000])
    assert.ok(Math.abs(calls('http', interval, 0.01).requestRate - 10) < 0.1, `${interval}`);
});

test('requests that wait by design are not slow', () => {
  assert.match(calls('http', 15_000, 0.4, 3).reasons.join(), /waited 3 s.*p99 latency is/);
  const fetches = calls('kafka', 15_000, 0.4, 3);
  assert.deepEqual([fetches.health, fetches.reasons], ['ok', []]);
  assert.ok(fetches.p99 > 0.5);
});
