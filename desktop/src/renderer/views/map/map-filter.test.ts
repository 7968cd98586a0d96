import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { ServiceMap, ServiceMapEdge, ServiceMapNode } from '../../../contract/engine.ts';
import { filterChoices, filterMap, mapFilterOf } from './map-filter.ts';

const node = (name: string): ServiceMapNode => ({
  id: `_:SystemdUnit:${name}` as ApplicationId,
  name,
  kind: 'SystemdUnit',
  category: 'application',
  health: 'ok',
  reasons: [],
  instances: { up: 1, known: 1 },
  requestRate: 1,
  errorRatio: 0,
  p99: 0.1,
});
const [front, back, store] = [node('front'), node('back'), node('store')];
const edge = (client: ServiceMapNode, server: ServiceMapNode): ServiceMapEdge => ({
  client: client.id,
  server: server.id,
  protocols: ['http'],
  health: 'ok',
  reasons: [],
  requestRate: 1,
  p99: 0.1,
  averageLatency: 0.1,
  errorRatio: 0,
  failedConnects: 0,
  bytesPerSecond: 1,
  evidence: [],
});
const one: ServiceMap = {
  range: { from: milliseconds(0), to: milliseconds(900_000) },
  nodes: [front, back, store],
  edges: [edge(front, back), edge(back, store)],
};
const two: ServiceMap = {
  ...one,
  nodes: one.nodes.map((entry) => ({ ...entry, cluster: entry === store ? 'west' : 'east' })),
};

test('only what differs can be chosen', () => {
  assert.deepStrictEqual(filterChoices(two, 'cluster'), ['east', 'west']);
  assert.deepStrictEqual(filterChoices(two, 'category'), []);
  assert.deepStrictEqual(filterChoices(one, 'cluster'), []);
});

test('a line needs both its ends on the map', () => {
  const east = filterMap(two, mapFilterOf({ cluster: 'east' }));
  assert.deepStrictEqual(
    east.nodes.map(({ name }) => name),
    ['front', 'back'],
  );
  assert.deepStrictEqual(east.edges, [one.edges[0]]);
  assert.deepStrictEqual(filterMap(two, mapFilterOf({ cluster: 'west' })).edges, []);
});

test('without a filter the map is the map, and an unknown one leaves nothing', () => {
  assert.equal(filterMap(two, mapFilterOf({})), two);
  assert.equal(filterMap(two, mapFilterOf({ category: 'gone' })).nodes.length, 0);
});
