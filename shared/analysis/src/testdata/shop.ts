import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { noise, SeriesWriter, type Course, type Lifetime } from '@gumshoe/model/testdata/series-writer';
import { CONTAINER_METRICS as C, REQUEST_METRICS, type Protocol } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { POSTGRES_METRICS as P } from '@gumshoe/schema/metrics/postgres';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { Fault } from './faults.ts';

/** What one request path looks like at an instant. */
export interface EdgeCourse {
  /** Completed requests per second. */
  readonly rate: Course;
  /** Failed ones among them per second, and their status label. */
  readonly failed?: Course;
  readonly failedStatus?: string;
  /** Mean latency in seconds, as the client and as the server sees it. */
  readonly latency: Course;
  readonly servedLatency?: Course;
  /** Age of the oldest request without an answer, seconds. */
  readonly oldest?: Course;
  /** Failed connection attempts per second. */
  readonly refused?: Course;
  /** Why, in the words of the catalogue; nobody counts reasons without it. */
  readonly errorType?: string;
}

export interface UnitCourse {
  /** cores */
  readonly cpu?: Course;
  /** bytes */
  readonly rss?: Course;
  readonly memoryLimit?: number;
  readonly oomKills?: Course;
  readonly restarts?: Course;
  readonly lifetime?: Lifetime;
  /** 1 while listening; follows the lifetime where it is not given. */
  readonly listening?: Course;
}

/** Departures from the healthy shop. Keys: unit names, and `client→server`. */
export interface ShopFault {
  readonly units?: Readonly<Record<string, UnitCourse>>;
  readonly edges?: Readonly<Record<string, Partial<EdgeCourse>>>;
  /** Busy cores of the node. */
  readonly nodeCpu?: Course;
  /** Waiting queries and who blocks them. */
  readonly lockWaits?: { readonly blockingQuery: string; readonly waiting: Course };
  /** A client that appears with the fault. */
  readonly newcomer?: {
    readonly unit: string;
    readonly server: string;
    readonly lifetime: Lifetime;
    readonly course: EdgeCourse;
  };
  /** Seconds per second spent in one Redis command. */
  readonly redisCommand?: { readonly command: string; readonly time: Course; readonly running: Course };
}

export interface ShopOptions {
  readonly fault?: Fault;
  readonly range?: TimeRange;
  /** ms between samples */
  readonly interval?: number;
  /** When the fault begins and ends, ms after the range's start; it lasts to the end without an end. */
  readonly faultFrom?: number;
  readonly faultTo?: number;
  /** Whether the database probes report. */
  readonly probes?: boolean;
  readonly seed?: number;
  /** Prefix of machine id, addresses and slice, to have two shops in one world. */
  readonly name?: string;
}

export const SHOP_RANGE: TimeRange = {
  from: milliseconds(1_790_000_000_000),
  to: milliseconds(1_790_000_000_000 + 240_000),
};

const UNITS: Readonly<Record<string, { readonly type: string; readonly port: number; readonly ip: string }>> = {
  loadgen: { type: 'nodejs', port: 0, ip: '10.77.0.9' },
  frontend: { type: 'nginx', port: 80, ip: '10.77.0.2' },
  'api@1': { type: 'nodejs', port: 3000, ip: '10.77.0.3' },
  'api@2': { type: 'nodejs', port: 3000, ip: '10.77.0.4' },
  orders: { type: 'python', port: 8000, ip: '10.77.0.5' },
  postgres: { type: 'postgres', port: 5432, ip: '10.77.0.6' },
  redis: { type: 'redis', port: 6379, ip: '10.77.0.7' },
};

interface EdgeSpec {
  readonly client: string;
  readonly server: string;
  readonly protocol: Protocol;
  readonly rate: number;
  readonly latency: number;
}

const EDGES: readonly EdgeSpec[] = [
  { client: 'loadgen', server: 'frontend', protocol: 'http', rate: 60, latency: 0.02 },
  { client: 'frontend', server: 'api@1', protocol: 'http', rate: 30, latency: 0.017 },
  { client: 'frontend', server: 'api@2', protocol: 'http', rate: 30, latency: 0.017 },
  { client: 'api@1', server: 'redis', protocol: 'redis', rate: 30, latency: 0.0006 },
  { client: 'api@2', server: 'redis', protocol: 'redis', rate: 30, latency: 0.0006 },
  { client: 'api@1', server: 'orders', protocol: 'http', rate: 15, latency: 0.012 },
  { client: 'api@2', server: 'orders', protocol: 'http', rate: 15, latency: 0.012 },
  { client: 'orders', server: 'postgres', protocol: 'postgres', rate: 60, latency: 0.003 },
];

const CPU: Readonly<Record<string, number>> = { frontend: 0.05, orders: 0.12, postgres: 0.08, redis: 0.02 };

/** Series of the shop over a few minutes, as its collector and its probes would write them. */
export function shopSeries(options: ShopOptions = {}): readonly Series[] {
  const range = options.range ?? SHOP_RANGE;
  const writer = new SeriesWriter(range, options.interval ?? 5000);
  const from = range.from + (options.faultFrom ?? 150_000);
  const to = range.from + (options.faultTo ?? Number.MAX_SAFE_INTEGER / 2);
  const fault = options.fault?.({ from, to }) ?? {};
  const shop = new Shop(writer, fault, options);
  shop.writeNode();
  for (const name of Object.keys(UNITS)) shop.writeUnit(name);
  for (const edge of EDGES) shop.writeEdge(edge);
  shop.writeNewcomer();
  shop.writeInbound();
  if (options.probes ?? true) shop.writeProbes();
  return writer.series;
}

class Shop {
  readonly #writer: SeriesWriter;
  readonly #fault: ShopFault;
  readonly #name: string;
  readonly #random: () => number;
  readonly #served = new Map<string, { spec: EdgeSpec; course: EdgeCourse }[]>();

  constructor(writer: SeriesWriter, fault: ShopFault, options: ShopOptions) {
    this.#writer = writer;
    this.#fault = fault;
    this.#name = options.name ?? 'demo';
    this.#random = noise(options.seed ?? 7);
  }

  get #node() {
    return { machine_id: `machine-${this.#name}`, system_uuid: 'uuid' };
  }

  #labels(unit: string) {
    const container_id = `/gumshoe-${this.#name}.slice/${unit}.service`;
    return { ...this.#node, container_id, app_id: '' };
  }

  #address(unit: string): string {
    const { ip, port } = UNITS[unit]!;
    const prefix = this.#name === 'demo' ? ip : ip.replace('10.77', '10.88');
    return `${prefix}:${port}`;
  }

  #jitter(course: Course, part = 0.05): Course {
    return (at) => course(at) * (1 + part * (this.#random() - 0.5));
  }

  writeNode(): void {
    const writer = this.#writer;
    const busy = this.#fault.nodeCpu ?? (() => 0.6);
    writer.gauge(N.info.name, { ...this.#node, hostname: `host-${this.#name}`, kernel_version: '6.1' }, () => 1);
    writer.gauge(N.cpuCores.name, this.#node, () => 2);
    writer.counter(N.cpuUsage.name, { ...this.#node, mode: 'user' }, this.#jitter(busy));
    writer.counter(N.cpuUsage.name, { ...this.#node, mode: 'idle' }, (at) => 2 - busy(at));
    writer.gauge(N.memoryTotal.name, this.#node, () => 24e9);
    writer.gauge(N.memoryAvailable.name, this.#node, () => 18e9);
  }

  writeUnit(name: string): void {
    const writer = this.#writer;
    const labels = this.#labels(name);
    const unit = this.#fault.units?.[name] ?? {};
    const lifetime = unit.lifetime ?? {};
    writer.gauge(C.info.name, { ...labels, image: '', systemd_type: 'simple' }, () => 1, lifetime);
    writer.gauge(C.applicationType.name, { ...labels, application_type: UNITS[name]!.type }, () => 1, lifetime);
    writer.counter(C.cpuUsage.name, labels, this.#jitter(unit.cpu ?? (() => CPU[name] ?? 0.15)), lifetime, 40);
    writer.gauge(C.memoryRss.name, labels, this.#jitter(unit.rss ?? (() => 60e6), 0.01), lifetime);
    if (unit.memoryLimit) writer.gauge(C.memoryLimit.name, labels, () => unit.memoryLimit!, lifetime);
    writer.counter(C.oomKills.name, labels, unit.oomKills ?? (() => 0), lifetime);
    writer.counter(C.restarts.name, labels, unit.restarts ?? (() => 0), lifetime);
    if (UNITS[name]!.port > 0) {
      const listening = unit.listening ?? (() => 1);
      writer.gauge(C.tcpListen.name, { ...labels, listen_addr: this.#address(name), proxy: '' }, listening, lifetime);
    }
  }

  writeEdge(spec: EdgeSpec): void {
    const writer = this.#writer;
    const change = this.#fault.edges?.[`${spec.client}→${spec.server}`] ?? {};
    const course: EdgeCourse = { rate: () => spec.rate, latency: () => spec.latency, ...change };
    this.#served.set(spec.server, [...(this.#served.get(spec.server) ?? []), { spec, course }]);
    const destination = this.#address(spec.server);
    const labels = this.#labels(spec.client);
    const to = { ...labels, destination, actual_destination: destination };
    const lifetime = this.#fault.units?.[spec.client]?.lifetime ?? {};
    const metrics = REQUEST_METRICS[spec.protocol];
    const good = this.#jitter((at) => course.rate(at) - (course.failed?.(at) ?? 0));
    writer.counter(metrics.count.name, { ...to, status: okStatus(spec.protocol) }, good, lifetime);
    this.#writeFailed(metrics.count.name, to, spec, course, lifetime);
    writer.histogram(metrics.duration.name, to, course.rate, course.latency, lifetime);
    writer.gauge(metrics.inFlightAge.name, to, course.oldest ?? (() => 0), lifetime);
    writer.counter(C.tcpConnects.name, to, () => 0.2, lifetime);
    writer.counter(C.tcpConnectTime.name, to, () => 0.0001, lifetime);
    writer.counter(C.tcpFailedConnects.name, { ...labels, destination }, course.refused ?? (() => 0), lifetime);
    if (course.refused && course.errorType !== undefined) {
      const reason = { ...labels, destination, error_type: course.errorType };
      writer.counter(C.tcpConnectErrors.name, reason, course.refused, lifetime);
    }
    writer.gauge(C.tcpActive.name, to, () => 5, lifetime);
    writer.counter(C.tcpRetransmits.name, to, () => 0, lifetime);
    writer.counter(C.tcpBytesSent.name, to, (at) => 300 * course.rate(at), lifetime);
    writer.counter(C.tcpBytesReceived.name, to, (at) => 900 * course.rate(at), lifetime);
    writer.gauge(C.netLatency.name, { ...labels, destination_ip: destination.split(':')[0]! }, () => 0.0001, lifetime);
  }

  writeNewcomer(): void {
    const { newcomer } = this.#fault;
    if (!newcomer) return;
    const { unit, server, lifetime, course } = newcomer;
    const labels = this.#labels(unit);
    this.#writer.gauge(C.info.name, { ...labels, image: '' }, () => 1, lifetime);
    this.#writer.counter(C.cpuUsage.name, labels, () => 0.01, lifetime);
    const destination = this.#address(server);
    const to = { ...labels, destination, actual_destination: destination };
    const { protocol } = EDGES.find((edge) => edge.server === server)!;
    const metrics = REQUEST_METRICS[protocol];
    this.#writer.counter(metrics.count.name, { ...to, status: 'ok' }, course.rate, lifetime);
    this.#writer.histogram(metrics.duration.name, to, course.rate, course.latency, lifetime);
    this.#writer.gauge(metrics.inFlightAge.name, to, course.oldest ?? (() => 0), lifetime);
    this.#writer.counter(C.tcpConnects.name, to, () => 0.2, lifetime);
  }

  /** A status appears as a series only with its first request. */
  #writeFailed(
    metric: string,
    labels: Readonly<Record<string, string>>,
    spec: EdgeSpec,
    course: EdgeCourse,
    lifetime: Lifetime,
  ): void {
    const { failed } = course;
    if (!failed) return;
    const status = course.failedStatus ?? (spec.protocol === 'http' ? '502' : 'failed');
    const before = this.#writer.series.length;
    this.#writer.counter(metric, { ...labels, status }, failed, lifetime);
    const written = this.#writer.series[before];
    if (!written) return;
    const first = written.values.findIndex((value) => value > 0);
    this.#writer.series.length = before;
    if (first < 0) return;
    const { timestamps, values } = written;
    this.#writer.series.push({
      labels: written.labels,
      timestamps: timestamps.slice(first),
      values: values.slice(first),
    });
  }

  writeInbound(): void {
    for (const [server, parts] of this.#served) {
      const { protocol } = parts[0]!.spec;
      const metrics = REQUEST_METRICS[protocol];
      const labels = this.#labels(server);
      const lifetime = this.#fault.units?.[server]?.lifetime ?? {};
      const rate: Course = (at) => sum(parts, ({ course }) => course.rate(at));
      const failed: Course = (at) => sum(parts, ({ course }) => course.failed?.(at) ?? 0);
      const latency: Course = (at) =>
        sum(parts, ({ course }) => (course.servedLatency ?? course.latency)(at)) / parts.length;
      this.#writer.counter(metrics.inbound.name, { ...labels, status: okStatus(protocol) }, (at) => rate(at) - failed(at), lifetime);
      if (parts.some(({ course }) => course.failed)) {
        this.#writeFailed(metrics.inbound.name, labels, parts[0]!.spec, { ...parts[0]!.course, failed }, lifetime);
      }
      this.#writer.histogram(metrics.inboundDuration.name, labels, rate, latency, lifetime);
    }
  }

  writeProbes(): void {
    const postgres = { address: this.#address('postgres') };
    this.#writer.gauge(P.up.name, postgres, () => 1);
    this.#writer.gauge(P.latency.name, { ...postgres, summary: 'avg' }, () => 0.002);
    this.#writer.gauge(P.connections.name, { ...postgres, db: 'shop', state: 'active' }, () => 4);
    this.#writer.gauge(P.setting.name, { ...postgres, name: 'max_connections', unit: '' }, () => 100);
    const { lockWaits, redisCommand } = this.#fault;
    if (lockWaits) {
      const labels = { ...postgres, db: 'shop', user: 'shop', blocking_query: lockWaits.blockingQuery };
      this.#writer.gauge(P.lockAwaitingQueries.name, labels, lockWaits.waiting);
    }
    const redis = { address: this.#address('redis') };
    this.#writer.gauge(R.up.name, redis, () => 1);
    this.#writer.counter(R.commands.name, { ...redis, cmd: 'get' }, () => 60);
    this.#writer.counter(R.commandTime.name, { ...redis, cmd: 'get' }, () => 0.0003);
    if (!redisCommand) return;
    const cmd = redisCommand.command;
    this.#writer.counter(R.commands.name, { ...redis, cmd }, (at) => (redisCommand.time(at) > 0 ? 1 : 0));
    this.#writer.counter(R.commandTime.name, { ...redis, cmd }, redisCommand.time);
    this.#writer.gauge(R.scriptRunning.name, { ...redis, cmd }, redisCommand.running);
  }
}

const okStatus = (protocol: Protocol): string => (protocol === 'http' ? '200' : 'ok');

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
