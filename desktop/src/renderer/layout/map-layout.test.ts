import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import type { ApplicationId } from '@gumshoe/model/entities';
import ELK from 'elkjs/lib/main.js';
import type { ServiceMap } from '../../contract/engine.ts';
import {
  edgeKey,
  fromElkGraph,
  NODE,
  toElkGraph,
  topologyKey,
  type ElkResult,
  type MapDirection,
} from './map-layout.ts';
import { readableLayout } from '../canvas/map-fit.ts';

function mapOf(pairs: readonly (readonly [string, string])[], rate = 1): ServiceMap {
  const names = [...new Set(pairs.flat())];
  return {
    range: { from: milliseconds(0), to: milliseconds(1) },
    nodes: names.map((name) => ({
      id: name as ApplicationId,
      name,
      kind: 'Container',
      health: 'ok',
      reasons: [],
      instances: { up: 1, known: 1 },
      requestRate: rate,
      errorRatio: 0,
      p99: 0,
    })),
    edges: pairs.map(([client, server]) => ({
      client: client as ApplicationId,
      server: server as ApplicationId,
      protocols: ['http'],
      health: 'ok',
      reasons: [],
      requestRate: rate,
      p99: 0,
      averageLatency: 0,
      errorRatio: 0,
      failedConnects: 0,
      bytesPerSecond: 0,
      evidence: [],
    })),
  };
}

const SHOP = [
  ['loadgen', 'frontend'],
  ['frontend', 'api'],
  ['api', 'orders'],
  ['api', 'redis'],
  ['orders', 'postgres'],
] as const;

const layout = async (map: ServiceMap, direction: MapDirection = 'RIGHT') =>
  fromElkGraph((await new ELK().layout(toElkGraph(map, direction))) as unknown as ElkResult, direction);

test('callers lie left of what they call, and no two boxes overlap', async () => {
  const { nodes, edges } = await layout(mapOf(SHOP));
  for (const [client, server] of SHOP) {
    assert.ok(nodes.get(client)!.x + NODE.width < nodes.get(server)!.x, `${client} left of ${server}`);
    assert.ok(edges.get(edgeKey(client, server))!.points.length >= 2);
  }
  const boxes = [...nodes.values()];
  for (const a of boxes)
    for (const b of boxes)
      assert.ok(a === b || Math.abs(a.x - b.x) >= NODE.width || Math.abs(a.y - b.y) >= NODE.height);
});

test('where layers side by side would be too small to read, callers lie above what they call', async () => {
  const map = mapOf(SHOP);
  const layouts = [await layout(map), await layout(map, 'DOWN')];
  assert.equal(readableLayout(layouts, { width: 1760, height: 900 })?.direction, 'RIGHT');
  assert.equal(readableLayout(layouts, { width: 968, height: 632 })?.direction, 'DOWN');
  const { nodes } = layouts[1]!;
  for (const [client, server] of SHOP)
    assert.ok(nodes.get(client)!.y + NODE.height < nodes.get(server)!.y, `${client} above ${server}`);
});

test('the label of an edge lies between its ends', async () => {
  const { nodes, edges } = await layout(mapOf(SHOP));
  const { label } = edges.get(edgeKey('frontend', 'api'))!;
  assert.ok(label.x > nodes.get('frontend')!.x + NODE.width && label.x < nodes.get('api')!.x);
});

test('the order of nodes and edges and fresh numbers do not move the map', async () => {
  const map = mapOf(SHOP);
  const shuffled = mapOf([...SHOP].reverse(), 99);
  assert.equal(topologyKey(map), topologyKey(shuffled));
  const [a, b] = [await layout(map), await layout(shuffled)];
  for (const [id, point] of a.nodes) assert.deepStrictEqual(b.nodes.get(id), point);
});

test('cycles, calls to itself and edges to unknown applications are laid out or left out', async () => {
  const map = mapOf([
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'a'],
  ]);
  const stray = { ...map, edges: [...map.edges, { ...map.edges[0]!, server: 'gone' as ApplicationId }] };
  const { nodes, edges } = await layout(stray);
  assert.deepStrictEqual([...nodes.keys()].sort(), ['a', 'b']);
  assert.equal(edges.size, 3);
});
