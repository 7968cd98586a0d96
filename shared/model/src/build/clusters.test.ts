import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { edgesOf, idsOf, SmallWorld } from '../testdata/small-world.ts';

const WEB = '/k8s/shop/web-7d4b9c6f5d-x2x9k/app';
const DB = '/k8s/shop/db-0/postgres';

/** The same names, addresses and machine ids in two clusters. */
function twins(): SmallWorld {
  const east = new SmallWorld(300, { cluster: 'east' });
  const west = new SmallWorld(300, { cluster: 'west' }, east.writer);
  for (const one of [east, west])
    one.node('one', '192.168.0.1').container(WEB).container(DB).listen(DB, '10.0.0.9:5432');
  return east;
}

test('equal names in two clusters are two applications, equal machine ids two nodes', () => {
  const world = twins().build();
  assert.deepEqual(idsOf(world), [
    'east:shop:Deployment:web',
    'east:shop:StatefulSet:db',
    'west:shop:Deployment:web',
    'west:shop:StatefulSet:db',
  ]);
  assert.deepEqual(
    world.nodes.map(({ id, cluster }) => [id, cluster]),
    [
      ['east/one', 'east'],
      ['west/one', 'west'],
    ],
  );
  assert.ok(world.applications.every(({ instances }) => instances.length === 1));
});

test('private addresses stay within their cluster', () => {
  const small = twins();
  small.request(WEB, '10.0.0.9:5432');
  const world = small.build();
  assert.deepEqual(
    world.dependencies.map(({ client, server, crossesClusters }) => [client, server, crossesClusters]),
    [['east:shop:Deployment:web', 'east:shop:StatefulSet:db', false]],
  );
});

test('a public address leads into another cluster', () => {
  const east = twins();
  const west = new SmallWorld(300, { cluster: 'west' }, east.writer);
  west.listen('/k8s/edge/gate-0/nginx', '34.1.2.3:443');
  east.request(WEB, '34.1.2.3:443');
  const [edge] = east.build().dependencies;
  assert.equal(edge!.server, 'west:edge:StatefulSet:gate');
  assert.equal(edge!.crossesClusters, true);
});

test('names outside are shared by clusters, private addresses without an owner are not', () => {
  const east = twins();
  const west = new SmallWorld(300, { cluster: 'west' }, east.writer);
  for (const one of [east, west]) {
    one.gauge(N.ipToFqdn, { machine_id: 'one', ip: '93.184.216.34', fqdn: 'example.org' });
    one.request(WEB, '93.184.216.34:443', '').request(WEB, '10.7.7.7:8080', '');
  }
  const outside = idsOf(east.build()).filter((id) => id.includes('ExternalService'));
  assert.deepEqual(outside, [
    '_:ExternalService:example.org:443',
    'east:_:ExternalService:10.7.7.7:8080',
    'west:_:ExternalService:10.7.7.7:8080',
  ]);
});

test('probes of equal addresses belong to their clusters', () => {
  const east = twins();
  const west = new SmallWorld(300, { cluster: 'west' }, east.writer);
  east.gauge(P.up, { address: '10.0.0.9:5432' }, {}, 1);
  west.gauge(P.up, { address: '10.0.0.9:5432' }, {}, 0);
  const ups = east
    .build()
    .applications.filter(({ name }) => name === 'db')
    .map(({ postgres }) => postgres[0]?.up.at(-1));
  assert.deepEqual(ups, [1, 0]);
});

test('samples that name no cluster belong to the only one there is', () => {
  const east = new SmallWorld(300, { cluster: 'east' });
  new SmallWorld(300, {}, east.writer).node('one').container(WEB).listen(DB, '10.0.0.9:5432');
  east.request(WEB, '10.0.0.9:5432');
  const world = east.build();
  assert.deepEqual(edgesOf(world), ['web→db']);
  assert.ok(world.applications.every(({ cluster }) => cluster === 'east'));
});

test('what an exporter calls a cluster is no cluster of machines', () => {
  const small = new SmallWorld().node('one').container(WEB);
  small.gauge({ name: 'pg_backup_target_info' }, { cluster: 'hippo', namespace: 'shop', name: 'hippo' });
  assert.deepEqual(idsOf(small.build()), ['shop:Deployment:web']);
});
