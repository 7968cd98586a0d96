import { countOf, maxOf, meanOf, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId, InstanceId, NodeId } from '@gumshoe/model/entities';
import type { Application, CellRange, Column, Dependency, World } from '@gumshoe/model/world';
import { hostOf, isPublicAddress } from '../risks/public-address.ts';
import { GIB, MONTH_HOURS, type PriceSettings } from './prices.ts';

/** What one application uses, and what that costs if the window is a month long. */
export interface ApplicationCosts {
  readonly application: ApplicationId;
  /** Mean over the window, summed over instances. */
  readonly cpuCores: number;
  /** bytes */
  readonly memory: number;
  /** What it may use at most; NaN without limits on all instances. */
  readonly cpuLimit: number;
  readonly memoryLimit: number;
  /** What it may use and never did in the window: limits less the peak; NaN without limits on all instances. */
  readonly unusedCpu: number;
  readonly unusedMemory: number;
  /** Part of what all nodes have, 0..1; NaN when that is unknown. */
  readonly cpuShare: number;
  readonly memoryShare: number;
  readonly traffic: TrafficCosts;
  /** Absent without prices; per month, in their currency. */
  readonly monthly?: MonthlyCosts;
}

export interface TrafficCosts {
  /** bytes/second sent to other zones; undefined when zones are not known */
  readonly crossZone?: number;
  /** False: some connections of a dependency cross zones and some do not; their bytes are split by number. */
  readonly crossZoneExact: boolean;
  /** bytes/second sent to addresses of the internet */
  readonly internet: number;
}

export interface MonthlyCosts {
  readonly cpu: number;
  readonly memory: number;
  readonly traffic: number;
  readonly total: number;
  /** Per million requests; NaN without requests. */
  readonly perMillionRequests: number;
}

export interface NodeCosts {
  readonly node: NodeId;
  readonly cores: number;
  /** bytes */
  readonly memory: number;
  /** Part that no application uses, 0..1. */
  readonly idleCpu: number;
  readonly idleMemory: number;
  readonly monthly?: number;
}

export interface Costs {
  /** Dearest first; without prices by CPU. */
  readonly applications: readonly ApplicationCosts[];
  readonly nodes: readonly NodeCosts[];
  readonly prices?: PriceSettings;
}

/** Shares and costs of the window. Pure: prices come from the configuration. */
export function findCosts(world: World, prices?: PriceSettings): Costs {
  const cores = world.nodes.reduce((sum, node) => sum + node.cores, 0);
  const memory = world.nodes.reduce((sum, node) => sum + (meanOf(node.memoryTotal, world.window) || 0), 0);
  const zones = new Map(world.nodes.map(({ id, cloud }) => [id, cloud?.zone ?? '']));
  const applications = world.applications
    .filter(({ instances }) => instances.length > 0)
    .map((application) => costsOf(world, application, { cores, memory }, zones, prices))
    .sort(
      (a, b) =>
        (b.monthly?.total ?? b.cpuCores) - (a.monthly?.total ?? a.cpuCores) ||
        (a.application < b.application ? -1 : 1),
    );
  return {
    applications,
    nodes: world.nodes.map((node) => nodeCosts(world, node, prices)),
    ...(prices ? { prices } : {}),
  };
}

interface Capacity {
  readonly cores: number;
  readonly memory: number;
}

function costsOf(
  world: World,
  application: Application,
  capacity: Capacity,
  zones: ReadonlyMap<NodeId, string>,
  prices: PriceSettings | undefined,
): ApplicationCosts {
  const { instances } = application;
  const mean = (column: Column): number => meanOverAll(column, world.window);
  const total = (value: (instance: (typeof instances)[number]) => number): number =>
    instances.reduce((sum, instance) => sum + value(instance), 0);
  const cpuCores = total(({ cpuUsage }) => mean(cpuUsage));
  const memory = total(({ memoryRss }) => mean(memoryRss));
  const traffic = trafficOf(world, application, zones);
  const monthly = prices && monthlyCosts(world, application, cpuCores, memory, traffic, prices);
  return {
    application: application.id,
    cpuCores,
    memory,
    cpuLimit: total(({ cpuLimit }) => (cpuLimit ? mean(cpuLimit) : NaN)),
    memoryLimit: total(({ memoryLimit }) => (memoryLimit ? mean(memoryLimit) : NaN)),
    unusedCpu: total(({ cpuUsage, cpuLimit }) => unused(cpuUsage, cpuLimit, world.window)),
    unusedMemory: total(({ memoryRss, memoryLimit }) => unused(memoryRss, memoryLimit, world.window)),
    cpuShare: capacity.cores > 0 ? cpuCores / capacity.cores : NaN,
    memoryShare: capacity.memory > 0 ? memory / capacity.memory : NaN,
    traffic,
    ...(monthly ? { monthly } : {}),
  };
}

function unused(usage: Column, limit: Column | undefined, cells: CellRange): number {
  if (!limit || countOf(usage, cells) === 0) return limit ? 0 : NaN;
  return Math.max(0, maxOf(limit, cells) - maxOf(usage, cells));
}

/** Over the whole window: an instance that ran for half of it costs half. */
function meanOverAll(column: Column, cells: CellRange): number {
  const known = countOf(column, cells);
  return known === 0 ? 0 : sumOf(column, cells) / (cells.hi - cells.lo);
}

function monthlyCosts(
  world: World,
  application: Application,
  cpuCores: number,
  memory: number,
  traffic: TrafficCosts,
  prices: PriceSettings,
): MonthlyCosts {
  const gib = (bytesPerSecond: number): number => (bytesPerSecond * 3600 * MONTH_HOURS) / GIB;
  const cpu = cpuCores * prices.cpuCoreHour * MONTH_HOURS;
  const held = (memory / GIB) * prices.memoryGibHour * MONTH_HOURS;
  const sent = gib(traffic.crossZone ?? 0) * prices.crossZoneGib + gib(traffic.internet) * prices.internetGib;
  const total = cpu + held + sent;
  const rate = application.inbound.reduce((sum, one) => sum + meanOverAll(one.rate, world.window), 0);
  const requests = rate * 3600 * MONTH_HOURS;
  return {
    cpu,
    memory: held,
    traffic: sent,
    total,
    perMillionRequests: requests > 0 ? (total / requests) * 1e6 : NaN,
  };
}

function trafficOf(world: World, application: Application, zones: ReadonlyMap<NodeId, string>): TrafficCosts {
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

function nodeCosts(world: World, node: World['nodes'][number], prices: PriceSettings | undefined): NodeCosts {
  const memory = meanOf(node.memoryTotal, world.window);
  const monthly =
    prices && MONTH_HOURS * (node.cores * prices.cpuCoreHour + (memory / GIB) * prices.memoryGibHour);
  return {
    node: node.id,
    cores: node.cores,
    memory,
    idleCpu: 1 - meanOf(node.cpuUsage, world.window),
    idleMemory: meanOf(node.memoryAvailable, world.window) / memory,
    ...(monthly === undefined ? {} : { monthly }),
  };
}
