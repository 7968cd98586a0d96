import { FailureError } from '@gumshoe/base/failure';
import type { Labels } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { LogRecord, Reader, Span } from '@gumshoe/engine/ports';
import { historyFor } from '@gumshoe/engine/world-source';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { ApplicationId } from '@gumshoe/model/entities';
import { modelMetrics } from '@gumshoe/model/read-list';
import type { Application, World } from '@gumshoe/model/world';

/** Which part of a source belongs into a snapshot. */
export interface Scope {
  /** Names of the applications, sorted, for people. */
  readonly applications: readonly string[];
  readonly series: (labels: Labels) => boolean;
  readonly span: (span: Span) => boolean;
  readonly log: (record: LogRecord) => boolean;
  readonly service: (name: string) => boolean;
}

/** Applications within so many dependencies of the given one, in either direction. */
export function neighbourhood(world: World, centre: ApplicationId, depth: number): readonly Application[] {
  let border = new Set([centre]);
  const reached = new Set(border);
  for (let step = 0; step < depth; step++) {
    const next = new Set<ApplicationId>();
    for (const { client, server } of world.dependencies) {
      if (border.has(client) && !reached.has(server)) next.add(server);
      if (border.has(server) && !reached.has(client)) next.add(client);
    }
    for (const id of next) reached.add(id);
    border = next;
  }
  return world.applications.filter(({ id }) => reached.has(id));
}

/**
 * The scope around an application of a source, by id or name. Rejects with FailureError: `not-found`
 * lists what there is, `invalid-input` which applications share the name.
 */
export async function scopeAround(
  reader: Reader,
  range: TimeRange,
  application: string,
  depth: number,
  signal?: AbortSignal,
): Promise<Scope> {
  const history = historyFor(range);
  const wide = { from: milliseconds(range.from - history), to: range.to };
  const world = buildWorld(await reader.series(modelMetrics, wide, signal), range, { history });
  const ofId = world.applications.filter(({ id }) => id === application);
  const found = ofId.length > 0 ? ofId : world.applications.filter(({ name }) => name === application);
  if (found.length > 1)
    throw new FailureError({
      code: 'invalid-input',
      tried: 'find an application',
      target: application,
      reason: `${found.length} applications have this name`,
      remedy: `one of: ${found.map(({ id }) => id).join(', ')}`,
    });
  if (found[0]) return scopeOf(world, neighbourhood(world, found[0].id, depth));
  const known = world.applications.map(({ name }) => name).sort();
  throw new FailureError({
    code: 'not-found',
    tried: 'find an application',
    target: application,
    reason: 'it has no samples in the window',
    remedy: `known: ${known.slice(0, 50).join(', ') || 'none'}${known.length > 50 ? ' …' : ''}`,
  });
}

/** `/k8s/NAMESPACE/POD/CONTAINER` without the container: sidecars and the pod's own network go with it. */
const podOf = (containerId: string): string =>
  containerId.startsWith('/k8s/') ? containerId.split('/').slice(0, 4).join('/') : containerId;

/**
 * What is measured of some applications: of their containers and the nodes they run on, of databases at their addresses,
 * and of requests at either end. Series that name none of these are of the whole source and stay.
 */
export function scopeOf(world: World, applications: readonly Application[]): Scope {
  const ids = new Set(applications.map(({ id }) => id));
  const instances = applications.flatMap((one) => one.instances);
  // spans of a service that no series names go by the name of its application
  const services = new Set(applications.flatMap(({ name, serviceNames }) => [name, ...serviceNames]));
  const containers = new Set(instances.flatMap((one) => one.containerIds.map(podOf)));
  const pods = new Set(instances.map(({ id }) => String(id)));
  const nodes = new Set(instances.map(({ node }) => String(node)));
  const addresses = new Set(instances.flatMap((one) => one.addresses));
  for (const { server, links } of world.dependencies)
    if (ids.has(server))
      for (const { destination, actualDestination } of links) {
        addresses.add(destination);
        addresses.add(actualDestination);
      }
  const has = (set: ReadonlySet<string>, value: string | undefined): boolean =>
    value !== undefined && value !== '' && set.has(value);
  const ours = (service: string, container: string): boolean =>
    has(services, service) || has(containers, podOf(container));
  return {
    applications: applications.map(({ name }) => name).sort(),
    service: (name) => services.has(name),
    span: ({ serviceName, containerId }) => ours(serviceName, containerId),
    log: ({ serviceName, containerId }) => ours(serviceName, containerId),
    series: (labels) => {
      const container = labels['container_id'] ?? '';
      if (has(containers, podOf(container))) return true;
      // spans tell of containers that nothing else may know
      if (labels['service_name'] || labels['client_service_name'])
        return has(services, labels['service_name']) || has(services, labels['client_service_name']);
      if (container !== '') return false;
      if (labels['address']) return addresses.has(labels['address']);
      if (labels['pod']) return pods.has(labels['pod']);
      return labels['machine_id'] ? nodes.has(labels['machine_id']) : true;
    },
  };
}
