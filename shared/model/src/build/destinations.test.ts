import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { edgesOf, idsOf, SMALL_FROM, SmallWorld } from '../testdata/small-world.ts';

const WEB = '/k8s/shop/web-7d4b9c6f5d-x2x9k/app';
const DB = '/k8s/shop/db-0/postgres';

test('a service leads to the pod behind it, translated or not', () => {
  const small = (actual: string) =>
    new SmallWorld()
      .node('one')
      .container(WEB)
      .listen(DB, '10.0.0.9:5432')
      .gauge(K.serviceInfo, { namespace: 'shop', service: 'pg', cluster_ip: '10.96.0.7' })
      .gauge(K.endpointAddress, {
        namespace: 'shop',
        endpoint: 'pg',
        ip: '10.0.0.9',
        port_number: '5432',
        ready: 'true',
      })
      .request(WEB, '10.96.0.7:5432', actual);
  assert.deepEqual(edgesOf(small('10.0.0.9:5432').build()), ['web→db']);
  assert.deepEqual(edgesOf(small('').build()), ['web→db']);
});

test('a service without one application behind it is itself', () => {
  const world = new SmallWorld()
    .node('one')
    .container(WEB)
    .gauge(K.serviceInfo, { namespace: 'shop', service: 'pg', cluster_ip: '10.96.0.7' })
    .gauge(N.ipToFqdn, { machine_id: 'one', ip: '10.96.0.7', fqdn: 'pg.shop.svc.cluster.local' })
    .request(WEB, '10.96.0.7:5432', '')
    .build();
  assert.ok(idsOf(world).includes('shop:ExternalService:pg.shop.svc:5432'));
});

test('a service that nobody is behind keeps its name, be it dialled by address alone', () => {
  const world = new SmallWorld()
    .node('one')
    .container(WEB)
    .gauge(K.serviceInfo, { namespace: 'shop', service: 'pg', cluster_ip: '10.96.0.7' })
    .request(WEB, '10.96.0.7:5432', '')
    .build();
  assert.deepEqual(edgesOf(world), ['web→pg.shop.svc:5432']);
});

test('the name of a service is enough where Kubernetes says nothing', () => {
  const world = new SmallWorld()
    .node('one')
    .container(WEB)
    .container(DB)
    .gauge(N.ipToFqdn, { machine_id: 'one', ip: '10.96.0.7', fqdn: 'db.shop.svc.cluster.local' })
    .request(WEB, '10.96.0.7:5432', '')
    .build();
  assert.deepEqual(edgesOf(world), ['web→db']);
});

test('a node port and a load balancer lead to their service', () => {
  const world = new SmallWorld()
    .node('one', '192.168.0.1')
    .container(WEB)
    .container(DB)
    .gauge(K.serviceInfo, { namespace: 'shop', service: 'db', cluster_ip: '10.96.0.7' })
    .gauge(K.servicePort, { namespace: 'shop', service: 'db', port_number: '5432', node_port: '30432' })
    .gauge(K.serviceIngress, { namespace: 'shop', service: 'db', ip: '34.1.2.3', hostname: 'db.example.org' })
    .request(WEB, '192.168.0.1:30432', '')
    .request(WEB, '34.1.2.3:5432', '')
    .request(WEB, 'db.example.org:5432', '')
    .build();
  assert.deepEqual(edgesOf(world), ['web→db']);
});

test('a published port leads to the container, and docker’s proxy to nobody', () => {
  const world = new SmallWorld()
    .node('one', '192.168.0.1')
    .container('/docker/client')
    .listen('/docker/cache', '172.17.0.2:6379')
    .listen('/docker/cache', '192.168.0.1:6379', 'one', 'dockerd')
    .listen('/system.slice/docker.service', '192.168.0.1:6379')
    .request('/docker/client', '192.168.0.1:6379')
    .request('/system.slice/docker.service', '172.17.0.2:6379')
    .build();
  assert.deepEqual(edgesOf(world), ['client→cache']);
});

test('loopback leads to a neighbour in the pod, not to the node', () => {
  const world = new SmallWorld()
    .node('one')
    .listen('/k8s/shop/app-0/sidecar', '127.0.0.1:15001')
    .listen('/system.slice/agent.service', '127.0.0.1:8125')
    .container('/k8s/shop/app-0/main')
    .container('/k8s/shop/other-0/main')
    .container('/system.slice/job.service')
    .request('/k8s/shop/other-0/main', '127.0.0.1:15001')
    .request('/system.slice/job.service', '127.0.0.1:8125')
    .build();
  assert.deepEqual(edgesOf(world), ['job→agent', 'other→127.0.0.1:15001@other']);
});

test('a pod on the network of its host shares its loopback', () => {
  const world = new SmallWorld()
    .node('one', '192.168.0.1')
    .pod('shop', 'agent-x2x9k', { owner: ['DaemonSet', 'agent'], ip: '192.168.0.1', hostNetwork: true })
    .listen('/k8s/shop/agent-x2x9k/app', '127.0.0.1:8125')
    .container('/system.slice/job.service')
    .request('/system.slice/job.service', '127.0.0.1:8125')
    .build();
  assert.deepEqual(edgesOf(world), ['job→agent']);
});

test('a socket on all addresses of a pod answers on the address of the pod', () => {
  const world = new SmallWorld()
    .node('one', '192.168.0.1')
    .pod('shop', 'db-0', { owner: ['StatefulSet', 'db'], ip: '10.0.0.9' })
    .listen(DB, '0.0.0.0:5432')
    .container(WEB)
    .request(WEB, '10.0.0.9:5432')
    .build();
  assert.deepEqual(edgesOf(world), ['web→db']);
  assert.equal(world.dependencies[0]!.links[0]!.serverInstance, 'db-0');
});

test('many short-lived addresses of one service are one application', () => {
  const small = new SmallWorld().node('one').container(WEB);
  for (let i = 0; i < 200; i++) {
    const ip = `52.216.${i % 9}.${i}`;
    small.gauge(N.ipToFqdn, { machine_id: 'one', ip, fqdn: `bucket-${i}.s3.eu-west-1.amazonaws.com` });
    small.request(WEB, `${ip}:443`, '', 'one', { from: SMALL_FROM + i * 1000 });
  }
  const world = small.build();
  assert.deepEqual(edgesOf(world), ['web→*.s3.amazonaws.com:443']);
  assert.equal(world.dependencies.length, 1);
});

test('success after the end of a pod is somebody else’s, failure is its own', () => {
  const end = { to: SMALL_FROM + 200_000 };
  const late = { from: SMALL_FROM + 400_000 };
  const small = () =>
    new SmallWorld(900)
      .node('one')
      .container(WEB)
      .container(DB, 'one', end)
      .listen(DB, '10.0.0.9:5432', 'one', '', end);
  assert.deepEqual(edgesOf(small().request(WEB, '10.0.0.9:5432', '', 'one', late).build()), [
    'web→10.0.0.9:5432',
  ]);
  const failing = { machine_id: 'one', container_id: WEB, destination: '10.0.0.9:5432' };
  const world = small().counter(C.tcpFailedConnects, failing, 2, late).build();
  assert.deepEqual(edgesOf(world), ['web→db']);
  assert.equal(world.dependencies[0]!.connection, 'failing');
});

test('a dependency names the series that say so', () => {
  const world = new SmallWorld()
    .node('one')
    .container(WEB)
    .listen(DB, '10.0.0.9:5432')
    .request(WEB, '10.0.0.9:5432')
    .build();
  const [edge] = world.dependencies;
  assert.equal(edge!.connection, 'established');
  assert.deepEqual(
    edge!.evidence.map(({ metric, series }) => [metric, series]),
    [
      ['container_http_requests_total', 1],
      ['container_net_tcp_successful_connects_total', 1],
    ],
  );
  assert.equal(edge!.evidence[0]!.examples[0]!.destination, '10.0.0.9:5432');
});

test('resets and reasons are columns of the connection', () => {
  const to = { machine_id: 'one', container_id: WEB, destination: '10.0.0.9:5432' };
  const world = new SmallWorld()
    .node('one')
    .listen(DB, '10.0.0.9:5432')
    .counter(C.tcpConnectErrors, { ...to, error_type: 'refused' }, 3)
    .counter(C.tcpResetsReceived, { ...to, actual_destination: '10.0.0.9:5432' }, 2)
    .counter(C.tcpZeroWindows, { ...to, actual_destination: '10.0.0.9:5432' }, 1)
    .build();
  const { tcp } = world.dependencies[0]!;
  assert.equal(Math.round(tcp.connectErrors!.get('refused')!.at(-1)!), 3);
  assert.equal(Math.round(tcp.resetsReceived!.at(-1)!), 2);
  assert.equal(Math.round(tcp.zeroWindows!.at(-1)!), 1);
});

test('what answers on loopback and on the bridge of one machine is not what answers on another', () => {
  const small = new SmallWorld().node('one').node('two');
  for (const node of ['one', 'two']) {
    const job = `/process/${node}/job`;
    small.container(job, node);
    for (const peer of ['127.0.0.1:9999', '[::1]:9998', '172.17.0.9:80'])
      small.request(job, peer, peer, node);
  }
  assert.deepEqual(edgesOf(small.build()), [
    'job→172.17.0.9:80@one',
    'job→172.17.0.9:80@two',
    'job→one:9998',
    'job→one:9999',
    'job→two:9998',
    'job→two:9999',
  ]);
});

test('what answers unseen on the loopback of a pod or a container is nobody else’s', () => {
  const small = new SmallWorld().node('one').container(WEB).container('/docker/api');
  for (const id of [WEB, '/docker/api']) small.request(id, '127.0.0.1:15001');
  assert.deepEqual(edgesOf(small.build()), ['api→127.0.0.1:15001@api', 'web→127.0.0.1:15001@web']);
});

test("Docker's proxy passes on what containers get, also those whose address nobody tells", () => {
  const docker = '/system.slice/docker.service';
  const small = new SmallWorld()
    .node('one')
    .container(docker)
    .request(docker, '172.18.0.3:80')
    .request(docker, '52.1.2.3:443');
  assert.deepEqual(edgesOf(small.build()), ['docker→52.1.2.3:443']);
});
