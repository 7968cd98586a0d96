import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { AWS_METRICS as A } from '@gumshoe/schema/metrics/aws';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import { edgesOf, idsOf, SMALL_FROM, SmallWorld } from '../testdata/small-world.ts';

test('owners make the application, whatever the pod is called', () => {
  const world = new SmallWorld()
    .node('one')
    .pod('shop', 'web-7d4b9c6f5d-x2x9k', { owner: ['ReplicaSet', 'web-7d4b9c6f5d'] })
    .gauge(K.replicaSetOwner, {
      namespace: 'shop',
      replicaset: 'web-7d4b9c6f5d',
      owner_kind: 'Deployment',
      owner_name: 'web',
    })
    .pod('shop', 'plain-5c6b8d7f9d-bbbbb', { owner: ['ReplicaSet', 'plain-5c6b8d7f9d'] })
    .pod('shop', 'db-0', { owner: ['StatefulSet', 'db'] })
    .pod('shop', 'agent-x2x9k', { owner: ['DaemonSet', 'agent'] })
    .pod('shop', 'once-abcde', { owner: ['Job', 'once'] })
    .pod('shop', 'report-29000000-abcde', { owner: ['Job', 'report-29000000'] })
    .gauge(K.jobOwner, {
      namespace: 'shop',
      job_name: 'report-29000000',
      owner_kind: 'CronJob',
      owner_name: 'report',
    })
    .pod('kube-system', 'kube-apiserver-one', { owner: ['Node', 'one'] })
    .pod('shop', 'spark-driver', { owner: ['SparkApplication', 'pi'] })
    .pod('shop', 'lonely')
    .build();
  assert.deepEqual(idsOf(world), [
    'kube-system:StaticPods:kube-apiserver',
    'shop:CronJob:report',
    'shop:DaemonSet:agent',
    'shop:Deployment:plain',
    'shop:Deployment:web',
    'shop:Job:once',
    'shop:Pod:lonely',
    'shop:SparkApplication:pi',
    'shop:StatefulSet:db',
  ]);
});

test('a pod that both a collector and Kubernetes tell of is one instance, with its facts', () => {
  const of = { namespace: 'shop', pod: 'web-7d4b9c6f5d-x2x9k', uid: 'uid' };
  const world = new SmallWorld()
    .node('one')
    .container('/k8s/shop/web-7d4b9c6f5d-x2x9k/app')
    .container('/k8s/shop/web-7d4b9c6f5d-x2x9k/sidecar')
    .pod('shop', 'web-7d4b9c6f5d-x2x9k', { owner: ['ReplicaSet', 'web-7d4b9c6f5d'] })
    .gauge(K.podPhase, { ...of, phase: 'Running' })
    .gauge(K.podReady, { ...of, condition: 'true' })
    .gauge(K.deploymentReplicas, { namespace: 'shop', deployment: 'web' }, {}, 3)
    .build();
  const [web] = world.applications;
  assert.equal(world.applications.length, 1);
  assert.equal(web!.instances.length, 1);
  const [instance] = web!.instances;
  assert.equal(instance!.containerIds.length, 2);
  assert.equal(instance!.pod?.phase, 'Running');
  assert.equal(instance!.pod?.owner, 'ReplicaSet/web-7d4b9c6f5d');
  assert.equal(instance!.pod?.ready?.at(-1), 1);
  assert.equal(web!.replicas?.desired.at(-1), 3);
});

test('a pod that never started is down and says why', () => {
  const of = { namespace: 'shop', pod: 'web-7d4b9c6f5d-x2x9k', uid: 'uid', container: 'app' };
  const world = new SmallWorld()
    .node('one')
    .pod('shop', of.pod, { owner: ['ReplicaSet', 'web-7d4b9c6f5d'] })
    .gauge(K.podPhase, { ...of, phase: 'Pending' })
    .gauge(K.containerWaitingReason, { ...of, reason: 'ImagePullBackOff' })
    .build();
  const instance = world.applications[0]!.instances[0]!;
  assert.equal(instance.state, 'down');
  assert.equal(instance.pod?.waitingReason, 'ImagePullBackOff');
});

test('operators and charts make one database of several workloads, with roles', () => {
  const cases: readonly (readonly [labels: Record<string, string>, id: string, role: string | undefined])[] =
    [
      [
        { label_cluster_name: 'orders', label_spilo_role: 'master' },
        'shop:DatabaseCluster:orders',
        'primary',
      ],
      [
        { label_cnpg_io_cluster: 'main', label_cnpg_io_instance_role: 'replica' },
        'shop:DatabaseCluster:main',
        'replica',
      ],
      [
        {
          label_postgres_operator_crunchydata_com_cluster: 'hippo',
          label_postgres_operator_crunchydata_com_role: 'replica',
        },
        'shop:DatabaseCluster:hippo',
        'replica',
      ],
      [{ label_stackgres_io_cluster_name: 'sg', label_role: 'master' }, 'shop:DatabaseCluster:sg', 'primary'],
      [
        {
          label_app_kubernetes_io_name: 'percona-server-mongodb',
          label_app_kubernetes_io_instance: 'docs',
          label_app_kubernetes_io_component: 'mongod',
        },
        'shop:DatabaseCluster:docs',
        undefined,
      ],
      [
        {
          label_helm_sh_chart: 'redis-18.1.0',
          label_app_kubernetes_io_name: 'redis',
          label_app_kubernetes_io_instance: 'cache',
          label_app_kubernetes_io_component: 'replica',
        },
        'shop:DatabaseCluster:cache-redis',
        'replica',
      ],
    ];
  for (const [labels, id, role] of cases) {
    const world = new SmallWorld().pod('shop', 'some-0', { owner: ['StatefulSet', 'some'], labels }).build();
    assert.deepEqual(idsOf(world), [id]);
    assert.equal(world.applications[0]!.instances[0]!.role, role, id);
  }
});

test('a pooler beside a database is no part of it', () => {
  const labels = { label_cnpg_io_cluster: 'main', label_cnpg_io_pod_role: 'pooler' };
  const world = new SmallWorld()
    .pod('shop', 'main-pooler-7d4b9c6f5d-x2x9k', { owner: ['ReplicaSet', 'main-pooler-7d4b9c6f5d'], labels })
    .build();
  assert.deepEqual(idsOf(world), ['shop:Deployment:main-pooler']);
});

test('probes tell the role of a server where labels do not', () => {
  const world = new SmallWorld()
    .node('one')
    .container('/docker/redis')
    .listen('/docker/redis', '10.0.0.5:6379')
    .gauge(R.up, { address: '10.0.0.5:6379' })
    .gauge(R.info, { address: '10.0.0.5:6379', role: 'slave', redis_version: '7.0' })
    .build();
  assert.equal(world.applications[0]!.instances[0]!.role, 'replica');
});

test('rules of the configuration make applications and categories', () => {
  const small = new SmallWorld()
    .node('one')
    .container('/k8s/shop/front-7d4b9c6f5d-x2x9k/app')
    .container('/k8s/pay/front-api-0/app')
    .container('/k8s/shop/batch-0/app')
    .container('/k8s/kube-system/coredns-7d4b9c6f5d-x2x9k/coredns')
    .container('/k8s/monitoring/prometheus-0/prometheus');
  const model = {
    customApplications: [{ name: 'storefront', instances: ['front-*'] }],
    categories: [{ name: 'jobs', applications: ['shop/batch*'] }],
  };
  const categories = small.build({ model }).applications.map(({ id, category }) => `${id} ${category}`);
  assert.deepEqual(categories, [
    '_:CustomApplication:storefront application',
    'kube-system:Deployment:coredns control-plane',
    'monitoring:StatefulSet:prometheus monitoring',
    'shop:StatefulSet:batch jobs',
  ]);
});

test('annotations say the same', () => {
  const world = new SmallWorld()
    .pod('shop', 'a-0', {
      owner: ['StatefulSet', 'a'],
      annotations: {
        annotation_coroot_com_custom_application_name: 'both',
        annotation_coroot_com_application_category: 'monitoring',
      },
    })
    .build();
  assert.deepEqual(idsOf(world), ['_:CustomApplication:both']);
  assert.equal(world.applications[0]!.category, 'monitoring');
});

test('databases of a cloud answer by their address and by their name', () => {
  const world = new SmallWorld()
    .node('one')
    .container('/docker/web')
    .gauge(A.rdsInfo, {
      rds_instance_id: 'eu-west-1/orders-1',
      cluster_id: 'orders',
      ipv4: '10.1.0.4',
      port: '5432',
      engine: 'aurora-postgresql',
      endpoint: 'orders.cluster.eu-west-1.rds.amazonaws.com',
    })
    .gauge(A.rdsStatus, { rds_instance_id: 'eu-west-1/orders-1', status: 'available' })
    .request('/docker/web', '10.1.0.4:5432')
    .request('/docker/web', 'orders.cluster.eu-west-1.rds.amazonaws.com:5432', '')
    .build();
  assert.deepEqual(edgesOf(world), ['web→orders']);
  const rds = world.applications.find(({ kind }) => kind === 'RDS')!;
  assert.equal(rds.type, 'postgres');
  assert.equal(rds.instances[0]!.state, 'up');
});

test('names may hold any character', () => {
  const names = ['a b', 'ü-ñ', 'x:y', 'semi;colon', '100%', "o'brien", 'tab\there', 'quote"d', 'emoji😀'];
  const small = new SmallWorld().node('one');
  for (const name of names) small.container(`/docker/${name}`);
  const world = small.build();
  assert.deepEqual(new Set(world.applications.map(({ name }) => name)), new Set(names));
  assert.equal(world.byId.size, names.length);
});

test('a pod that Kubernetes has deleted is no outage, one that only fell silent is', () => {
  const end = { to: SMALL_FROM + 450_000 };
  const owner = ['ReplicaSet', 'web-7d4b9c6f5d'] as const;
  const [gone, dead] = ['web-7d4b9c6f5d-aaaaa', 'web-7d4b9c6f5d-bbbbb'];
  const world = new SmallWorld(900)
    .node('one')
    .container('/k8s/shop/web-7d4b9c6f5d-ccccc/app')
    .container(`/k8s/shop/${gone}/app`, 'one', end)
    .container(`/k8s/shop/${dead}/app`, 'one', end)
    .listen(`/k8s/shop/${gone}/app`, '10.0.0.1:80', 'one', '', end)
    .listen(`/k8s/shop/${dead}/app`, '10.0.0.2:80', 'one', '', end)
    .pod('shop', gone, { owner, lifetime: end })
    .pod('shop', dead, { owner })
    .build();
  const states = new Map(world.applications[0]!.instances.map(({ id, state }) => [String(id), state]));
  assert.equal(states.get(gone), 'replaced');
  assert.equal(states.get(dead), 'down');
});

test('a pod of which only Kubernetes tells is there, with what is said of its containers', () => {
  const id = '/k8s/shop/web-7d4b9c6f5d-x2x9k/app';
  const small = (phase: string) =>
    new SmallWorld()
      .pod('shop', 'web-7d4b9c6f5d-x2x9k', { owner: ['ReplicaSet', 'web-7d4b9c6f5d'] })
      .gauge(K.podPhase, { namespace: 'shop', pod: 'web-7d4b9c6f5d-x2x9k', uid: 'uid', phase })
      .counter(C.restarts, { container_id: id, machine_id: '' }, 0)
      .gauge(C.cpuLimit, { container_id: id, machine_id: '' });
  const instances = (phase: string) =>
    small(phase)
      .build()
      .applications.flatMap((one) => one.instances.map(({ state }) => `${one.name} ${state}`));
  assert.deepEqual(instances('Running'), ['web up']);
  assert.deepEqual(instances('Succeeded'), []);
});
