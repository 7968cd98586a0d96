import type { NodeId } from '@gumshoe/model/entities';
import type { Application, Node, World } from '@gumshoe/model/world';
import { generationsOf } from '../deployments/generations.ts';
import { rateWindow, selectApplication } from '../evidence.ts';
import type { ServiceLevel } from '../slo/evaluate.ts';
import type { Neighbour, Signals, Subject } from './define.ts';

/** What is looked up for every application, found once per world. */
export interface WorldIndex {
  readonly nodes: ReadonlyMap<NodeId, Node>;
  readonly tenants: ReadonlyMap<NodeId, readonly Neighbour[]>;
}

export function indexWorld(world: World): WorldIndex {
  const tenants = new Map<NodeId, Neighbour[]>();
  for (const application of world.applications) {
    for (const instance of application.instances) {
      const list = tenants.get(instance.node);
      if (list) list.push({ application, instance });
      else tenants.set(instance.node, [{ application, instance }]);
    }
  }
  return { nodes: new Map(world.nodes.map((node) => [node.id, node])), tenants };
}

/** What the inspections of one application get to see. */
export function subjectOf(
  world: World,
  application: Application,
  serviceLevel: ServiceLevel,
  index: WorldIndex = indexWorld(world),
): Subject & Signals {
  const nodes = [...new Set(application.instances.map((instance) => instance.node))].sort();
  const { id, name, namespace, kind, type } = application;
  return {
    application: { id, name, namespace, kind, ...(type === undefined ? {} : { type }) },
    range: world.range,
    grid: world.grid,
    window: world.window,
    interval: world.interval,
    select: (metric, ...matchers) => selectApplication(application, metric, ...matchers),
    rateWindow: rateWindow(world),
    nameOf: (other) => world.byId.get(other)?.name ?? other,
    recent: Math.max(2, Math.ceil((3 * world.interval) / world.grid.step)),
    serviceLevel,
    instances: application.instances,
    replicas: application.replicas,
    generations: kind === 'Deployment' ? generationsOf(world, application) : [],
    nodes: nodes.flatMap((node) => index.nodes.get(node) ?? []),
    neighbours: new Map(nodes.map((node) => [node, index.tenants.get(node) ?? []])),
    upstreams: application.upstreams,
    downstreams: application.downstreams,
    postgres: application.postgres,
    redis: application.redis,
    mysql: application.mysql,
    mongodb: application.mongodb,
    memcached: application.memcached,
    consumerLags: application.consumerLags,
    postgresBackups: application.postgresBackups,
    logs: application.logs,
    dns: application.dns,
    certificates: application.certificates,
  };
}
