import { countOf, maxOf, meanOf, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId, InstanceId, NodeId } from '@gumshoe/model/entities';
import type { Application, CellRange, Column, Dependency, Instance, World } from '@gumshoe/model/world';
import { hostOf, isPublicAddress } from '../risks/public-address.ts';
import { GIB, LIST_PRICES, MONTH_HOURS, unitPrices, type PriceSettings, type UnitPrices } from './prices.ts';

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
  /** In the currency of the prices. */
  readonly monthly: MonthlyCosts;
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
  /** Of what it may use and never did: `unusedCpu` and `unusedMemory`; NaN without limits. Not part of the total. */
  readonly unused: number;
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
  readonly monthly: number;
  /** What nobody uses of it costs so much. */
  readonly monthlyIdle: number;
}

export interface Costs {
  /** Dearest first. */
  readonly applications: readonly ApplicationCosts[];
  readonly nodes: readonly NodeCosts[];
  readonly prices: PriceSettings;
}

/** Shares and costs of the window, at the prices of the configuration or at list prices. */
export function findCosts(world: World, prices: PriceSettings = LIST_PRICES): Costs {
  const cores = world.nodes.reduce((sum, node) => sum + node.cores, 0);
  const memory = world.nodes.reduce((sum, node) => sum + (meanOf(node.memoryTotal, world.window) || 0), 0);
  const zones = new Map(world.nodes.map(({ id, cloud }) => [id, cloud?.zone ?? '']));
  const units = new Map(
    world.nodes.map((node) => [node.id, unitPrices(node, meanOf(node.memoryTotal, world.window), prices)]),
  );
  const applications = world.applications
    .filter(({ instances }) => instances.length > 0)
    .map((application) => costsOf(world, application, { cores, memory }, { prices, units, zones }))
    .sort((a, b) => b.monthly.total - a.monthly.total || (a.application < b.application ? -1 : 1));
  return {
    applications,
    nodes: world.nodes.map((node) => nodeCosts(world, node, units.get(node.id)!)),
    prices,
  };
}

/** What things cost where they run. */
interface PriceList {
  readonly prices: PriceSettings;
  readonly units: ReadonlyMap<NodeId, UnitPrices>;
  readonly zones: ReadonlyMap<NodeId, string>;
}

interface Capacity {
  readonly cores: number;
  readonly memory: number;
}

function costsOf(
  world: World,
  application: Application,
  capacity: Capacity,
  list: PriceList,
): ApplicationCosts {
  const { instances } = application;
  const mean = (column: Column): number => meanOverAll(column, world.window);
  const total = (value: (instance: (typeof instances)[number]) => number): number =>
    instances.reduce((sum, instance) => sum + value(instance), 0);
  const cpuCores = total(({ cpuUsage }) => mean(cpuUsage));
  const memory = total(({ memoryRss }) => mean(memoryRss));
  const traffic = trafficOf(world, application, list.zones);
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
    monthly: monthlyCosts(world, application, traffic, list),
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
  { instances, inbound }: Application,
  traffic: TrafficCosts,
  { prices, units }: PriceList,
): MonthlyCosts {
  const month = (bytesPerSecond: number): number => (bytesPerSecond * 3600 * MONTH_HOURS) / GIB;
  const total = (cost: (instance: Instance, at: UnitPrices) => number): number =>
    MONTH_HOURS *
    instances.reduce(
      (sum, one) => sum + cost(one, units.get(one.node) ?? unitPrices(undefined, NaN, prices)),
      0,
    );
  const cells = world.window;
  const cpu = total(({ cpuUsage }, { core }) => meanOverAll(cpuUsage, cells) * core);
  const memory = total(({ memoryRss }, { gib }) => (meanOverAll(memoryRss, cells) / GIB) * gib);
  const unusedCosts = total(
    ({ cpuUsage, cpuLimit, memoryRss, memoryLimit }, { core, gib }) =>
      (cpuLimit ? unused(cpuUsage, cpuLimit, cells) * core : memoryLimit ? 0 : NaN) +
      (memoryLimit ? (unused(memoryRss, memoryLimit, cells) / GIB) * gib : 0),
  );
  const sent =
    month(traffic.crossZone ?? 0) * prices.crossZoneGib + month(traffic.internet) * prices.internetGib;
  const rate = inbound.reduce((sum, one) => sum + meanOverAll(one.rate, cells), 0);
  const requests = rate * 3600 * MONTH_HOURS;
  return {
    cpu,
    memory,
    traffic: sent,
    total: cpu + memory + sent,
    unused: unusedCosts,
    perMillionRequests: requests > 0 ? ((cpu + memory + sent) / requests) * 1e6 : NaN,
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

function nodeCosts(world: World, node: World['nodes'][number], { core, gib }: UnitPrices): NodeCosts {
  const memory = meanOf(node.memoryTotal, world.window);
  const idleCpu = 1 - meanOf(node.cpuUsage, world.window);
  const idleMemory = meanOf(node.memoryAvailable, world.window) / memory;
  const price = (cpuShare: number, memoryShare: number): number =>
    MONTH_HOURS * (node.cores * cpuShare * core + (memory / GIB) * memoryShare * gib);
  return {
    node: node.id,
    cores: node.cores,
    memory,
    idleCpu,
    idleMemory,
    monthly: price(1, 1),
    monthlyIdle: price(idleCpu, idleMemory),
  };
}
