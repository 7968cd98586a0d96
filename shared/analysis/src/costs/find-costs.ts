import { meanOf } from '@gumshoe/model/columns';
import type { ApplicationId, NodeId } from '@gumshoe/model/entities';
import type { Application, Column, World } from '@gumshoe/model/world';
import { monthlyCosts, type MonthlyCosts, type PriceList } from './monthly-costs.ts';
import { meanOverAll, unused } from './over-window.ts';
import {
  GIB,
  LIST_PRICES,
  MONTH_HOURS,
  unitPrices,
  withTraffic,
  type PriceSettings,
  type UnitPrices,
} from './prices.ts';
import { trafficOf, type TrafficCosts } from './traffic-costs.ts';

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
  /** What its pods ask for, and so what nobody else can have; NaN where not all of them ask. */
  readonly cpuRequest: number;
  readonly memoryRequest: number;
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
  /** `on-demand`, `spot` …, and the type that its cloud gives it; '' where nobody says. */
  readonly lifeCycle: string;
  readonly instanceType: string;
  readonly price: UnitPrices;
}

export interface Costs {
  /** Dearest first. */
  readonly applications: readonly ApplicationCosts[];
  readonly nodes: readonly NodeCosts[];
  readonly prices: PriceSettings;
}

/** Shares and costs of the window, at the prices of the configuration or at list prices. */
export function findCosts(world: World, settings: PriceSettings = LIST_PRICES): Costs {
  const prices = withTraffic(settings, world.nodes);
  const cores = world.nodes.reduce((sum, node) => sum + node.cores, 0);
  const memory = world.nodes.reduce((sum, node) => sum + (meanOf(node.memoryTotal, world.window) || 0), 0);
  const zones = new Map(world.nodes.map(({ id, cloud }) => [id, cloud?.zone ?? '']));
  const units = new Map(
    world.nodes.map((node) => [node.id, unitPrices(node, meanOf(node.memoryTotal, world.window), prices)]),
  );
  const applications = world.applications
    .filter(({ instances }) => instances.length > 0)
    .map((application) => costsOf(world, application, { cores, memory }, { prices, units }, zones))
    .sort((a, b) => b.monthly.total - a.monthly.total || (a.application < b.application ? -1 : 1));
  return {
    applications,
    nodes: world.nodes.map((node) => nodeCosts(world, node, units.get(node.id)!)),
    prices,
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
  list: PriceList,
  zones: ReadonlyMap<NodeId, string>,
): ApplicationCosts {
  const { instances } = application;
  const mean = (column: Column): number => meanOverAll(column, world.window);
  const total = (value: (instance: (typeof instances)[number]) => number): number =>
    instances.reduce((sum, instance) => sum + value(instance), 0);
  const cpuCores = total(({ cpuUsage }) => mean(cpuUsage));
  const memory = total(({ memoryRss }) => mean(memoryRss));
  const traffic = trafficOf(world, application, zones);
  return {
    application: application.id,
    cpuCores,
    memory,
    cpuLimit: total(({ cpuLimit }) => (cpuLimit ? mean(cpuLimit) : NaN)),
    memoryLimit: total(({ memoryLimit }) => (memoryLimit ? mean(memoryLimit) : NaN)),
    cpuRequest: total(({ pod }) => (pod?.cpuRequest ? mean(pod.cpuRequest) : NaN)),
    memoryRequest: total(({ pod }) => (pod?.memoryRequest ? mean(pod.memoryRequest) : NaN)),
    unusedCpu: total(({ cpuUsage, cpuLimit }) => unused(cpuUsage, cpuLimit, world.window)),
    unusedMemory: total(({ memoryRss, memoryLimit }) => unused(memoryRss, memoryLimit, world.window)),
    cpuShare: capacity.cores > 0 ? cpuCores / capacity.cores : NaN,
    memoryShare: capacity.memory > 0 ? memory / capacity.memory : NaN,
    traffic,
    monthly: monthlyCosts(world, application, traffic, list),
  };
}

function nodeCosts(world: World, node: World['nodes'][number], prices: UnitPrices): NodeCosts {
  const { core, gib } = prices;
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
    lifeCycle: node.cloud?.lifeCycle ?? '',
    instanceType: node.cloud?.instanceType ?? '',
    price: prices,
  };
}
