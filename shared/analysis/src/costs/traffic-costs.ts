import type { ApplicationId, InstanceId, NodeId } from '@gumshoe/model/entities';
import type { Application, Dependency, World } from '@gumshoe/model/world';
import { hostOf, isPublicAddress } from '../risks/public-address.ts';
import { meanOverAll } from './over-window.ts';

export interface TrafficCosts {
  /** bytes/second sent to other zones; undefined when zones are not known */
  readonly crossZone?: number;
  /** False: some connections of a dependency cross zones and some do not; their bytes are split by number. */
  readonly crossZoneExact: boolean;
  /** bytes/second sent to addresses of the internet */
  readonly internet: number;
}

/** `zones` of all nodes; '' where nobody says. */
export function trafficOf(
  world: World,
  application: Application,
  zones: ReadonlyMap<NodeId, string>,
): TrafficCosts {
  const known = [...zones.values()].every((zone) => zone !== '') && zones.size > 0;
  let crossZone = 0;
  let crossZoneExact = true;
  let internet = 0;
  for (const dependency of application.upstreams) {
    const sent = meanOverAll(dependency.tcp.bytesSent, world.window);
    const { links } = dependency;
    const out = links.filter(({ actualDestination }) => isPublicAddress(hostOf(actualDestination)));
    if (links.length > 0) internet += (sent * out.length) / links.length;
    const part = crossingPart(world, dependency, zones);
    crossZone += sent * part;
    if (part > 0 && part < 1) crossZoneExact = false;
  }
  return { ...(known ? { crossZone } : {}), crossZoneExact, internet };
}

/** Part of a dependency's connections whose two ends are in different zones, 0..1. */
function crossingPart(world: World, dependency: Dependency, zones: ReadonlyMap<NodeId, string>): number {
  const clients = nodesOf(world, dependency.client);
  const servers = nodesOf(world, dependency.server);
  let crossing = 0;
  let known = 0;
  for (const { clientInstance, serverInstance } of dependency.links) {
    const from = zones.get(clients.get(clientInstance) ?? ('' as NodeId));
    const to = serverInstance && zones.get(servers.get(serverInstance) ?? ('' as NodeId));
    if (!from || !to) continue;
    known++;
    if (from !== to) crossing++;
  }
  return known > 0 ? crossing / known : 0;
}

const nodesOf = (world: World, id: ApplicationId): ReadonlyMap<InstanceId, NodeId> =>
  new Map(world.byId.get(id)?.instances.map((instance) => [instance.id, instance.node]));
