import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { lastOf, latencyQuantile } from '../columns.ts';
import { SeriesWriter } from '../testdata/series-writer.ts';
import { buildWorld } from './build-world.ts';

const RANGE = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_000_600_000) };
const node = { machine_id: 'm', system_uuid: 'u' };
const app = { ...node, container_id: '/shop.slice/app.service', app_id: '' };

function worldOf(write: (writer: SeriesWriter) => void) {
  const writer = new SeriesWriter(RANGE, 15_000);
  writer.counter('node_resources_cpu_usage_seconds_total', { ...node, mode: 'idle' }, () => 1);
  writer.counter('container_resources_cpu_usage_seconds_total', app, () => 0.1);
  write(writer);
  return buildWorld(writer.series, RANGE);
}

test('a node has as many cores as it says, else as its CPUs spend seconds a second', () => {
  const cores = (modes: Readonly<Record<string, number>>, told?: number) => {
    const world = worldOf((writer) => {
      for (const [mode, rate] of Object.entries(modes))
        writer.counter('node_resources_cpu_usage_seconds_total', { ...node, mode }, () => rate);
      if (told !== undefined) writer.gauge('node_resources_cpu_logical_cores', node, () => told);
    });
    return world.nodes[0]!.cores;
  };
  // one is idle
  assert.equal(cores({ user: 6.8, system: 0.2 }), 8);
  assert.equal(cores({ user: 6.8, system: 0.2 }, 4), 4);
});

test('disks, GPUs, tracked connections and ports are columns of their node', () => {
  const world = worldOf((writer) => {
    for (const [device, time] of Object.entries({ sda: 3, sdb: 0.1 })) {
      writer.counter('node_resources_disk_read_time_seconds_total', { ...node, device }, () => time);
      writer.counter('node_resources_disk_write_time_seconds_total', { ...node, device }, () => 2 * time);
    }
    const gpu = { ...node, gpu_uuid: 'GPU-1' };
    writer.gauge('node_gpu_info', { ...gpu, name: 'T4', driver_version: '1' }, () => 1);
    writer.gauge('node_resources_gpu_utilization_percent_avg', gpu, () => 97);
    writer.gauge('node_resources_gpu_temperature_celsius', gpu, () => 71);
    writer.gauge('node_net_conntrack_entries', node, () => 90);
    writer.gauge('node_net_conntrack_entries_limit', node, () => 100);
    writer.gauge('node_net_ephemeral_ports_used', node, () => 5);
  });
  const [one] = world.nodes;
  const last = (column: Float64Array) => Math.round(lastOf(column, world.window) * 10) / 10;
  assert.deepEqual(
    one!.disks.map((disk) => [disk.device, last(disk.readTime), last(disk.writeTime)]),
    [
      ['sda', 3, 6],
      ['sdb', 0.1, 0.2],
    ],
  );
  assert.deepEqual(
    one!.gpus.map((gpu) => [gpu.uuid, gpu.name, last(gpu.utilization), last(gpu.temperature)]),
    [['GPU-1', 'T4', 97, 71]],
  );
  assert.equal(last(one!.conntrack!.used), 90);
  assert.equal(one!.ephemeralPorts, undefined, 'of unknown size');
});

test('DNS answers by question and status, with their latency', () => {
  const world = worldOf((writer) => {
    const question = { ...app, request_type: 'TypeA', domain: 'db.shop' };
    writer.counter('container_dns_requests_total', { ...question, status: 'ok' }, () => 4);
    writer.counter('container_dns_requests_total', { ...question, status: 'nxdomain' }, () => 1);
    writer.histogram(
      'container_dns_requests_duration_seconds_total',
      app,
      () => 5,
      () => 0.002,
    );
  });
  const dns = world.applications[0]!.dns!;
  const [question] = dns.questions;
  assert.deepEqual([question!.type, question!.domain], ['TypeA', 'db.shop']);
  assert.equal(Math.round(lastOf(question!.byStatus.get('nxdomain')!, world.window)), 1);
  assert.ok(latencyQuantile(dns.latency!, world.window, 0.5) < 0.0025);
  assert.equal(worldOf(() => undefined).applications[0]!.dns, undefined);
});

test('what goes wrong on connections is told apart', () => {
  const world = worldOf((writer) => {
    const peer = { ...app, destination: '10.9.9.9:80', actual_destination: '10.9.9.9:80' };
    writer.counter('container_net_tcp_successful_connects_total', peer, () => 1);
    writer.counter('container_net_tcp_resets_received_total', peer, () => 0.5);
    for (const [error_type, rate] of Object.entries({ refused: 2, timed_out: 1 })) {
      const labels = { ...app, destination: '10.9.9.9:80', error_type };
      writer.counter('container_net_tcp_connect_errors_total', labels, () => rate);
    }
  });
  const { tcp } = world.dependencies[0]!;
  assert.equal(Math.round(10 * lastOf(tcp.resetsReceived!, world.window)), 5);
  assert.deepEqual([...tcp.connectErrors!.keys()].sort(), ['refused', 'timed_out']);
  assert.equal(tcp.zeroWindows, undefined);
});

test('signals of runtimes: counters as rates, shares as the highest', () => {
  const world = worldOf((writer) => {
    writer.counter('container_nodejs_event_loop_blocked_time_seconds_total', app, () => 0.4);
    for (const [gpu_uuid, share] of Object.entries({ a: 40, b: 70 }))
      writer.gauge('container_resources_gpu_usage_percent', { ...app, gpu_uuid }, () => share);
  });
  const { signals } = world.applications[0]!.instances[0]!;
  const last = (name: string) => lastOf(signals.get(name)!, world.window);
  assert.ok(Math.abs(last('container_nodejs_event_loop_blocked_time_seconds_total') - 0.4) < 1e-9);
  assert.equal(last('container_resources_gpu_usage_percent'), 70);
});
