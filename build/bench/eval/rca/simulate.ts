import type { Labels, Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { SeriesWriter, type Course, type Lifetime } from '@gumshoe/model/testdata/series-writer';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C, REQUEST_METRICS, type Protocol } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { Effect } from './faults.ts';
import type { Random, Service, Topology } from './topology.ts';

export interface Scenario {
  readonly topology: Topology;
  readonly range: TimeRange;
  /** ms between samples */
  readonly interval: number;
  readonly faultFrom: number;
  /** What is wrong, by service; nothing in quiet times. */
  readonly effects: ReadonlyMap<number, Effect>;
  /** Services whose image changes at some time although nothing is wrong with it. */
  readonly decoyDeploys: readonly { readonly service: number; readonly at: number }[];
  /** Services that use more CPU for a while without anybody noticing. */
  readonly decoyBursts: readonly { readonly service: number; readonly at: number }[];
  /** Whether database probes report, and whether cAdvisor's further metrics are there. */
  readonly probes: boolean;
  readonly random: Random;
}

const RAMP = 20_000;
const GIB = 1024 ** 3;

interface State {
  readonly rate: number;
  readonly latency: number;
  readonly errors: number;
}

/** Everything about every service at one instant, worked out from the stores up. */
class Cluster {
  readonly #scenario: Scenario;
  readonly #memo = new Map<number, readonly State[]>();
  readonly #noise: readonly Float64Array[];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { range, interval, random, topology } = scenario;
    const points = Math.ceil((range.to - range.from) / interval) + 2;
    this.#noise = topology.services.map(() => {
      const out = new Float64Array(points);
      let slow = 0;
      for (let i = 0; i < points; i++) {
        slow = 0.9 * slow + 0.1 * (random.next() - 0.5);
        out[i] = 1 + 0.12 * (random.next() - 0.5) + 0.5 * slow;
      }
      return out;
    });
  }

  /** 0 before the fault, 1 while it lasts. */
  strength(at: number): number {
    return Math.min(1, Math.max(0, (at - this.#scenario.faultFrom) / RAMP));
  }

  effect(index: number): Effect {
    return this.#scenario.effects.get(index) ?? {};
  }

  jitter(index: number, at: number): number {
    const { range, interval } = this.#scenario;
    return this.#noise[index]![Math.max(0, Math.round((at - range.from) / interval))] ?? 1;
  }

  times(service: Service, call: number, at: number): number {
    const skipped = call === 0 && this.effect(service.index).skipsCall === true;
    return service.calls[call]!.times * (skipped ? 1 - this.strength(at) : 1);
  }

  states(at: number): readonly State[] {
    const known = this.#memo.get(at);
    if (known) return known;
    const { services } = this.#scenario.topology;
    const latency = new Float64Array(services.length);
    const errors = new Float64Array(services.length);
    // deepest first: calls only ever point to higher layers or to stores
    for (let i = services.length - 1; i >= 0; i--) this.#serve(services[i]!, at, latency, errors);
    const rate = new Float64Array(services.length);
    rate[0] = this.#traffic(at);
    for (const service of services)
      service.calls.forEach(
        (call, n) => (rate[call.server]! += rate[service.index]! * this.times(service, n, at)),
      );
    const states = services.map((_, i) => ({ rate: rate[i]!, latency: latency[i]!, errors: errors[i]! }));
    this.#memo.set(at, states);
    return states;
  }

  #traffic(at: number): number {
    const { topology } = this.#scenario;
    const surge = 1 + ((this.effect(0).traffic ?? 1) - 1) * this.strength(at);
    const day = 1 + 0.25 * Math.sin((2 * Math.PI * at) / 86_400_000);
    const waves = 1 + 0.08 * Math.sin((2 * Math.PI * at) / 420_000);
    return topology.rate * day * waves * surge * this.jitter(0, at);
  }

  #serve(service: Service, at: number, latency: Float64Array, errors: Float64Array): void {
    const s = this.strength(at);
    const effect = this.effect(service.index);
    const starved = s * this.#nodeStarved(service) * 20;
    const own = service.own * (1 + ((effect.own ?? 1) - 1) * s + starved) * this.jitter(service.index, at);
    let total = own + (effect.added ?? 0) * s * this.jitter(service.index, at);
    let good = 1 - Math.min(0.99, (effect.errors ?? 0) * s + 0.0003);
    service.calls.forEach((call, n) => {
      const times = this.times(service, n, at);
      const other = this.effect(call.server);
      const refused = (other.refused ?? 0) * s;
      total += times * ((1 - refused) * latency[call.server]! + (other.rtt ?? 0) * s);
      good *= 1 - Math.min(1, times) * (1 - (1 - errors[call.server]!) * (1 - refused));
    });
    latency[service.index] = total;
    errors[service.index] = 1 - good;
  }

  #nodeStarved(service: Service): number {
    for (const [index, effect] of this.#scenario.effects) {
      if (!effect.nodeCpu) continue;
      const node = this.#scenario.topology.services[index]!.instances[0]?.node;
      const share =
        service.instances.filter((one) => one.node === node).length / Math.max(1, service.instances.length);
      if (index !== service.index) return share;
    }
    return 0;
  }
}

const PROTOCOL: Readonly<Record<Service['role'], Protocol>> = {
  frontend: 'http',
  service: 'http',
  external: 'http',
  postgres: 'postgres',
  redis: 'redis',
};
const PORT: Readonly<Record<Service['role'], number>> = {
  frontend: 80,
  service: 8080,
  external: 443,
  postgres: 5432,
  redis: 6379,
};
const TYPE: Readonly<Record<Service['role'], string>> = {
  frontend: 'nginx',
  service: 'golang',
  external: '',
  postgres: 'postgres',
  redis: 'redis',
};

/** Series as collectors and probes would write them of a cluster in which this goes on. */
export function simulate(scenario: Scenario): readonly Series[] {
  const cluster = new Cluster(scenario);
  const writer = new SeriesWriter(scenario.range, scenario.interval);
  const output = new Output(scenario, cluster, writer);
  for (let node = 0; node < scenario.topology.nodes; node++) output.node(node);
  for (const service of scenario.topology.services) {
    service.instances.forEach((_, i) => output.instance(service, i));
    output.edges(service);
  }
  output.users();
  if (scenario.probes) output.probes();
  return writer.series;
}

class Output {
  readonly #scenario: Scenario;
  readonly #cluster: Cluster;
  readonly #writer: SeriesWriter;

  constructor(scenario: Scenario, cluster: Cluster, writer: SeriesWriter) {
    this.#scenario = scenario;
    this.#cluster = cluster;
    this.#writer = writer;
  }

  #machine = (node: number): Labels => ({ machine_id: `node-${node}`, system_uuid: `node-${node}` });

  #labels({ name, instances }: Service, instance: number): Labels {
    const { node, pod } = instances[instance]!;
    return { ...this.#machine(node), container_id: `/k8s/shop/${pod}/${name}`, app_id: `/k8s/shop/${name}` };
  }

  #address(service: Service, instance: number): string {
    const host =
      service.role === 'external'
        ? `203.0.113.${service.index + 1}`
        : `10.1.${service.index}.${instance + 1}`;
    return `${host}:${PORT[service.role]}`;
  }

  #lifetime(service: Service, instance: number): Lifetime {
    const down = this.#cluster.effect(service.index).down ?? 0;
    return down > 0 && instance < Math.ceil(down * service.instances.length)
      ? { to: this.#scenario.faultFrom }
      : {};
  }

  /** Usual before the fault, `bad` while it lasts. */
  #during =
    (usual: number, bad: number, index = 0, spread = 1): Course =>
    (at) => {
      const s = this.#cluster.strength(at);
      return (usual + (bad - usual) * s) * (1 + spread * (this.#cluster.jitter(index, at) - 1));
    };

  node(node: number): void {
    const { services } = this.#scenario.topology;
    const labels = this.#machine(node);
    const here = services.flatMap((service) =>
      service.instances.flatMap((one, i) => (one.node === node ? [{ service, i }] : [])),
    );
    const effects = here.map(({ service }) => this.#cluster.effect(service.index));
    const wanted = Math.max(0, ...effects.map((effect) => effect.nodeCpu ?? 0));
    const busy: Course = (at) => {
      const used = here.reduce((sum, { service, i }) => sum + this.#cpu(service, i)(at), 0.3) / 8;
      return Math.min(0.995, Math.max(used, wanted * this.#cluster.strength(at)));
    };
    const disk = Math.max(0.08, ...effects.map((effect) => effect.nodeDisk ?? 0));
    const writer = this.#writer;
    writer.gauge(N.info.name, { ...labels, hostname: `node-${node}`, kernel_version: '6.1' }, () => 1);
    writer.gauge(N.cpuCores.name, labels, () => 8);
    writer.counter(N.cpuUsage.name, { ...labels, mode: 'user' }, (at) => 8 * busy(at));
    writer.counter(N.cpuUsage.name, { ...labels, mode: 'idle' }, (at) => 8 * (1 - busy(at)));
    writer.gauge(N.memoryTotal.name, labels, () => 32 * GIB);
    writer.gauge(N.memoryAvailable.name, labels, () => 20 * GIB);
    writer.counter(N.diskIoTime.name, { ...labels, device: 'sda' }, this.#during(0.08, disk, 0, 0.5));
  }

  #cpu(service: Service, instance: number): Course {
    const { effects, decoyBursts } = this.#scenario;
    const factor = effects.get(service.index)?.cpu ?? 1;
    const burst = decoyBursts.find((one) => one.service === service.index);
    const bad = factor === 1 ? 1 : factor;
    return (at) => {
      const { rate } = this.#cluster.states(at)[service.index]!;
      const usual = 0.02 + (rate * service.cpuPerRequest) / Math.max(1, service.instances.length);
      const s = this.#cluster.strength(at);
      const busy = burst && at > burst.at && at < burst.at + 180_000 ? 1.8 : 1;
      const more = bad === 1 ? 0 : s * Math.max((bad - 1) * usual, bad > 4 ? 0.8 : 0);
      return (usual * busy + more) * (1 + 0.5 * (this.#cluster.jitter(service.index, at + instance) - 1));
    };
  }

  instance(service: Service, i: number): void {
    const writer = this.#writer;
    const labels = this.#labels(service, i);
    const lifetime = this.#lifetime(service, i);
    const effect = this.#cluster.effect(service.index);
    const { index } = service;
    const from = this.#scenario.faultFrom;
    this.#images(service, labels, lifetime);
    writer.gauge(
      C.applicationType.name,
      { ...labels, application_type: TYPE[service.role] },
      () => 1,
      lifetime,
    );
    writer.counter(C.cpuUsage.name, labels, this.#cpu(service, i), lifetime, 40);
    writer.gauge(C.cpuLimit.name, labels, () => 1, lifetime);
    writer.counter(
      C.cpuThrottled.name,
      labels,
      this.#during(0.001, effect.throttled ?? 0.001, index),
      lifetime,
    );
    writer.counter(C.cpuDelay.name, labels, this.#during(0.003, effect.delay ?? 0.003, index), lifetime);
    const base = 120e6 + 7e6 * (index % 5);
    const grows: Course = (at) => {
      if (!effect.memoryTo || at < from) return base * (1 + 0.01 * (this.#cluster.jitter(index, at) - 1));
      const phase = effect.oom ? (((at - from) % 60_000) + 1) / 60_000 : Math.min(1, (at - from) / 60_000);
      return base + (effect.memoryTo - base) * phase;
    };
    writer.gauge(C.memoryRss.name, labels, grows, lifetime);
    writer.gauge(C.memoryLimit.name, labels, () => 512e6, lifetime);
    writer.counter(C.oomKills.name, labels, this.#during(0, effect.oom ? 1 / 60 : 0, index, 0), lifetime);
    writer.counter(
      C.restarts.name,
      labels,
      this.#during(0, (effect.restartsPerMinute ?? 0) / 60, index, 0),
      lifetime,
    );
    const written = { ...labels, mount_point: '/data', device: 'sda', volume: '' };
    writer.counter(
      C.diskWrittenBytes.name,
      written,
      this.#during(2e4, 2e4 + (effect.written ?? 0), index, 2),
      lifetime,
    );
    writer.gauge(C.diskSize.name, written, () => 100e9, lifetime);
    writer.gauge(
      C.diskUsed.name,
      written,
      this.#during(40e9, effect.diskFull ? 99.9e9 : 40e9, index, 0.001),
      lifetime,
    );
    writer.gauge(X.sockets.name, labels, this.#during(30, 30 * (effect.sockets ?? 1), index), lifetime);
    writer.gauge(
      C.tcpListen.name,
      { ...labels, listen_addr: this.#address(service, i), proxy: '' },
      () => 1,
      lifetime,
    );
    this.#logs(service, labels, lifetime);
    this.#inbound(service, labels, lifetime);
  }

  #images(service: Service, labels: Labels, lifetime: Lifetime): void {
    const own = this.#cluster.effect(service.index).newImage ? this.#scenario.faultFrom - 10_000 : undefined;
    const decoy = this.#scenario.decoyDeploys.find((one) => one.service === service.index)?.at;
    const at = own ?? decoy;
    const write = (image: string, more: Lifetime): void =>
      this.#writer.gauge(C.info.name, { ...labels, image }, () => 1, { ...lifetime, ...more });
    if (at === undefined) return write('shop:1', {});
    write('shop:1', { to: Math.min(at, lifetime.to ?? Infinity) });
    write('shop:2', { from: at });
  }

  #logs(service: Service, labels: Labels, lifetime: Lifetime): void {
    const line = (level: string, pattern: string, sample: string, rate: Course): void =>
      this.#writer.counter(
        C.logMessages.name,
        { ...labels, source: 'stdout', level, pattern_hash: pattern, sample },
        rate,
        lifetime,
      );
    const { index } = service;
    line('info', 'aa01', 'request served', (at) => this.#cluster.states(at)[index]!.rate);
    line('error', 'ee01', 'could not parse header', () => 0.004);
    const { logErrors } = this.#cluster.effect(index);
    if (logErrors) line('error', 'ee02', 'unexpected state in handler', this.#during(0, logErrors, index));
    if (service.calls.length > 0)
      line('error', 'ee03', 'upstream call failed', (at) => {
        const below = service.calls.map(({ server }) => this.#cluster.states(at)[server]!.errors);
        const refused = service.calls.map(
          ({ server }) => (this.#cluster.effect(server).refused ?? 0) * this.#cluster.strength(at),
        );
        return Math.min(1, Math.max(0, ...below, ...refused)) * this.#cluster.states(at)[index]!.rate;
      });
  }

  #inbound(service: Service, labels: Labels, lifetime: Lifetime): void {
    const metrics = REQUEST_METRICS[PROTOCOL[service.role]];
    const n = service.instances.length;
    const share: Course = (at) => {
      const refused = (this.#cluster.effect(service.index).refused ?? 0) * this.#cluster.strength(at);
      return (this.#cluster.states(at)[service.index]!.rate * (1 - refused)) / n;
    };
    const errors: Course = (at) => this.#cluster.states(at)[service.index]!.errors;
    const [good, bad] =
      service.role === 'postgres' || service.role === 'redis' ? ['ok', 'failed'] : ['200', '500'];
    this.#writer.counter(
      metrics.inbound.name,
      { ...labels, status: good! },
      (at) => share(at) * (1 - errors(at)),
      lifetime,
    );
    this.#writer.counter(
      metrics.inbound.name,
      { ...labels, status: bad! },
      (at) => share(at) * errors(at),
      lifetime,
    );
    const latency: Course = (at) => this.#cluster.states(at)[service.index]!.latency;
    this.#writer.histogram(metrics.inboundDuration.name, labels, share, latency, lifetime);
  }

  edges(client: Service): void {
    const { services } = this.#scenario.topology;
    client.instances.forEach((_, i) => {
      const labels = this.#labels(client, i);
      const lifetime = this.#lifetime(client, i);
      client.calls.forEach((call, n) => {
        const server = services[call.server]!;
        const rate: Course = (at) =>
          (this.#cluster.states(at)[client.index]!.rate * this.#cluster.times(client, n, at)) /
          client.instances.length;
        const targets = Math.max(1, server.instances.length);
        for (let t = 0; t < targets; t++) this.#edge(labels, lifetime, server, t, (at) => rate(at) / targets);
      });
    });
  }

  #edge(client: Labels, lifetime: Lifetime, server: Service, target: number, rate: Course): void {
    const destination = this.#address(server, target);
    const to = { ...client, destination, actual_destination: destination };
    const effect = this.#cluster.effect(server.index);
    const metrics = REQUEST_METRICS[PROTOCOL[server.role]];
    const refused: Course = (at) => (effect.refused ?? 0) * this.#cluster.strength(at);
    const reached: Course = (at) => rate(at) * (1 - refused(at));
    const errors: Course = (at) => this.#cluster.states(at)[server.index]!.errors;
    const latency: Course = (at) =>
      this.#cluster.states(at)[server.index]!.latency + (effect.rtt ?? 0) * this.#cluster.strength(at);
    const http = PROTOCOL[server.role] === 'http';
    const writer = this.#writer;
    writer.counter(
      metrics.count.name,
      { ...to, status: http ? '200' : 'ok' },
      (at) => reached(at) * (1 - errors(at)),
      lifetime,
    );
    writer.counter(
      metrics.count.name,
      { ...to, status: http ? '500' : 'failed' },
      (at) => reached(at) * errors(at),
      lifetime,
    );
    writer.histogram(metrics.duration.name, to, reached, latency, lifetime);
    writer.gauge(metrics.inFlightAge.name, to, latency, lifetime);
    writer.counter(C.tcpConnects.name, to, (at) => 0.1 * reached(at), lifetime);
    writer.counter(
      C.tcpFailedConnects.name,
      { ...client, destination },
      (at) => rate(at) * refused(at),
      lifetime,
    );
    writer.gauge(C.tcpActive.name, to, () => 5, lifetime);
    writer.counter(
      C.tcpRetransmits.name,
      to,
      (at) => 0.001 * rate(at) + (effect.retransmits ?? 0) * rate(at) * this.#cluster.strength(at),
      lifetime,
    );
    writer.gauge(
      C.netLatency.name,
      { ...client, destination_ip: destination.split(':')[0]! },
      this.#during(0.0004, 0.0004 + (effect.rtt ?? 0), server.index),
      lifetime,
    );
  }

  /** Users come through a load balancer that is observed as well. */
  users(): void {
    const frontend = this.#scenario.topology.services[0]!;
    const labels = { ...this.#machine(0), container_id: '/k8s/edge/balancer-0/balancer', app_id: '' };
    this.#writer.gauge(C.info.name, { ...labels, image: 'lb:1' }, () => 1);
    this.#writer.counter(C.cpuUsage.name, labels, () => 0.05);
    frontend.instances.forEach((_, t) =>
      this.#edge(
        labels,
        {},
        frontend,
        t,
        (at) => this.#cluster.states(at)[0]!.rate / frontend.instances.length,
      ),
    );
  }

  probes(): void {
    for (const service of this.#scenario.topology.services) {
      const effect = this.#cluster.effect(service.index);
      const address = { address: this.#address(service, 0) };
      const writer = this.#writer;
      if (service.role === 'postgres') {
        writer.gauge(P.up.name, address, () => 1);
        writer.gauge(
          P.latency.name,
          { ...address, summary: 'avg' },
          (at) => this.#cluster.states(at)[service.index]!.latency,
        );
        writer.gauge(P.connections.name, { ...address, db: 'shop', state: 'active' }, () => 8);
        writer.gauge(P.setting.name, { ...address, name: 'max_connections', unit: '' }, () => 200);
        const query = (text: string): Labels => ({ ...address, db: 'shop', user: 'shop', query: text });
        writer.counter(
          P.topQueryTime.name,
          query('SELECT ? FROM orders'),
          this.#during(0.1, effect.slowQueries ? 4 : 0.1, service.index),
        );
        if (effect.lock)
          writer.gauge(
            P.lockAwaitingQueries.name,
            { ...address, db: 'shop', user: 'shop', blocking_query: 'ALTER TABLE orders' },
            this.#during(0, 9, service.index, 0),
          );
      }
      if (service.role === 'redis') {
        writer.gauge(R.up.name, address, () => 1);
        writer.counter(
          R.commands.name,
          { ...address, cmd: 'get' },
          (at) => this.#cluster.states(at)[service.index]!.rate,
        );
        writer.counter(
          R.commandTime.name,
          { ...address, cmd: 'get' },
          (at) => 0.0001 * this.#cluster.states(at)[service.index]!.rate,
        );
        if (effect.slowCommand) {
          writer.counter(R.commands.name, { ...address, cmd: 'keys' }, this.#during(0, 1, service.index, 0));
          writer.counter(
            R.commandTime.name,
            { ...address, cmd: 'keys' },
            this.#during(0, 0.8, service.index, 0),
          );
        }
      }
    }
  }
}

export const rangeFrom = (start: number, minutes: number): TimeRange => ({
  from: milliseconds(start),
  to: milliseconds(start + minutes * 60_000),
});
