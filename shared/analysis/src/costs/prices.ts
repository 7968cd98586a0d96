import { matchesGlob } from '@gumshoe/base/glob';
import type { Node } from '@gumshoe/model/world';

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
  /** Nobody set them: `LIST_PRICES`. */
  readonly assumed?: boolean;
}

export interface MachinePrice {
  /** Glob on the cloud's name of the machine's type. */
  readonly instanceType: string;
  /** `spot`, `on-demand`, `preemptible` …; absent: any. */
  readonly lifeCycle?: string;
  readonly hour: number;
}

/**
 * On-demand list prices of Google's C4 machines in us-central1 (cloud.google.com/compute/all-pricing), as Coroot takes them
 * where nothing else is known: they compare applications, and are nobody's bill.
 */
export const LIST_PRICES: PriceSettings = {
  currency: 'USD',
  cpuCoreHour: 0.03465,
  memoryGibHour: 0.003938,
  crossZoneGib: 0,
  internetGib: 0,
  assumed: true,
};

/** Hours of an average month. */
export const MONTH_HOURS = 730;
export const GIB = 1024 ** 3;

/** Of a core and of a GiB, per hour. */
export interface UnitPrices {
  readonly core: number;
  readonly gib: number;
}

/** What a core and a GiB of a node cost. Of a machine with a price of its own a core costs as much as a GiB. */
export function unitPrices(
  node: Pick<Node, 'cores' | 'cloud'> | undefined,
  memory: number,
  { machines = [], cpuCoreHour, memoryGibHour }: PriceSettings,
): UnitPrices {
  const { instanceType = '', lifeCycle = '' } = node?.cloud ?? {};
  const machine = machines.find(
    (one) =>
      instanceType !== '' &&
      matchesGlob(one.instanceType, instanceType) &&
      (one.lifeCycle === undefined || one.lifeCycle.toLowerCase() === lifeCycle.toLowerCase()),
  );
  const units = (node?.cores ?? 0) + memory / GIB;
  if (!machine || !(units > 0)) return { core: cpuCoreHour, gib: memoryGibHour };
  return { core: machine.hour / units, gib: machine.hour / units };
}
