import { matchesGlob } from '@gumshoe/base/glob';
import { meanOf } from '@gumshoe/model/columns';
import type { Instance, Node, World } from '@gumshoe/model/world';
import { listedMachine, listedTraffic, type ListSource } from './list-prices.ts';

/** What resources cost, in one currency. */
export interface PriceSettings {
  /** As it is printed: USD, EUR … */
  readonly currency: string;
  readonly cpuCoreHour: number;
  readonly memoryGibHour: number;
  /** Per GiB that leaves a zone for another, or the cloud for the internet. */
  readonly crossZoneGib: number;
  readonly internetGib: number;
  /** What whole machines cost; the first that matches counts, the others are priced by core and GiB. */
  readonly machines?: readonly MachinePrice[];
  /** Nobody set what a core and a GiB cost: `LIST_PRICES`. */
  readonly assumed?: boolean;
  /** Machines that nobody named a price for, and traffic, cost what the lists of their cloud say. */
  readonly listed?: boolean;
}

export interface MachinePrice {
  /** Glob on the cloud's name of the machine's type. */
  readonly instanceType: string;
  /** `spot`, `on-demand`, `preemptible` …; absent: any. */
  readonly lifeCycle?: string;
  readonly hour: number;
}

/**
 * Of machines that no list has: on-demand prices of Google's C4 machines in us-central1 (cloud.google.com/compute/all-pricing),
 * as Coroot takes them where nothing else is known. They compare applications, and are nobody's bill.
 */
export const LIST_PRICES: PriceSettings = {
  currency: 'USD',
  cpuCoreHour: 0.03465,
  memoryGibHour: 0.003938,
  crossZoneGib: 0,
  internetGib: 0,
  assumed: true,
  listed: true,
};

/** Hours of an average month. */
export const MONTH_HOURS = 730;
export const GIB = 1024 ** 3;

/** What a core and a GiB of a node cost an hour, and why. */
export interface UnitPrices {
  readonly core: number;
  readonly gib: number;
  /** Of the whole machine; NaN where only its parts have a price. */
  readonly machine: number;
  /** `machines` of the configuration, the list of a cloud, or prices of cores and memory. */
  readonly source: 'configuration' | 'list' | 'parts';
  readonly list?: ListSource;
}

/** Of a machine with a price a core costs as much as a GiB. */
export function unitPrices(
  node: Pick<Node, 'cores' | 'cloud'> | undefined,
  memory: number,
  settings: PriceSettings,
): UnitPrices {
  const units = (node?.cores ?? 0) + memory / GIB;
  const priced = units > 0 ? machinePrice(node?.cloud, settings) : undefined;
  if (!priced)
    return { core: settings.cpuCoreHour, gib: settings.memoryGibHour, machine: NaN, source: 'parts' };
  return { ...priced, core: priced.machine / units, gib: priced.machine / units };
}

function machinePrice(
  cloud: Node['cloud'],
  { machines = [], listed }: PriceSettings,
): Pick<UnitPrices, 'machine' | 'source' | 'list'> | undefined {
  const { provider = '', instanceType = '', lifeCycle = '' } = cloud ?? {};
  if (instanceType === '') return undefined;
  const own = machines.find(
    (one) =>
      matchesGlob(one.instanceType, instanceType) &&
      (one.lifeCycle === undefined || one.lifeCycle.toLowerCase() === lifeCycle.toLowerCase()),
  );
  if (own) return { machine: own.hour, source: 'configuration' };
  const list = listed ? listedMachine(provider, instanceType) : undefined;
  return list && { machine: list.hour, source: 'list', list: list.source };
}

/** Prices with those of traffic, which is free where nobody set them and no list has them. */
export function withTraffic(settings: PriceSettings, nodes: readonly Pick<Node, 'cloud'>[]): PriceSettings {
  if (!settings.listed || settings.crossZoneGib > 0 || settings.internetGib > 0) return settings;
  const providers = new Set(nodes.map(({ cloud }) => cloud?.provider ?? ''));
  const [provider = ''] = providers;
  return { ...settings, ...(providers.size === 1 ? listedTraffic(provider) : {}) };
}

/** What cores and memory of an application's instances cost where they run, as a mean over them. */
export function meanUnitPrices(
  { nodes, window }: Pick<World, 'nodes' | 'window'>,
  instances: readonly Pick<Instance, 'node'>[],
  settings: PriceSettings,
): Pick<UnitPrices, 'core' | 'gib'> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const all = instances.map(({ node: id }) => {
    const node = byId.get(id);
    return unitPrices(node, node ? meanOf(node.memoryTotal, window) : NaN, settings);
  });
  if (all.length === 0) return unitPrices(undefined, NaN, settings);
  const mean = (part: 'core' | 'gib'): number => all.reduce((sum, one) => sum + one[part], 0) / all.length;
  return { core: mean('core'), gib: mean('gib') };
}
