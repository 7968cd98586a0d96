import { formatValue } from '@gumshoe/base/units';
import { countOf, meanOf, sumOf } from '@gumshoe/model/columns';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Application, CellRange, Column, Instance, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { meanOver } from '../alerts/rolling.ts';
import { promqlEvidence, rateWindow, selectApplication } from '../evidence.ts';
import type { InspectedWorld } from '../inspect.ts';
import { findChange, isSignificant, type Change } from './change.ts';
import { columnUnit, resourceColumns, type Resource } from './resources.ts';
import { gathered, incidentOver, stretchOf, type Unusual, type UnusualImpact } from './unusual.ts';

const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'disk-io', 'handles', 'dropped-packets'];
/** Sure beyond chance, so many times as much, and so many deviations away: resources wander without harm. */
const SURE = 5;
const LEAST_SHIFT = 8;
const LEAST_GROWTH: readonly (readonly [RegExp, number])[] = [
  [/cpu|restarts|oom_kills/, 3],
  [/./, 2],
];
/** Who serves its requests as usual may work more for a while: only what is far beyond that is told. */
const LEAST_SHIFT_SERVING = 12;
const LEAST_GROWTH_SERVING: readonly (readonly [RegExp, number])[] = [
  [/disk/, 10],
  [/memory_rss/, 2],
  [/./, 3],
];
/** ms */
const LEAST_LENGTH = 120_000;
/** What starts again or is killed so long ago still counts, ms. */
const LATELY = 180_000;
/** What is less than this is nothing, however many times as much: cores, bytes, bytes/s, sockets. */
const LEAST: readonly (readonly [RegExp, number])[] = [
  [/cpu/, 0.1],
  [/disk_(read|written)_bytes/, 1e6],
  [/disk/, 20],
  [/memory_(rss|cache)/, 64 * 1024 ** 2],
  [/sockets|threads|processes|descriptors/, 50],
  [/packets_dropped/, 1],
  [/restarts|oom_kills/, 0.005],
];

/**
 * Applications that use far more of something than usual. Only asked when nothing else is found: where nobody counts
 * requests, resources are all that tells of trouble; where they are as usual, it is trouble that nobody feels yet.
 */
export function resourceImpact(inspected: InspectedWorld, application?: ApplicationId): UnusualImpact {
  const { world } = inspected;
  return gathered(
    inspected.applications
      .filter((one) => application === undefined || one.application.id === application)
      .flatMap(({ application: one, serviceLevel: { indicators } }) =>
        impactOf(world, one, indicators.source === 'none' ? undefined : indicators.rate),
      ),
  );
}

/** How many times as much as outside; a history that nobody recorded does not count. */
function growthOf(column: Column, { lo, hi }: CellRange): number {
  const parts = [
    { lo: 0, hi: lo },
    { lo: hi, hi: column.length },
  ];
  const known = parts.reduce((sum, cells) => sum + countOf(column, cells), 0);
  const outside = parts.reduce((sum, cells) => sum + sumOf(column, cells), 0) / known;
  return meanOf(column, { lo, hi }) / outside || 1;
}

const of = (list: typeof LEAST, { name }: MetricDefinition): number | undefined =>
  list.find(([pattern]) => pattern.test(name))?.[1];

interface Judged {
  readonly instance: Instance;
  readonly metric: MetricDefinition;
  readonly column: Column;
  readonly change: Change;
  readonly weight: number;
}

function impactOf(world: World, application: Application, requests: Column | undefined): readonly Unusual[] {
  const lately = (rate: Column): Column => meanOver(rate, Math.max(1, Math.round(LATELY / world.grid.step)));
  const [worst] = application.instances
    .flatMap((instance) =>
      [
        ...RESOURCES.flatMap((resource) => resourceColumns(instance, resource)),
        { metric: C.restarts, column: lately(instance.restarts) },
        { metric: C.oomKills, column: lately(instance.oomKills) },
      ].flatMap(({ metric, column }) => judge(world, instance, metric, column, requests)),
    )
    .sort((a, b) => b.weight - a.weight || (a.instance.id < b.instance.id ? -1 : 1));
  if (!worst) return [];
  const { metric, column, change, weight, instance } = worst;
  const unit = columnUnit(metric);
  const value = (number: number): string => formatValue(number, unit);
  const served = requests ? 'its requests are served as usual' : 'nobody counts its requests';
  const incident = incidentOver(world, application, {
    key: metric.name,
    slo: 'latency',
    cells: change.cells,
    impact: 0,
    weight,
    says: (when) =>
      `${application.name}: ${metric.name} of ${instance.id} rose from ${value(change.before)} to ${value(change.during)} ${when} UTC; ${served}.`,
  });
  const select = selectApplication(application, metric.name);
  const query = metric.type === 'counter' ? `rate(${select}${rateWindow(world)})` : select;
  const evidence = {
    ...promqlEvidence(query, world.range, incident.summary),
    ...stretchOf(incident, world),
    value: change.during,
    baselineValue: change.before,
    unit,
  };
  return [{ incident, column, evidence: [evidence] }];
}

function judge(
  world: World,
  instance: Instance,
  metric: MetricDefinition,
  column: Column,
  requests: Column | undefined,
): readonly Judged[] {
  const change = findChange(column, { lo: 0, hi: world.grid.points }, true);
  if (!change || change.cells.hi <= world.window.lo || !isSignificant(change, SURE)) return [];
  const { before, during, shift, cells } = change;
  const least = of(LEAST, metric) ?? 0;
  const more = requests ? Math.max(1, growthOf(requests, cells)) : 1;
  const growth = during / Math.max(before, least / 10, 1e-9) / more;
  const leastGrowth = of(requests ? LEAST_GROWTH_SERVING : LEAST_GROWTH, metric) ?? 2;
  const leastShift = requests ? LEAST_SHIFT_SERVING : LEAST_SHIFT;
  const isFar = growth >= leastGrowth && shift >= leastShift && during - before >= least;
  if (!isFar || (cells.hi - cells.lo) * world.grid.step < LEAST_LENGTH) return [];
  return [{ instance, metric, column, change, weight: Math.log2(growth) }];
}
