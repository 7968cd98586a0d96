import type { Labels } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { CONTAINER_METRICS as C, REQUEST_METRICS } from '@gumshoe/schema/metrics/container';
import { KUBERNETES_METRICS as K } from '@gumshoe/schema/metrics/kubernetes';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { buildWorld, type WorldOptions } from '../build/build-world.ts';
import type { World } from '../world.ts';
import { SeriesWriter, type Lifetime } from './series-writer.ts';

export const SMALL_FROM = 1_790_000_000_000;

export interface PodOptions {
  readonly ip?: string;
  readonly owner?: readonly [kind: string, name: string];
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly node?: string;
  readonly hostNetwork?: boolean;
  readonly lifetime?: Lifetime;
}

/** A few lines make a world: containers, sockets, requests, pods. One cluster, or a part of several. */
export class SmallWorld {
  readonly range: TimeRange;
  readonly writer: SeriesWriter;
  readonly #base: Labels;

  constructor(seconds = 300, base: Labels = {}, writer?: SeriesWriter) {
    this.range = { from: milliseconds(SMALL_FROM), to: milliseconds(SMALL_FROM + seconds * 1000) };
    this.writer = writer ?? new SeriesWriter(this.range, 15_000);
    this.#base = base;
  }

  build(options: WorldOptions = {}): World {
    return buildWorld(this.writer.series, this.range, options);
  }

  gauge(metric: { readonly name: string }, labels: Labels, lifetime: Lifetime = {}, value = 1): this {
    this.writer.gauge(metric.name, { ...this.#base, ...labels }, () => value, lifetime);
    return this;
  }

  counter(metric: { readonly name: string }, labels: Labels, rate = 1, lifetime: Lifetime = {}): this {
    this.writer.counter(metric.name, { ...this.#base, ...labels }, () => rate, lifetime);
    return this;
  }

  node(name: string, ...ips: readonly string[]): this {
    this.gauge(N.info, { machine_id: name, system_uuid: `uuid-${name}`, hostname: name });
    for (const ip of ips) this.gauge(N.netInterfaceIp, { machine_id: name, interface: 'eth0', ip });
    return this;
  }

  container(id: string, node = 'one', lifetime: Lifetime = {}): this {
    return this.counter(C.cpuUsage, { machine_id: node, container_id: id }, 0.1, lifetime);
  }

  listen(id: string, address: string, node = 'one', proxy = '', lifetime: Lifetime = {}): this {
    return this.gauge(
      C.tcpListen,
      { machine_id: node, container_id: id, listen_addr: address, proxy },
      lifetime,
    );
  }

  /** Ten HTTP requests a second. */
  request(id: string, destination: string, actual = destination, node = 'one', lifetime: Lifetime = {}): this {
    const labels = { machine_id: node, container_id: id, destination, actual_destination: actual };
    this.counter(C.tcpConnects, labels, 1, lifetime);
    return this.counter(REQUEST_METRICS.http.count, { ...labels, status: '200' }, 10, lifetime);
  }

  pod(namespace: string, pod: string, options: PodOptions = {}): this {
    const { ip = '', owner, node = 'one', lifetime = {} } = options;
    const of = { namespace, pod, uid: `uid-${pod}` };
    const [kind, name] = owner ?? ['<none>', '<none>'];
    this.gauge(
      K.podInfo,
      {
        ...of,
        node,
        pod_ip: ip,
        host_ip: '192.168.0.1',
        host_network: String(options.hostNetwork ?? false),
        created_by_kind: kind,
        created_by_name: name,
      },
      lifetime,
    );
    if (options.labels) this.gauge(K.podLabels, { ...of, ...options.labels }, lifetime);
    if (options.annotations) this.gauge(K.podAnnotations, { ...of, ...options.annotations }, lifetime);
    return this;
  }
}

/** Ids of applications, sorted. */
export const idsOf = (world: World): readonly string[] => world.applications.map(({ id }) => id);

/** `client→server` by name, sorted. */
export const edgesOf = (world: World): readonly string[] =>
  world.dependencies
    .map(({ client, server }) => `${world.byId.get(client)!.name}→${world.byId.get(server)!.name}`)
    .sort();
