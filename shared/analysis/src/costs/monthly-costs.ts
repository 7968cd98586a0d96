import type { NodeId } from '@gumshoe/model/entities';
import type { Application, Instance, World } from '@gumshoe/model/world';
import { meanOverAll, unused } from './over-window.ts';
import { GIB, MONTH_HOURS, unitPrices, type PriceSettings, type UnitPrices } from './prices.ts';
import type { TrafficCosts } from './traffic-costs.ts';

/** In the currency of the prices. */
export interface MonthlyCosts {
  readonly cpu: number;
  readonly memory: number;
  readonly traffic: number;
  readonly total: number;
  /** Of what it may use and never did: `unusedCpu` and `unusedMemory`; NaN without limits. Not part of the total. */
  readonly unused: number;
  /** Of what its pods ask for: `cpuRequest` and `memoryRequest`; NaN where none does. */
  readonly allocated: number;
  /** The part of that which they never used; NaN where none asks for anything. */
  readonly overProvisioned: number;
  /** Per million requests; NaN without requests. */
  readonly perMillionRequests: number;
}

/** What things cost where they run. */
export interface PriceList {
  readonly prices: PriceSettings;
  readonly units: ReadonlyMap<NodeId, UnitPrices>;
}

export function monthlyCosts(
  world: World,
  { instances, inbound }: Application,
  traffic: TrafficCosts,
  { prices, units }: PriceList,
): MonthlyCosts {
  const month = (bytesPerSecond: number): number => (bytesPerSecond * 3600 * MONTH_HOURS) / GIB;
  const total = (cost: (instance: Instance, at: UnitPrices) => number, of = instances): number =>
    MONTH_HOURS *
    of.reduce((sum, one) => sum + cost(one, units.get(one.node) ?? unitPrices(undefined, NaN, prices)), 0);
  const cells = world.window;
  const cpu = total(({ cpuUsage }, { core }) => meanOverAll(cpuUsage, cells) * core);
  const memory = total(({ memoryRss }, { gib }) => (meanOverAll(memoryRss, cells) / GIB) * gib);
  /** Of both resources as far as there is a value; NaN without any. */
  const both = (cpuCores: number, bytes: number, { core, gib }: UnitPrices): number =>
    Number.isNaN(cpuCores) && Number.isNaN(bytes) ? NaN : (cpuCores || 0) * core + ((bytes || 0) / GIB) * gib;
  const unusedCosts = total(({ cpuUsage, cpuLimit, memoryRss, memoryLimit }, at) =>
    both(unused(cpuUsage, cpuLimit, cells), unused(memoryRss, memoryLimit, cells), at),
  );
  const asking = instances.filter(({ pod }) => pod?.cpuRequest ?? pod?.memoryRequest);
  const asked = (cost: (instance: Instance, at: UnitPrices) => number): number =>
    asking.length > 0 ? total(cost, asking) : NaN;
  const allocated = asked(({ pod }, at) =>
    both(
      pod?.cpuRequest ? meanOverAll(pod.cpuRequest, cells) : NaN,
      pod?.memoryRequest ? meanOverAll(pod.memoryRequest, cells) : NaN,
      at,
    ),
  );
  const overProvisioned = asked(({ cpuUsage, memoryRss, pod }, at) =>
    both(unused(cpuUsage, pod?.cpuRequest, cells), unused(memoryRss, pod?.memoryRequest, cells), at),
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
    allocated,
    overProvisioned,
    perMillionRequests: requests > 0 ? ((cpu + memory + sent) / requests) * 1e6 : NaN,
  };
}
