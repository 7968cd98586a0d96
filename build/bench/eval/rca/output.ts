import type { Labels } from '@gumshoe/base/series';
import type { Course, Lifetime, SeriesWriter } from '@gumshoe/model/testdata/series-writer';
import type { Protocol } from '@gumshoe/schema/metrics/container';
import type { Cluster } from './cluster.ts';
import { externalAddress, replicasOf, type Replica, type Scenario } from './scenario.ts';
import type { Service } from './topology.ts';

export const PROTOCOL: Readonly<Record<Service['role'], Protocol>> = {
  frontend: 'http',
  service: 'http',
  external: 'http',
  postgres: 'postgres',
  redis: 'redis',
};

/** What everything that writes series of a cluster needs. */
export class Output {
  readonly scenario: Scenario;
  readonly cluster: Cluster;
  readonly writer: SeriesWriter;
  readonly #replicas = new Map<number, readonly Replica[]>();

  constructor(scenario: Scenario, cluster: Cluster, writer: SeriesWriter) {
    this.scenario = scenario;
    this.cluster = cluster;
    this.writer = writer;
  }

  machine = (node: number): Labels => ({ machine_id: `node-${node}`, system_uuid: `node-${node}` });

  replicas(service: Service): readonly Replica[] {
    let known = this.#replicas.get(service.index);
    if (known === undefined) this.#replicas.set(service.index, (known = replicasOf(this.scenario, service)));
    return known;
  }

  labels(service: Service, { node, pod, slot }: Replica): Labels {
    if (this.scenario.mode.kubernetes)
      return {
        ...this.machine(node),
        container_id: `/k8s/shop/${pod}/${service.name}`,
        app_id: `/k8s/shop/${service.name}`,
      };
    return {
      ...this.machine(node),
      container_id: `/shop.slice/${service.name}@${slot + 1}.service`,
      app_id: '',
    };
  }

  /** Addresses at which a service can be reached, with the time of each. */
  targets(service: Service): readonly Replica[] {
    if (service.role !== 'external') return this.replicas(service);
    return [{ slot: 0, node: 0, pod: '', image: '', address: externalAddress(service) }];
  }

  lifetime = ({ from, to }: Replica): Lifetime => ({
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });

  /** Whether a replica takes requests at an instant, and how many do. */
  share(service: Service, replica: Replica): Course {
    const all = this.targets(service);
    const alive = (one: Replica, at: number): boolean =>
      at > (one.from ?? -Infinity) && at <= (one.to ?? Infinity);
    return (at) => {
      if (!alive(replica, at)) return 0;
      return 1 / Math.max(1, all.filter((one) => alive(one, at)).length);
    };
  }

  /** Whether this is the one that suffers, when only one does. */
  spared(service: Service, index: number): boolean {
    const { oneReplica } = this.cluster.effect(service.index);
    return oneReplica === true && this.replicas(service)[index]!.pod !== this.#suffering(service).pod;
  }

  /** The newest replica in the first place: after a canary, the changed one. */
  #suffering(service: Service): Replica {
    const all = this.replicas(service);
    return all.find((one) => one.from !== undefined) ?? all[0]!;
  }

  /** Usual before the fault, `bad` while it lasts. */
  during =
    (usual: number, bad: number, index = 0, spread = 1): Course =>
    (at) => {
      const s = this.cluster.strength(at);
      return (usual + (bad - usual) * s) * (1 + spread * (this.cluster.jitter(index, at) - 1));
    };
}
