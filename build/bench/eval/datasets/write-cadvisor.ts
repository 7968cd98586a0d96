import type { Pod, TestBed } from './test-bed.ts';
import type { Service } from './system.ts';
import type { Usage } from './physics.ts';
import type { TextWriter } from './write-text.ts';

/** Seconds at which cAdvisor looks, whoever asks how often. */
const HOUSEKEEPING = 10;
const STEP = 1000;

/** Containers and pods as the kubelet tells of them, with the proxy beside where there is a mesh. */
export function writeCadvisor(bed: TestBed, writer: TextWriter): void {
  for (const service of bed.system.services)
    for (const pod of bed.pods.get(service.name)!) writePod(bed, writer, service, pod);
}

interface Totals {
  cpu: number;
  written: number;
  requests: number;
}

function writePod(bed: TestBed, writer: TextWriter, service: Service, pod: Pod): void {
  const { shape, random } = bed;
  const totals: Totals = { cpu: random.between(10, 4000), written: 1e6, requests: random.between(1e3, 1e5) };
  const every = (HOUSEKEEPING + random.between(0, 5)) * 1000;
  const phase = random.between(0, every);
  let [seen, shown, last]: [Totals, Usage | undefined, number] = [{ ...totals }, undefined, -Infinity];
  const from = Math.max(bed.from, pod.from);
  for (let at = bed.from; at <= Math.min(bed.to, pod.to); at += STEP) {
    if (at < from) continue;
    const usage = bed.usages.at(service, at);
    totals.cpu += usage.cpu;
    totals.written += usage.written;
    totals.requests += usage.requests;
    if (at - last >= every || shown === undefined) {
      [seen, shown, last] = [{ ...totals }, usage, at - ((at - phase) % every)];
    }
    if ((at - bed.from) % shape.interval !== 0) continue;
    write(bed, writer, { service, pod, at, seen, shown });
  }
}

function write(
  bed: TestBed,
  writer: TextWriter,
  {
    service,
    pod,
    at,
    seen,
    shown,
  }: {
    readonly service: Service;
    readonly pod: Pod;
    readonly at: number;
    readonly seen: Totals;
    readonly shown: Usage;
  },
): void {
  const base = {
    namespace: bed.system.name,
    pod: pod.name,
    node: pod.node,
    instance: `${pod.node}:10250`,
    job: 'kubelet',
  };
  // nothing but the container tells the parts of a pod apart
  const container = bed.system.name === 'online-boutique' && !service.isStore ? 'server' : service.name;
  const labels = { ...base, container, image: `docker.io/demo/${service.name}:v1`, name: `k8s_${pod.name}` };
  const memory = Math.round(shown.memory);
  for (const [one, share] of [
    [labels, 1],
    [{ ...base, container: '', image: '', name: '' }, 1.06],
  ] as const) {
    writer.counter(
      'container_cpu_usage_seconds_total',
      { ...one, cpu: 'total' },
      at,
      round(seen.cpu * share),
    );
    writer.gauge('container_memory_working_set_bytes', one, at, Math.round(memory * share));
  }
  writer.gauge('container_memory_rss', labels, at, Math.round(memory * 0.8));
  writer.counter(
    'container_fs_writes_bytes_total',
    { ...labels, device: '/dev/sda' },
    at,
    Math.round(seen.written),
  );
  writer.counter(
    'container_fs_writes_total',
    { ...labels, device: '/dev/sda' },
    at,
    Math.round(seen.written / 16_000),
  );
  writer.counter('container_fs_reads_bytes_total', { ...labels, device: '/dev/sda' }, at, 1e6);
  writer.gauge('container_sockets', labels, at, shown.sockets);
  writer.gauge('container_threads', labels, at, shown.threads);
  writer.gauge('container_spec_memory_limit_bytes', labels, at, 2e9);
  const network = { ...base, container: 'POD', interface: 'eth0' };
  writer.counter('container_network_receive_bytes_total', network, at, Math.round(seen.requests * 900));
  writer.counter('container_network_transmit_bytes_total', network, at, Math.round(seen.requests * 1400));
  writer.counter('container_network_receive_packets_total', network, at, Math.round(seen.requests * 4));
  if (bed.shape.requests !== 'istio' || service.isStore) return;
  const proxy = {
    ...base,
    container: 'istio-proxy',
    image: 'docker.io/istio/proxyv2:1.20',
    name: 'k8s_proxy',
  };
  writer.counter(
    'container_cpu_usage_seconds_total',
    { ...proxy, cpu: 'total' },
    at,
    round(10 + seen.requests * 0.0004),
  );
  writer.gauge('container_memory_working_set_bytes', proxy, at, 5e7);
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;
