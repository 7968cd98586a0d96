import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { dependencyState, type DependencyState } from './dependency-state.ts';
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
