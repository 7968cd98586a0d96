import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applicationId, createShopEngine } from '../../../harness/testdata/shop.ts';
import { milliseconds } from '@gumshoe/base/time';
import type { ServiceMap } from '../../../contract/engine.ts';
import { filterChoices, filterMap, mapFilterOf } from './map-filter.ts';

const shop = await createShopEngine().serviceMap({ from: milliseconds(0), to: milliseconds(900_000) });
const two: ServiceMap = {
  ...shop,
  nodes: shop.nodes.map((node) => ({
    ...node,
    cluster: node.name === 'postgres' ? 'west' : 'east',
    category: 'application',
  })),
};

test('only what differs can be chosen', () => {
  assert.deepStrictEqual(filterChoices(two, 'cluster'), ['east', 'west']);
  assert.deepStrictEqual(filterChoices(two, 'category'), []);
  assert.deepStrictEqual(filterChoices(shop, 'cluster'), []);
});

test('a line needs both its ends on the map', () => {
  const east = filterMap(two, mapFilterOf({ cluster: 'east' }));
  const postgres = applicationId('postgres');
  assert.equal(east.nodes.length, two.nodes.length - 1);
  assert.ok(two.edges.some((edge) => edge.server === postgres));
  assert.ok(!east.edges.some((edge) => edge.server === postgres || edge.client === postgres));
  assert.deepStrictEqual(filterMap(two, mapFilterOf({ cluster: 'west' })).edges, []);
});

test('without a filter the map is the map, and an unknown one leaves nothing', () => {
  assert.equal(filterMap(two, mapFilterOf({})), two);
  assert.equal(filterMap(two, mapFilterOf({ category: 'gone' })).nodes.length, 0);
});
