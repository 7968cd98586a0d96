import type { Labels } from '@gumshoe/base/series';
import type { Course, Lifetime } from '@gumshoe/model/testdata/series-writer';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C, DNS_METRICS, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { JVM_METRICS } from '@gumshoe/schema/metrics/jvm';
import { NODEJS_METRICS } from '@gumshoe/schema/metrics/nodejs';
import { PYTHON_METRICS } from '@gumshoe/schema/metrics/python';
import { PROTOCOL, type Output } from './output.ts';
import type { Service } from './topology.ts';
import { logLines } from './write-logs.ts';

const TYPE: Readonly<Record<Service['role'], string>> = {
  frontend: 'nginx',
  service: '',
  external: '',
  postgres: 'postgres',
  redis: 'redis',
};
/** Cores used by one instance. */
export function cpuOf({ scenario, cluster }: Output, service: Service, instance: number): Course {
  const factor = cluster.effect(service.index).cpu ?? 1;
  const changes = scenario.cpuChanges.filter((one) => one.service === service.index);
  return (at) => {
    const { rate } = cluster.states(at)[service.index]!;
    const usual = 0.02 + (rate * service.cpuPerRequest) / Math.max(1, service.instances.length);
    const s = cluster.strength(at);
    const changed = changes.some((one) => at > one.at && at < one.at + one.lasts) ? 2 : 1;
    const more = factor === 1 ? 0 : s * Math.max((factor - 1) * usual, factor > 4 ? 0.8 : 0);
    return (usual * changed + more) * (1 + 0.5 * (cluster.jitter(service.index, at + instance) - 1));
  };
}

/** Everything a collector says of one instance. */
export function writeInstance(output: Output, service: Service, i: number): void {
  const { cluster, writer } = output;
  const replica = output.replicas(service)[i]!;
  const labels = output.labels(service, replica);
  const lifetime = output.lifetime(replica);
  const effect = cluster.effect(service.index);
  const { index } = service;
  const spared = output.spared(service, i);
  const type = TYPE[service.role] || service.runtime;
  writer.gauge(C.info.name, { ...labels, image: replica.image }, () => 1, lifetime);
  writer.gauge(C.applicationType.name, { ...labels, application_type: type }, () => 1, lifetime);
  writer.counter(C.cpuUsage.name, labels, cpuOf(output, service, i), lifetime, 40);
  writer.gauge(C.cpuLimit.name, labels, () => 1, lifetime);
  writer.counter(
    C.cpuThrottled.name,
    labels,
    output.during(0.001, effect.throttled ?? 0.001, index),
    lifetime,
  );
  writer.counter(C.cpuDelay.name, labels, output.during(0.003, effect.delay ?? 0.003, index), lifetime);
  writeMemory(output, service, labels, lifetime);
  const restarts = spared ? 0 : (effect.restartsPerMinute ?? 0) / 60;
  writer.counter(C.oomKills.name, labels, output.during(0, effect.oom ? 1 / 60 : 0, index, 0), lifetime);
  writer.counter(C.restarts.name, labels, output.during(0, restarts, index, 0), lifetime);
  writeDisk(output, service, labels, lifetime);
  writeRuntime(output, service, labels, lifetime);
  const listen = { ...labels, listen_addr: replica.address, proxy: '' };
  writer.gauge(C.tcpListen.name, listen, () => 1, lifetime);
  writeInbound(output, service, i, labels, lifetime);
  if (output.scenario.mode.signals === 'metrics') return;
  writer.gauge(X.sockets.name, labels, socketsOf(output, service), lifetime);
  for (const { level, pattern, sample, rate } of logLines(output, service))
    writer.counter(
      C.logMessages.name,
      { ...labels, source: 'stdout', level, pattern_hash: pattern, sample },
      (at) => rate(at) / Math.max(1, service.instances.length),
      lifetime,
    );
}

export function socketsOf(output: Output, service: Service): Course {
  const { index } = service;
  // who waits holds a socket for each request: callers of what is slow hold many
  const held: Course = (at) => {
    const { rate, latency } = output.cluster.states(at)[index]!;
    return 20 + (4 * rate * Math.min(latency, 30)) / Math.max(1, service.instances.length);
  };
  const leaked = output.during(1, output.cluster.effect(index).sockets ?? 1, index);
  return (at) => held(at) * leaked(at);
}

/** bytes */
export const MEMORY_LIMIT = 512e6;

/** Bytes used by one instance. */
export function memoryOf({ cluster, scenario }: Output, service: Service): Course {
  const { index } = service;
  const effect = cluster.effect(index);
  const from = scenario.faultFrom;
  const base = 120e6 + 7e6 * (index % 5);
  return (at) => {
    const { rate, latency } = cluster.states(at)[index]!;
    // requests that wait hold memory too
    const usual = (base + 3e5 * Math.min(200, rate * latency)) * (1 + 0.01 * (cluster.jitter(index, at) - 1));
    if (!effect.memoryTo || at < from) return usual;
    const ramp = 1000 * (effect.ramp ?? 60);
    const phase = effect.oom ? (((at - from) % 60_000) + 1) / 60_000 : Math.min(1, (at - from) / ramp);
    return base + (effect.memoryTo - base) * phase;
  };
}

function writeMemory(output: Output, service: Service, labels: Labels, lifetime: Lifetime): void {
  const { writer } = output;
  writer.gauge(C.memoryRss.name, labels, memoryOf(output, service), lifetime);
  writer.gauge(C.memoryLimit.name, labels, () => MEMORY_LIMIT, lifetime);
}

function writeDisk(output: Output, service: Service, labels: Labels, lifetime: Lifetime): void {
  const { writer, cluster } = output;
  const effect = cluster.effect(service.index);
  const disk = { ...labels, mount_point: '/data', device: 'sda', volume: '' };
  const writes = output.during(2e4, 2e4 + (effect.written ?? 0), service.index, 2);
  const used = output.during(40e9, effect.diskFull ? 99.9e9 : 40e9, service.index, 0.001);
  writer.counter(C.diskWrittenBytes.name, disk, writes, lifetime);
  writer.gauge(C.diskSize.name, disk, () => 100e9, lifetime);
  writer.gauge(C.diskUsed.name, disk, used, lifetime);
}

function writeRuntime(output: Output, service: Service, labels: Labels, lifetime: Lifetime): void {
  const { writer, cluster } = output;
  const { index, role, runtime } = service;
  if (role !== 'service') return;
  const effect = cluster.effect(index);
  if (runtime === 'java') {
    const jvm = { ...labels, jvm: 'app' };
    const gc = output.during(0.004, effect.gc ?? 0.004, index);
    writer.counter(JVM_METRICS.gcTime.name, { ...jvm, gc: 'G1' }, gc, lifetime);
    writer.counter(JVM_METRICS.safepointTime.name, jvm, gc, lifetime);
  }
  if (runtime === 'nodejs')
    writer.counter(
      NODEJS_METRICS.eventLoopBlocked.name,
      labels,
      output.during(0.08, effect.eventLoop ?? 0.08, index),
      lifetime,
    );
  if (runtime === 'python')
    writer.counter(
      PYTHON_METRICS.lockWait.name,
      labels,
      output.during(0.02, effect.gil ?? 0.02, index),
      lifetime,
    );
  const query = { ...labels, request_type: 'TypeA', domain: 'shop.svc.cluster.local' };
  const failing = output.during(0, effect.dns ?? 0, index, 0);
  writer.counter(DNS_METRICS.count.name, { ...query, status: 'ok' }, (at) => 2 * (1 - failing(at)), lifetime);
  if (effect.dns)
    writer.counter(
      DNS_METRICS.count.name,
      { ...query, status: 'servfail' },
      (at) => 2 * failing(at),
      lifetime,
    );
}

function writeInbound(output: Output, service: Service, i: number, labels: Labels, lifetime: Lifetime): void {
  const { cluster, writer } = output;
  const metrics = REQUEST_METRICS[PROTOCOL[service.role]];
  const spared = output.spared(service, i);
  const share = output.share(service, output.replicas(service)[i]!);
  const effect = cluster.effect(service.index);
  const rate: Course = (at) =>
    cluster.states(at)[service.index]!.rate * share(at) * (1 - (effect.refused ?? 0) * cluster.strength(at));
  const errors: Course = (at) => {
    const state = cluster.states(at)[service.index]!;
    return spared
      ? state.goodErrors
      : concentrated(state.errors, state.goodErrors, effect.oneReplica, share(at));
  };
  const latency: Course = (at) => {
    const state = cluster.states(at)[service.index]!;
    if (spared) return state.goodLatency;
    const n = effect.oneReplica ? 1 / Math.max(share(at), 1e-3) : 1;
    return state.goodLatency + (state.latency - state.goodLatency) * n;
  };
  const store = service.role === 'postgres' || service.role === 'redis';
  const [good, bad] = store ? ['ok', 'failed'] : ['200', '500'];
  writer.counter(
    metrics.inbound.name,
    { ...labels, status: good! },
    (at) => rate(at) * (1 - errors(at)),
    lifetime,
  );
  writer.counter(metrics.inbound.name, { ...labels, status: bad! }, (at) => rate(at) * errors(at), lifetime);
  writer.histogram(metrics.inboundDuration.name, labels, rate, latency, lifetime);
}

/** What one of several replicas must fail with for the mean to be what it is. */
function concentrated(all: number, good: number, only: boolean | undefined, share: number): number {
  if (!only || share <= 0) return all;
  return Math.min(0.999, good + (all - good) / share);
}
