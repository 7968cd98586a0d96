import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gaugeName } from './gauge-kinds.ts';

test('names of published data sets say what they measure and of whom', () => {
  for (const [name, told] of [
    ['adservice_latency-50', 'latency of adservice 0.5'],
    ['ts_order_service_latency_99', 'latency of ts_order_service 0.99'],
    ['front-end_lat_90', 'latency of front_end 0.9'],
    ['p99_latency', 'latency of  0.99'],
    ['PodServerLatencyP95(s)', 'latency of  0.95'],
    ['orders_response_time_ms', 'latency of orders'],
    ['checkoutservice_cpu', 'cpu of checkoutservice'],
    ['catalogue_cpu_usage_percent', 'cpu of catalogue'],
    ['CpuUsageRate(%)', 'cpu of '],
    ['MemoryUsage(Mi)', 'memory of '],
    ['cart_load', 'workload of cart'],
    ['PodWorkload(Ops)', 'workload of '],
    ['user_requests_per_second', 'workload of user'],
    ['frontend_error-rate', 'errors of frontend'],
    ['PodSuccessRate(%)', 'success of '],
    ['cart_diskio', 'disk-write of cart'],
    ['cart_socket', 'sockets of cart'],
    ['carts-db_network_in', 'net-in of carts_db'],
    ['NetworkTransmitBytes', 'net-out of '],
  ] as const) {
    const { kind, prefix, quantile } = gaugeName(name)!;
    assert.equal(`${kind} of ${prefix}${quantile === undefined ? '' : ` ${quantile}`}`, told, name);
  }
  for (const name of ['node_load1', 'up', 'kafka_consumergroup_lag', 'istio_tcp_sent_bytes_total'])
    assert.equal(gaugeName(name), undefined, name);
});
