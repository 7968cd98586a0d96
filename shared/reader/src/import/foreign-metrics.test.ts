import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Labels, Series } from '@gumshoe/base/series';
import { translateForeign } from './foreign-metrics.ts';

const T0 = 1_790_000_000_000;
const series = (name: string, labels: Labels, ...values: readonly number[]): Series => ({
  labels: { ...labels, __name__: name },
  timestamps: Float64Array.from(values, (_, i) => T0 + i * 15_000),
  values: Float64Array.from(values),
});
const translated = (...given: readonly Series[]) => translateForeign(given, new Set());
const named = (all: readonly Series[], name: string): readonly Series[] =>
  all.filter(({ labels }) => labels['__name__'] === name);
const last = ({ values }: Series): number => Number(values.at(-1)!.toPrecision(6));
/** Name, server, client and status of requests, and how many. */
const calls = (all: readonly Series[]): readonly string[] =>
  named(all, 'gumshoe_trace_requests_total')
    .map((one) => {
      const { service_name: server, client_service_name: client, status } = one.labels;
      return `${client} > ${server} ${status} ${last(one)}`;
    })
    .sort();

test('containers of a pod count, its sums only where there are none', () => {
  const pod = { namespace: 'shop', pod: 'cart-7d4b9c6f5d-x2x9k', node: 'n1' };
  const cpu = 'container_cpu_usage_seconds_total';
  const ids = (...given: readonly Series[]) =>
    named(translated(...given).series, 'container_resources_cpu_usage_seconds_total').map(
      ({ labels }) => labels['container_id'],
    );
  const own = series(cpu, { ...pod, container: 'server' }, 1, 2);
  const pause = series(cpu, { ...pod, container: 'POD' }, 1, 2);
  assert.deepEqual(ids(own, pause, series(cpu, pod, 2, 4)), ['/k8s/shop/cart-7d4b9c6f5d-x2x9k/server']);
  assert.deepEqual(ids(series(cpu, pod, 2, 4)), ['/k8s/shop/cart-7d4b9c6f5d-x2x9k/main']);
  assert.deepEqual(ids(series(cpu, { container: '/cart' }, 2, 4)), ['/docker/cart']);
});

test('machines go by one name, however their agents are scraped', () => {
  const { series: all } = translated(
    series('node_uname_info', { instance: '10.0.0.1:9100', nodename: 'n1' }, 1),
    series('node_cpu_seconds_total', { instance: '10.0.0.1:9100', mode: 'idle', cpu: '0' }, 1),
    series('container_cpu_usage_seconds_total', { instance: 'n1:10250', pod: 'a-0', container: 'a' }, 1),
  );
  assert.deepEqual(new Set(all.map(({ labels }) => labels['machine_id'])), new Set(['n1']));
});

test('where Kubernetes runs is told by its nodes', () => {
  const clouds = (...given: readonly Series[]) =>
    named(translated(...given).series, 'node_cloud_info').map(
      ({ labels: { __name__: _name, ...labels } }) => labels,
    );
  const node = (name: string, id: string) => series('kube_node_info', { node: name, provider_id: id }, 1);
  const labels = {
    node: 'n1',
    label_node_kubernetes_io_instance_type: 'm5.xlarge',
    label_topology_kubernetes_io_region: 'us-east-1',
    label_karpenter_sh_capacity_type: 'spot',
  };
  assert.deepEqual(clouds(node('n1', 'aws:///us-east-1a/i-0abc'), series('kube_node_labels', labels, 1)), [
    {
      machine_id: 'n1',
      provider: 'aws',
      instance_type: 'm5.xlarge',
      instance_life_cycle: 'spot',
      region: 'us-east-1',
      availability_zone: 'us-east-1a',
    },
  ]);
  assert.deepEqual(
    clouds(node('n2', 'gce://shop/us-central1-b/n2'), node('n3', 'kind://docker/n3')).map((one) => [
      one['machine_id'],
      one['provider'],
      one['availability_zone'],
    ]),
    [['n2', 'gcp', 'us-central1-b']],
  );
});

test('what Kubernetes says of a container is said of the one that is measured', () => {
  const pod = { namespace: 'shop', pod: 'cart-0' };
  const restarts = series('kube_pod_container_status_restarts_total', { ...pod, container: 'cart' }, 1);
  const info = series('kube_pod_info', { ...pod, node: 'n1' }, 1);
  const cpu = { ...pod, container: 'cart', instance: '10.0.0.1:10250' };
  const machines = (...given: readonly Series[]) =>
    translated(restarts, ...given)
      .series.filter(({ labels }) => labels['container_id'] === '/k8s/shop/cart-0/cart')
      .map(({ labels }) => labels['machine_id']);
  assert.deepEqual(machines(), ['']);
  assert.deepEqual(machines(info), ['n1']);
  assert.deepEqual(machines(info, series('container_cpu_usage_seconds_total', cpu, 1, 2)), [
    '10.0.0.1',
    '10.0.0.1',
  ]);
  const node = series('kube_node_info', { node: 'n1', internal_ip: '10.0.0.1' }, 1);
  assert.deepEqual(machines(node, series('container_cpu_usage_seconds_total', cpu, 1, 2)), ['n1', 'n1']);
});

test("Docker's statistics have CPU as nanoseconds and as percent: the nanoseconds count", () => {
  const { series: all } = translated(
    series('container_cpu_usage_total', { container_name: 'cart' }, 0, 3e9),
    series('container_cpu_utilization', { container_name: 'cart' }, 20, 20),
    series('container_memory_usage_limit', { container_name: 'cart' }, 500, 500),
  );
  const own = all.filter(({ labels }) => labels['container_id'] === '/docker/cart');
  assert.deepEqual(own.map((one) => [one.labels['__name__'], last(one)]).sort(), [
    ['container_resources_cpu_usage_seconds_total', 3],
    ['container_resources_memory_limit_bytes', 500],
  ]);
});

test('a rate under the name of a counter is counted up', () => {
  const values = [2, 1, 2, 1, 2, 1, 2, 1, 2];
  const { series: all } = translated(
    series('container_cpu_usage_seconds_total', { container: 'cart' }, ...values),
  );
  assert.equal(last(all[0]!), (4 * 2 + 4) * 15);
});

test('a mesh counts at the server, else at the client; who asks is kept', () => {
  const edge = { source_workload: 'web', destination_workload: 'cart', response_code: '503' };
  const both = ['source', 'destination'].map((reporter) =>
    series('istio_requests_total', { ...edge, reporter }, 0, 30),
  );
  for (const given of [both, both.slice(0, 1), both.slice(1)])
    assert.deepEqual(calls(translated(...given).series), ['web > cart failed 30']);
  // whoever has spans as well is counted by the mesh
  const traced = translateForeign([both[1]!], new Set(['cart']));
  assert.deepEqual([calls(traced.series), [...traced.covered]], [['web > cart failed 30'], ['cart']]);
  const unnamed = series(
    'istio_requests_total',
    {
      destination_workload: 'cart',
      source_workload: 'unknown',
      response_code: '200',
      reporter: 'destination',
    },
    0,
    30,
  );
  assert.deepEqual(calls(translated(unnamed, both[0]!).series), ['web > cart failed 30']);
});

test('what both ends of a call count tells how long it was on the way, and what never arrived', () => {
  const sum = (all: readonly Series[], name: string) => named(all, name).map((one) => last(one));
  const edge = { source_workload: 'web', destination_workload: 'cart' };
  const ends = [
    ['destination', 1000, 2],
    ['source', 5000, 9],
  ] as const;
  const mesh = translated(
    ...ends.flatMap(([reporter, ms, failed]) => [
      series('istio_requests_total', { ...edge, reporter, response_code: '200' }, 0, 100 - failed),
      series('istio_requests_total', { ...edge, reporter, response_code: '503' }, 0, failed),
      series('istio_request_duration_milliseconds_sum', { ...edge, reporter }, 0, ms),
    ]),
  ).series;
  assert.deepEqual(sum(mesh, 'gumshoe_trace_request_duration_seconds_sum'), [1]);
  assert.deepEqual(sum(mesh, 'gumshoe_trace_call_seconds_total'), [5]);
  assert.deepEqual(sum(mesh, 'gumshoe_trace_call_failures_total'), [9]);
  const graph = translated(
    series('traces_service_graph_request_total', { client: 'web', server: 'cart' }, 0, 100),
    series('traces_service_graph_request_server_seconds_sum', { client: 'web', server: 'cart' }, 0, 1),
    series('traces_service_graph_request_client_seconds_sum', { client: 'web', server: 'cart' }, 0, 5),
  ).series;
  assert.deepEqual(sum(graph, 'gumshoe_trace_request_duration_seconds_sum'), [1]);
  assert.deepEqual(sum(graph, 'gumshoe_trace_call_seconds_total'), [5]);
});

test('Linkerd: requests by direction, failures by classification, ms', () => {
  const { series: all } = translated(
    series(
      'response_total',
      { deployment: 'web', direction: 'outbound', dst_deployment: 'cart', classification: 'failure' },
      0,
      5,
    ),
    series(
      'response_latency_ms_bucket',
      { deployment: 'web', direction: 'outbound', dst_deployment: 'cart', le: '100' },
      0,
      5,
    ),
  );
  assert.deepEqual(calls(all), ['web > cart failed 5']);
  assert.equal(named(all, 'gumshoe_trace_request_duration_seconds_bucket')[0]?.labels['le'], '0.1');
});

test('service graphs make dependencies; failed requests are part of all; roots have no caller', () => {
  const edge = { client: 'web', server: 'cart', connection_type: '' };
  const { series: all } = translated(
    series('traces_service_graph_request_total', edge, 0, 100),
    series('traces_service_graph_request_failed_total', edge, 0, 10),
    series('traces_service_graph_request_total', { client: 'user', server: 'web' }, 0, 50),
    series(
      'traces_service_graph_request_total',
      { client: 'cart', server: 'db', connection_type: 'database' },
      0,
      7,
    ),
    series('traces_spanmetrics_calls_total', { service_name: 'cart', span_kind: 'SPAN_KIND_SERVER' }, 0, 99),
  );
  assert.deepEqual(
    calls(all),
    ['> web ok 50', 'cart > db ok 7', 'web > cart failed 10', 'web > cart ok 90']
      .map((one) => one.replace(/^>/, ' >'))
      .sort(),
  );
  const services = named(all, 'gumshoe_trace_spans_total').map(({ labels }) => labels['service_name']);
  assert.deepEqual([...new Set(services)].sort(), ['cart', 'web']);
});

test('what most clients count makes dependencies, else the server is believed as well', () => {
  const served = series('http_server_request_duration_seconds_count', { service_name: 'cart' }, 0, 100);
  const asked = (count: number) =>
    series(
      'http_client_request_duration_seconds_count',
      {
        service_name: 'web',
        server_address: 'cart.shop.svc.cluster.local',
        http_response_status_code: '500',
      },
      0,
      count,
    );
  assert.deepEqual(calls(translated(served, asked(90)).series), ['web > cart failed 90']);
  assert.deepEqual(calls(translated(served, asked(5)).series), [' > cart ok 100', 'web > cart failed 5']);
});

test('services differ in what they count themselves by; of one the first is taken, gRPC is added', () => {
  const { series: all } = translated(
    series(
      'http_server_request_duration_count',
      { service_name: 'a', http_response_status_code: '500' },
      0,
      1,
    ),
    series('http_server_duration_count', { service_name: 'a' }, 0, 2),
    series('http_server_duration_count', { service_name: 'b' }, 0, 3),
    series('rpc_server_duration_count', { service_name: 'a', rpc_grpc_status_code: '14' }, 0, 4),
    series('http_server_requests_seconds_count', { service: 'c', status: '503' }, 0, 5),
    series('http_requests_total', { job: 'shop/d', code: '200' }, 0, 6),
  );
  assert.deepEqual(calls(all), [' > a failed 1', ' > a failed 4', ' > b ok 3', ' > c failed 5', ' > d ok 6']);
});

test('gauges of services: by name or label, in the units of their size', () => {
  const byName = translated(
    series('cart_cpu', {}, 50, 100),
    series('cart_mem', {}, 100, 200),
    series('cart_workload', {}, 10, 10),
    series('cart_error', {}, 1, 1),
    series('cart_latency_p50', {}, 20, 20),
    series('cart_latency_p90', {}, 80, 80),
    series('node_load1', {}, 1, 1),
  );
  const byLabel = translated(
    series('cpu', { service: 'cart' }, 50, 100),
    series('mem', { service: 'cart' }, 100, 200),
    series('workload', { service: 'cart' }, 10, 10),
    series('error', { service: 'cart' }, 1, 1),
    series('latency', { service: 'cart', quantile: '0.5' }, 20, 20),
    series('latency', { service: 'cart', quantile: '0.9' }, 80, 80),
  );
  for (const { series: all } of [byName, byLabel]) {
    assert.deepEqual(calls(all), [' > cart failed 15', ' > cart ok 135']);
    const [cpu] = named(all, 'container_resources_cpu_usage_seconds_total');
    assert.deepEqual([cpu?.labels['container_id'], last(cpu!)], ['/docker/cart', 15]);
    const [bytes] = named(all, 'container_resources_memory_rss_bytes');
    assert.equal(bytes!.values[1]! / bytes!.values[0]!, 2);
    const buckets = named(all, 'gumshoe_trace_request_duration_seconds_bucket');
    const below = (seconds: number) =>
      Math.max(...buckets.filter(({ labels }) => Number(labels['le']) <= seconds).map(last)) / 150;
    assert.ok(below(0.0201) <= 0.5 && below(0.024) >= 0.5, 'the median is 20 ms');
    assert.ok(below(0.0801) <= 0.9 && below(0.096) >= 0.9, 'p90 is 80 ms');
  }
  assert.deepEqual(byName.untranslated, [{ name: 'node_load1', series: 1 }]);
  assert.deepEqual(byName.assumptions, []);
});

test('latencies without a number of requests say what was assumed; names follow those of containers', () => {
  const { series: all, assumptions } = translated(
    series('container_cpu_usage_seconds_total', { container: 'ts-order-service' }, 1, 2),
    series('ts_order_service_latency', {}, 0.2, 0.3),
  );
  assert.deepEqual(calls(all), [' > ts-order-service failed 0', ' > ts-order-service ok 150']);
  assert.match(assumptions[0] ?? '', /ts-order-service served: 10 a second were assumed/);
});

test('runtimes join the containers they are in; processes count where no container is measured', () => {
  const heap = series('jvm_memory_used_bytes', { service: 'cart', area: 'heap', id: 'eden' }, 1);
  const cpu = series('process_cpu_seconds_total', { job: 'cart' }, 1, 2);
  const ids = (...given: readonly Series[]) =>
    translated(...given)
      .series.map(({ labels }) => `${labels['__name__']} ${labels['container_id']}`)
      .sort();
  const [jvm, usage] = ['container_jvm_heap_used_bytes', 'container_resources_cpu_usage_seconds_total'];
  assert.deepEqual(ids(heap, cpu), [`${jvm} /docker/cart`, `${usage} /docker/cart`]);
  const pod = { namespace: 'shop', pod: 'cart-0', container: 'app' };
  const measured = series('container_cpu_usage_seconds_total', pod, 1, 2);
  const inside = { ...heap, labels: { ...heap.labels, ...pod } };
  assert.deepEqual(ids(heap, cpu, inside, measured), [
    `${jvm} /k8s/shop/cart-0/app`,
    `${usage} /k8s/shop/cart-0/app`,
  ]);
});

test('quantiles of a summary become buckets of its requests', () => {
  const labels = { service: 'cart', status: '200' };
  const { series: all, untranslated } = translated(
    series('http_request_duration_seconds', { ...labels, quantile: '0.5' }, 0.1, 0.1),
    series('http_request_duration_seconds', { ...labels, quantile: '0.99' }, 0.4, 0.4),
    series('http_request_duration_seconds_count', labels, 50, 150),
    series('http_request_duration_seconds_sum', labels, 5, 15),
  );
  assert.deepEqual(calls(all), [' > cart ok 150']);
  const buckets = named(all, 'gumshoe_trace_request_duration_seconds_bucket');
  const below = (seconds: number) =>
    Math.max(...buckets.filter(({ labels: { le } }) => Number(le) <= seconds).map(last));
  assert.ok(below(0.1001) <= 50 && below(0.12) >= 50 && below(0.47) >= 99, 'p50 100 ms, p99 400 ms');
  assert.deepEqual(untranslated, []);
});

test('exporters of databases: an address for their server, and who listens there', () => {
  const { series: all } = translated(
    series('kube_pod_info', { namespace: 'shop', pod: 'cart-0', pod_ip: '10.2.0.1' }, 1),
    series('redis_up', { namespace: 'shop', pod: 'cart-0', container: 'exporter' }, 1),
    series('pg_stat_activity_count', { service: 'orders-db', datname: 'orders', state: 'idle' }, 7),
    series('mysql_global_status_threads_connected', { service: 'users-db' }, 3),
    series('mysql_slave_status_seconds_behind_master', { service: 'users-db', master_host: 'a' }, 40),
    series('memcached_up', { pod: 'memcached-exporter-0', container: 'exporter' }, 1),
    series('redis_up', { address: '10.0.0.9:6379' }, 1),
  );
  const told = all.map(({ labels: { __name__: name, address, listen_addr: listens, db = '' } }) =>
    [name, address ?? listens, db].join(' ').trim(),
  );
  assert.deepEqual(told.sort(), [
    'container_net_tcp_listen_info 10.2.0.1:6379',
    'container_net_tcp_listen_info orders-db:5432',
    'container_net_tcp_listen_info users-db:3306',
    'mysql_connections_current users-db:3306',
    'mysql_replication_lag_seconds users-db:3306',
    'pg_connections orders-db:5432 orders',
    'redis_up 10.2.0.1:6379',
  ]);
});
