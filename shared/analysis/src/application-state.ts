import { bucketQuantile, meanOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { World } from '@gumshoe/model/world';
import { recentCells } from './dependency-state.ts';
import { compareHealth } from './finding.ts';
import { COLOURING, type InspectedApplication } from './inspect.ts';

/** Figures of one application at the end of the window. NaN is unknown. */
export interface ApplicationState {
  readonly requestRate: number;
  readonly errorRatio: number;
  /** seconds */
  readonly p99: number;
  /** Why it is not ok, worst first; of equals what gives it its colour. */
  readonly reasons: readonly string[];
}

export function applicationState(world: World, inspected: InspectedApplication): ApplicationState {
  const { indicators } = inspected.serviceLevel;
  const { inbound, downstreams } = inspected.application;
  const requests = inbound.length > 0 ? inbound : downstreams.flatMap((one) => one.requests);
  const answered = sumColumns(
    requests.map(({ rate }) => rate),
    world.grid.points,
  );
  const cells = recentCells(world, answered);
  const total = sumOf(indicators.rate, cells);
  const observed = indicators.source !== 'none';
  const histogram = indicators.latency;
  return {
    requestRate: observed ? meanOf(indicators.rate, cells) : NaN,
    errorRatio: total > 0 ? sumOf(indicators.failed, cells) / total : NaN,
    p99: histogram
      ? bucketQuantile(
          histogram.bounds,
          histogram.counts.map((column) => sumOf(column, cells)),
          0.99,
        )
      : NaN,
    reasons: [...inspected.findings]
      .filter((finding) => finding.health === 'warning' || finding.health === 'critical')
      .sort(
        (a, b) =>
          compareHealth(a.health, b.health) || Number(COLOURING.has(b.area)) - Number(COLOURING.has(a.area)),
      )
      .map((finding) => `${finding.title}: ${finding.message}`),
  };
}
