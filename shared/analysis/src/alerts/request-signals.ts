import { HOUR, MINUTE } from '@gumshoe/base/time';
import { bucketQuantile } from '@gumshoe/model/columns';
import type { Column, Instance, World } from '@gumshoe/model/world';
import type { InspectedApplication } from '../inspect.ts';
import { MIN_REQUESTS, RequestBudget, shareAtLeast } from '../slo/burn-rate.ts';
import { errorBudget } from '../slo/error-budget.ts';
import { countOver } from './rolling.ts';

/** Which end of what is certain: a claim that something is high must hold for the low end. */
export type Bound = 'low' | 'middle' | 'high';

export interface SignalSubject {
  readonly world: World;
  readonly inspected: InspectedApplication;
  /** For signals of containers. */
  readonly instance?: Instance;
  readonly bound: Bound;
}

/** Rates, ratios and quantiles are over this long, ms; service levels and counts over an hour. */
export const WINDOW = 5 * MINUTE;
export const LONG = HOUR;

export const cellsOf = (world: World, length: number): number =>
  Math.max(4, Math.round(length / world.grid.step));
export const empty = (world: World): Column => new Float64Array(world.grid.points).fill(NaN);

/** Share of bad requests over the window before each cell; unknown with too few of them. */
export function badShare(
  { world, bound }: SignalSubject,
  budget: RequestBudget | undefined,
  length: number,
): Column {
  const out = empty(world);
  if (!budget) return out;
  const cells = cellsOf(world, length);
  for (let i = budget.firstCell; i < out.length; i++) {
    const lo = Math.max(0, i + 1 - cells);
    const total = budget.total(lo, i + 1);
    if (total < MIN_REQUESTS) continue;
    const bad = Math.min(total, Math.max(0, budget.bad(lo, i + 1)));
    out[i] =
      bound === 'low'
        ? shareAtLeast(bad, total)
        : bound === 'high'
          ? 1 - shareAtLeast(total - bad, total)
          : bad / total;
  }
  return out;
}

const flip = (subject: SignalSubject): SignalSubject => ({
  ...subject,
  bound: subject.bound === 'low' ? 'high' : subject.bound === 'high' ? 'low' : 'middle',
});

const sloOf = ({ inspected }: SignalSubject, kind: 'availability' | 'latency') =>
  inspected.serviceLevel.slos.find((slo) => slo.kind === kind);

export const requestsOf = ({ world, inspected }: SignalSubject): RequestBudget => {
  const { rate, failed } = inspected.serviceLevel.indicators;
  return new RequestBudget(world.grid, rate, failed);
};

export function compliance(subject: SignalSubject, kind: 'availability' | 'latency'): Column {
  return badShare(flip(subject), sloOf(subject, kind)?.budget, LONG).map((share) => 1 - share);
}

export function burnRate(subject: SignalSubject, kind: 'availability' | 'latency'): Column {
  const slo = sloOf(subject, kind);
  return badShare(subject, slo?.budget, LONG).map((share) => share / (1 - (slo?.objective ?? NaN)));
}

export function budgetLeft(subject: SignalSubject, kind: 'availability' | 'latency'): Column {
  const slo = sloOf(subject, kind);
  return slo ? errorBudget(slo.budget, slo.objective, slo).timeline : empty(subject.world);
}

/** Rank of the latencies in the window before each cell; unknown with too few requests for that rank. */
export function quantile({ world, inspected }: SignalSubject, q: number): Column {
  const out = empty(world);
  const { latency } = inspected.serviceLevel.indicators;
  if (!latency) return out;
  const cells = cellsOf(world, WINDOW);
  const counts = latency.counts.map((column) => countOver(column, cells, world.grid.step));
  const least = Math.max(MIN_REQUESTS, 1 / (1 - q));
  const totals = counts.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    for (let b = 0; b < totals.length; b++) totals[b] = counts[b]![i]!;
    if (totals.at(-1)! >= least - 1e-6) out[i] = bucketQuantile(latency.bounds, totals, q);
  }
  return out;
}

export function averageLatency({ world, inspected }: SignalSubject): Column {
  const { latency, durationSum } = inspected.serviceLevel.indicators;
  if (!latency) return empty(world);
  const cells = cellsOf(world, WINDOW);
  const total = countOver(latency.counts.at(-1)!, cells, world.grid.step);
  const sum = countOver(durationSum, cells, world.grid.step);
  return total.map((count, i) => (count >= MIN_REQUESTS ? sum[i]! / count : NaN));
}
