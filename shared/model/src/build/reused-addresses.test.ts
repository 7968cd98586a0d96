import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { noise, SeriesWriter } from '../testdata/series-writer.ts';
import type { World } from '../world.ts';
import { buildWorld } from './build-world.ts';

const FROM = 1_790_000_000_000;
/** A scene has so many samples, of whatever distance. */
const SAMPLES = 240;
const rangeOf = (step: number): TimeRange => ({
  from: milliseconds(FROM),
  to: milliseconds(FROM + SAMPLES * step),
});
/** Fewer addresses than pods: each is handed on again and again. */
const ADDRESSES = 4;

interface Life {
  readonly pod: string;
  readonly workload: string;
  readonly ip: string;
  readonly from: number;
  readonly to: number;
}

interface Scene {
  readonly series: readonly Series[];
  /** `client→server` that truly spoke. */
  readonly spoke: ReadonlySet<string>;
}

const nodeOf = (index: number) => ({ machine_id: `m${index}`, system_uuid: `u${index}` });
const containerOf = (pod: string, node: number) => ({
  ...nodeOf(node),
  container_id: `/k8s/shop/${pod}/app`,
  app_id: '',
});

/** Who tells of an address: the collector of its listening socket, or Kubernetes of its pod. */
type Told = 'socket' | 'pod';

/** Pods of many workloads come and go on a few addresses; clients speak to whatever answers. */
function sceneOf(seed: number, step: number, told: Told = 'socket'): Scene {
  const random = noise(seed);
  const writer = new SeriesWriter(rangeOf(step), step);
  const end = FROM + SAMPLES * step;
  for (const node of [0, 1]) writer.gauge('node_info', { ...nodeOf(node), hostname: `h${node}` }, () => 1);
  const lives: Life[] = [];
  for (let slot = 0; slot < ADDRESSES; slot++) {
    for (let at = FROM + random() * 20 * step; at < end;) {
      const to = at + (16 + random() * 60) * step;
      const workload = `w${Math.floor(random() * 6)}`;
      lives.push({ pod: `${workload}-${lives.length}`, workload, ip: `10.0.0.${slot}`, from: at, to });
      at = to + (4 + random() * 16) * step;
    }
  }
  for (const [i, { pod, workload, ip, from, to }] of lives.entries()) {
    const labels = containerOf(pod, i % 2);
    writer.counter('container_resources_cpu_usage_seconds_total', labels, () => 0.1, { from, to });
    const socket = { ...labels, listen_addr: `${ip}:80` };
    const owner = { created_by_kind: 'StatefulSet', created_by_name: workload };
    const info = { namespace: 'shop', pod, uid: pod, pod_ip: ip, host_ip: '192.168.0.1', ...owner };
    if (told === 'socket') writer.gauge('container_net_tcp_listen_info', socket, () => 1, { from, to });
    else writer.gauge('kube_pod_info', info, () => 1, { from, to });
  }
  const spoke = new Set<string>();
  for (const client of ['c0-0', 'c1-0', 'c2-0']) {
    const labels = containerOf(client, 0);
    writer.counter('container_resources_cpu_usage_seconds_total', labels, () => 0.1);
    for (let slot = 0; slot < ADDRESSES; slot++) {
      const ip = `10.0.0.${slot}`;
      const met = lives.filter((life) => life.ip === ip && random() < 0.5);
      const speaks = (at: number): number =>
        met.some(({ from, to }) => at > from + 2 * step && at < to - 2 * step) ? 20 : 0;
      for (const { workload, from, to } of met)
        if (from + 4 * step < Math.min(to, end) - 4 * step) spoke.add(`${client.slice(0, 2)}→${workload}`);
      const to = { ...labels, destination: `${ip}:80`, actual_destination: `${ip}:80` };
      // the series lives on after its peer is gone, as collectors keep it
      writer.counter('container_http_requests_total', { ...to, status: '200' }, speaks);
      writer.counter('container_net_tcp_successful_connects_total', to, (at) => speaks(at) / 10);
      writer.counter(
        'container_net_tcp_failed_connects_total',
        { ...labels, destination: `${ip}:80` },
        () => 0,
      );
      writer.histogram('container_http_requests_duration_seconds_total', to, speaks, () => 0.01);
    }
  }
  return { series: writer.series, spoke };
}

const edgesOf = (world: World): readonly string[] =>
  world.dependencies.map(({ client, server }) => {
    const name = (id: typeof client) => world.byId.get(id)!.name;
    return `${name(client)}→${name(server)}`;
  });

for (const [step, told] of [
  [15_000, 'socket'],
  [60_000, 'socket'],
  [300_000, 'socket'],
  [15_000, 'pod'],
  [60_000, 'pod'],
] as const)
  for (let seed = 1; seed <= 12; seed++)
    test(`addresses that are reused make no false edge and lose no true one (${told}, ${step / 1000} s, ${seed})`, () => {
      const { series, spoke } = sceneOf(seed, step, told);
      const edges = edgesOf(buildWorld(series, rangeOf(step)));
      assert.deepEqual([...edges].sort(), [...spoke].sort());
    });

test('no link lasts beyond the life of the address it leads to', () => {
  const { series } = sceneOf(99, 15_000);
  const world = buildWorld(series, rangeOf(15_000));
  const tolerance = 90_000;
  for (const { links, server } of world.dependencies) {
    const instances = new Map(world.byId.get(server)!.instances.map((one) => [one.id, one]));
    for (const link of links) {
      const owner = instances.get(link.serverInstance!)!;
      assert.ok(link.from >= owner.firstSeen - tolerance, `${link.serverInstance} before its birth`);
      assert.ok(link.to <= owner.lastSeen + tolerance, `${link.serverInstance} after its end`);
    }
  }
});
