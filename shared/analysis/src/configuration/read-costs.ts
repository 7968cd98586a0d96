import { err, ok, type Result } from '@gumshoe/base/result';
import { LIST_PRICES, type MachinePrice, type PriceSettings } from '../costs/prices.ts';
import { RISK_KINDS, type RiskDismissal, type RiskKind } from '../risks/find-risks.ts';
import type { Cursor } from './cursor.ts';
import { nearest, type Complaint } from './mistake.ts';
import { readGlob, readScope, readText, required, SCOPE_KEYS } from './scoped.ts';

const PRICES = {
  cpu_core_hour: 'cpuCoreHour',
  memory_gib_hour: 'memoryGibHour',
  cross_zone_gib: 'crossZoneGib',
  internet_gib: 'internetGib',
} as const satisfies Record<string, keyof PriceSettings>;

/**
 * `costs:`, prices in one currency. Without one for a core or a GiB, list prices hold for machines that have none of their
 * own, as far as these are in that currency; whatever else is not given costs nothing.
 */
export function readPrices(section: Cursor): PriceSettings | undefined {
  const prices = { currency: 'USD', cpuCoreHour: 0, memoryGibHour: 0, crossZoneGib: 0, internetGib: 0 };
  const names = Object.keys(PRICES);
  const entries = section.entries(['currency', ...names, 'machines']);
  const machines = section.get('machines').items().flatMap(readMachine);
  for (const [key, value] of entries) {
    if (key === 'machines') continue;
    if (key === 'currency') prices.currency = value.read(readCurrency) ?? prices.currency;
    else prices[PRICES[key as keyof typeof PRICES]] = value.read(readPrice) ?? 0;
  }
  if (entries.length === 0) return undefined;
  const ownParts = entries.some(([key]) => key === 'cpu_core_hour' || key === 'memory_gib_hour');
  const listed = !ownParts && prices.currency === LIST_PRICES.currency;
  const { cpuCoreHour, memoryGibHour } = LIST_PRICES;
  return {
    ...prices,
    ...(listed ? { cpuCoreHour, memoryGibHour, assumed: true, listed } : {}),
    ...(machines.length > 0 ? { machines } : {}),
  };
}

/** `{ instance_type: m5.*, life_cycle: spot, hour: 0.04 }` */
function readMachine(entry: Cursor): readonly MachinePrice[] {
  entry.entries(['instance_type', 'life_cycle', 'hour']);
  const instanceType = required(entry, 'instance_type', readGlob);
  const hour = required(entry, 'hour', readPrice);
  const lifeCycle = entry.get('life_cycle').read(readText);
  if (instanceType === undefined || hour === undefined) return [];
  return [{ instanceType, hour, ...(lifeCycle === undefined ? {} : { lifeCycle }) }];
}

function readCurrency(text: string): Result<string, Complaint> {
  return /^[A-Z]{3}$/.test(text)
    ? ok(text)
    : err({ message: 'a currency is three capital letters', allowed: ['USD', 'EUR'] });
}

function readPrice(text: string): Result<number, Complaint> {
  return /^\d+(\.\d+)?$/.test(text)
    ? ok(Number(text))
    : err({ message: 'a price is a number of 0 or more', allowed: ['0.031'] });
}

/** `risks:` with the ones that are accepted (`dismiss`), each with a reason. */
export function readDismissals(section: Cursor): readonly RiskDismissal[] {
  section.entries(['dismiss']);
  return section
    .get('dismiss')
    .items()
    .flatMap((entry) => {
      entry.entries([...SCOPE_KEYS, 'risk', 'reason']);
      const application = readScope(entry);
      const kind = entry.get('risk').read(readRisk);
      const reason = required(entry, 'reason', readText);
      if (application === undefined || reason === undefined) return [];
      return [{ application, reason, ...(kind === undefined ? {} : { kind }) }];
    });
}

function readRisk(text: string): Result<RiskKind, Complaint> {
  const kind = RISK_KINDS.find((one) => one === text);
  if (kind) return ok(kind);
  const suggestion = nearest(text, RISK_KINDS);
  return err({
    message: 'there is no such risk',
    allowed: RISK_KINDS,
    ...(suggestion ? { suggestion } : {}),
  });
}
