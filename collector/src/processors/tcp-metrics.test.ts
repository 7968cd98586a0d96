import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tcpStatsDump } from '../receivers/ebpf/testdata/maps.ts';
import { Destinations } from './destinations.ts';
import { TcpMetrics } from './tcp-metrics.ts';
import { collected } from './testdata/collected.ts';

const make = () =>
  new TcpMetrics({
    destinations: new Destinations({
      hostNetns: 1,
      perContainer: 8,
      ephemeralPorts: [32768, 60999],
      resolve: (endpoint) => endpoint,
    }),
    containerOf: (tgid) => (tgid < 20 ? { containerId: '/a' } : undefined),
    expireAfter: 100,
  });

const DB = { tgid: 10, address: '10.0.0.9', port: 5432 };
const PEER = '{destination=10.0.0.9:5432,actual_destination=10.0.0.9:5432}';

test('outbound connections of a container, whole', () => {
  const metrics = make();
  metrics.update(
    tcpStatsDump([
      {
        ...DB,
        stats: {
          connects: 3n,
          connect_time_ns: 6_000_000n,
          failed_connects: 6n,
          refused: 3n,
          timed_out: 2n,
          closed: 1n,
          adopted: 1n,
          bytes_sent: 1000n,
          bytes_received: 5_000_000_000n,
          retransmits: 4n,
          rtt_sum_us: 900n,
          rtt_samples: 3n,
          resets_received: 7n,
          resets_sent: 8n,
          zero_windows: 5n,
          zero_windows_over: 3n,
        },
      },
      { ...DB, tgid: 11, stats: { connects: 1n } },
      { ...DB, inbound: true, stats: { connects: 50n } },
      { ...DB, tgid: 99, stats: { connects: 50n } },
    ]),
    0,
  );
  assert.deepEqual(collected(metrics), {
    [`/a container_net_tcp_successful_connects_total${PEER}`]: 4,
    [`/a container_net_tcp_connection_time_seconds_total${PEER}`]: 0.006,
    [`/a container_net_tcp_active_connections${PEER}`]: 4,
    [`/a container_net_tcp_retransmits_total${PEER}`]: 4,
    [`/a container_net_tcp_bytes_sent_total${PEER}`]: 1000,
    [`/a container_net_tcp_bytes_received_total${PEER}`]: 5_000_000_000,
    '/a container_net_tcp_failed_connects_total{destination=10.0.0.9:5432}': 6,
    '/a container_net_tcp_connect_errors_total{destination=10.0.0.9:5432,error_type=refused}': 3,
    '/a container_net_tcp_connect_errors_total{destination=10.0.0.9:5432,error_type=timed_out}': 2,
    '/a container_net_tcp_connect_errors_total{destination=10.0.0.9:5432,error_type=other}': 1,
    [`/a container_net_tcp_resets_received_total${PEER}`]: 7,
    [`/a container_net_tcp_resets_sent_total${PEER}`]: 8,
    [`/a container_net_tcp_zero_windows_total${PEER}`]: 5,
    [`/a container_net_tcp_zero_window_connections${PEER}`]: 2,
    '/a container_net_latency_seconds{destination_ip=10.0.0.9}': 0.0003,
  });
});

test('the round trip is the mean of the last interval that had samples', () => {
  const metrics = make();
  const at = (sum: bigint, samples: bigint, now: number) => {
    metrics.update(tcpStatsDump([{ ...DB, stats: { rtt_sum_us: sum, rtt_samples: samples } }]), now);
    return collected(metrics)['/a container_net_latency_seconds{destination_ip=10.0.0.9}'];
  };
  assert.equal(at(0n, 0n, 0), undefined);
  assert.equal(at(900n, 3n, 1), 0.0003);
  assert.equal(at(2900n, 4n, 2), 0.002);
  assert.equal(at(2900n, 4n, 3), 0.002);
});

test('a container that exited closes its connections; its series end later', () => {
  const metrics = make();
  metrics.update(tcpStatsDump([{ ...DB, stats: { connects: 2n } }]), 0);
  metrics.update(tcpStatsDump([{ ...DB, stats: { connects: 2n, closed: 2n } }]), 10);
  assert.equal(collected(metrics)[`/a container_net_tcp_active_connections${PEER}`], 0);
  metrics.update(tcpStatsDump([]), 109);
  assert.equal(collected(metrics)[`/a container_net_tcp_successful_connects_total${PEER}`], 2);
  metrics.update(tcpStatsDump([]), 110);
  assert.deepEqual(collected(metrics), {});
});
