import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { meanOf } from '../columns.ts';
import { traceSeries, type CountedSpan } from '../derived/trace-series.ts';
import { edgesOf, idsOf, SMALL_FROM, SmallWorld } from '../testdata/small-world.ts';
import { buildWorld } from './build-world.ts';

let ids = 0;
function span(part: Partial<CountedSpan>): CountedSpan {
  const spanId = String(++ids);
  return {
    traceId: spanId,
    spanId,
    parentSpanId: '',
    name: 'GET /',
    kind: 'Server',
    serviceName: 'web',
    start: SMALL_FROM,
    duration: 20,
    status: 'Unset',
    attributes: {},
    ...part,
  };
}

/** One request a second, each with a call to a peer that leaves no span. */
function calls(service: string, attributes: CountedSpan['attributes']): readonly CountedSpan[] {
  return Array.from({ length: 280 }, (_, i) => {
    const start = SMALL_FROM + i * 1000;
    const entry = span({ serviceName: service, start, status: i % 10 === 0 ? 'Error' : 'Ok' });
    const call = { parentSpanId: entry.spanId, traceId: entry.traceId, kind: 'Client', serviceName: service };
    return [entry, span({ ...call, start: start + 5, duration: 10, attributes })];
  }).flat();
}

test('an application known from spans alone has rate, errors, durations and edges to what leaves no span', () => {
  const small = new SmallWorld(300);
  const peers = [
    { 'db.system': 'postgresql', 'server.address': 'orders-db', 'db.namespace': 'orders' },
    { 'messaging.system': 'kafka', 'messaging.destination.name': 'payments' },
    { 'db.system.name': 'redis' },
  ];
  const series = traceSeries(peers.flatMap((peer) => calls('shop', peer)));
  const world = buildWorld(series, small.range);
  assert.deepEqual(edgesOf(world), ['shop→orders-db', 'shop→payments', 'shop→redis']);
  const shop = world.applications.find(({ name }) => name === 'shop')!;
  assert.equal(shop.kind, 'Service');
  const [inbound] = shop.inbound;
  assert.ok(Math.abs(meanOf(inbound!.rate, world.window) - 3) < 0.2);
  assert.ok(Math.abs(meanOf(inbound!.failed, world.window) - 0.3) < 0.05);
  const [edge] = world.dependencies;
  assert.equal(edge!.connection, 'unknown');
  assert.ok(Math.abs(meanOf(edge!.requests[0]!.durationSum, world.window) - 0.01) < 0.002);
  assert.equal(edge!.evidence[0]!.metric, T.requests.name);
});

test('a peer named by address is who listens there', () => {
  const small = new SmallWorld(300).node('one').container('/docker/pg').listen('/docker/pg', '10.0.0.9:5432');
  small.writer.series.push(
    ...traceSeries(calls('shop', { 'network.peer.address': '10.0.0.9', 'network.peer.port': '5432' })),
  );
  assert.deepEqual(edgesOf(small.build()), ['shop→pg']);
});

test('a peer named by host is the service outside that connections lead to', () => {
  const small = new SmallWorld(300).node('one').container('/docker/shop');
  small.request('/docker/shop', 'db.example.org:5432', '');
  small.writer.series.push(...traceSeries(calls('shop', { 'server.address': 'db.example.org' })));
  const world = small.build();
  assert.deepEqual(idsOf(world), ['_:Container:shop', '_:ExternalService:db.example.org:5432']);
  assert.deepEqual(edgesOf(world), ['shop→db.example.org:5432']);
});

const POD = 'web-7d4b9c6f5d-x2x9k';
const RUNTIME_ID = 'ab'.repeat(32);

for (const [how, info] of [
  ['the id of its container', { container_id: `/k8s/shop/${POD}/app` }],
  ['the id its runtime gave it', { container_id: RUNTIME_ID }],
  ['its pod', { k8s_namespace_name: 'shop', k8s_pod_name: POD }],
] as const)
  test(`seen by a collector and by spans it is one application, joined by ${how}`, () => {
    const small = new SmallWorld(300)
      .node('one')
      .container(`/k8s/shop/${POD}/app`)
      .pod('shop', POD, { owner: ['ReplicaSet', 'web-7d4b9c6f5d'] })
      .gauge(K.podContainerInfo, {
        namespace: 'shop',
        pod: POD,
        container: 'app',
        container_id: `containerd://${RUNTIME_ID}`,
      })
      .gauge(T.serviceInfo, { service_name: 'storefront-api', ...info });
    small.writer.series.push(
      ...traceSeries(calls('storefront-api', { 'server.address': 'pay.example.org' })),
    );
    const world = small.build();
    assert.deepEqual(idsOf(world), ['_:ExternalService:pay.example.org', 'shop:Deployment:web']);
    const web = world.applications[1]!;
    assert.ok(web.serviceNames.includes('storefront-api'));
    assert.equal(web.inbound[0]!.protocol, 'otel');
  });

test('by its name too, where just one application has it', () => {
  const small = new SmallWorld(300).node('one').container(`/k8s/shop/${POD}/app`);
  small.writer.series.push(...traceSeries(calls('web', {})));
  assert.deepEqual(idsOf(small.build()), ['shop:Deployment:web']);
});

test('services that only their callers tell of are one each, in whatever order the series come', () => {
  const range = new SmallWorld(300).range;
  const calls = (client: string, server: string) => ({
    labels: { __name__: T.requests.name, service_name: server, client_service_name: client, status: 'ok' },
    timestamps: Float64Array.from({ length: 10 }, (_, i) => SMALL_FROM + i * 30_000),
    values: Float64Array.from({ length: 10 }, (_, i) => i * 100),
  });
  const chain = [calls('b shop', 'c/orders'), calls('a', 'b shop'), calls('c/orders', 'd')];
  for (const series of [chain, chain.toReversed()]) {
    const world = buildWorld(series, range);
    assert.deepEqual(edgesOf(world), ['a→b shop', 'b shop→c/orders', 'c/orders→d']);
    assert.deepEqual(
      world.applications.map(({ kind }) => kind),
      ['ExternalService', 'Service', 'Service', 'Service'],
    );
  }
});
