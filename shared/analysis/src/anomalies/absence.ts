import { gridTime, milliseconds, type Milliseconds } from '@gumshoe/base/time';
import { meanOf, sumColumns } from '@gumshoe/model/columns';
import type { Application, CellRange, Column, Instance, World } from '@gumshoe/model/world';

/** A time in which an application had nothing, or too little, that runs. */
export interface Absence {
  readonly cells: CellRange;
  /** When the last one was seen. */
  readonly since: Milliseconds;
  /** Share of it that was missing, 0..1, over time; NaN where nobody looked. */
  readonly missing: Column;
  /** The most of it. */
  readonly share: number;
  /** replicas: Kubernetes says so; samples: nothing is measured of it; idle: it holds no memory and does nothing. */
  readonly told: 'replicas' | 'samples' | 'idle';
}

/** Kinds that come and go, and what is none of ours. */
const PASSING: ReadonlySet<Application['kind']> = new Set([
  'ExternalService',
  'Job',
  'CronJob',
  'Workflow',
  'SparkApplication',
]);
/** Samples in a row that must be missing, and for how long, ms. */
const LEAST_SAMPLES = 3;
const LEAST_LENGTH = 30_000;
/** Fewer replicas than wanted for so long are no update any more, ms; while new ones come, it may be one. */
const LEAST_SHORTAGE = 180_000;
const LEAST_SHORTAGE_UPDATING = 600_000;
/** Part of its usual memory and CPU that something has that runs no more. */
const IDLE_MEMORY = 0.25;
const IDLE_CPU = 0.1;
/** Nothing runs in so little memory, whatever else is said of it. */
const NO_MEMORY = 0.02;
/** Less is nothing that could go away, bytes and cores. */
const LEAST_MEMORY = 1e6;
const LEAST_CPU = 0.0005;
/** Part of the other applications that must be seen for a silence to be one's own. */
const OTHERS_SEEN = 0.5;

/** The longest one in the window; undefined while enough of it runs. */
export function absenceOf(world: World, application: Application): Absence | undefined {
  if (PASSING.has(application.kind)) return undefined;
  return byReplicas(world, application) ?? bySamples(world, application) ?? byIdleness(world, application);
}

function byReplicas(world: World, { replicas, instances }: Application): Absence | undefined {
  if (!replicas) return undefined;
  const { desired, available } = replicas;
  const missing = desired.map((wanted, i) => (wanted > 0 ? Math.max(0, 1 - available[i]! / wanted) : NaN));
  const whole = longest(world, missing, (share) => share >= 1, LEAST_LENGTH);
  const cells = whole ?? longest(world, missing, (share) => share > 0, LEAST_SHORTAGE);
  if (!cells) return undefined;
  const length = (cells.hi - cells.lo) * world.grid.step;
  const isUpdating = instances.some(
    (one) => one.firstSeen > at(world, cells.lo) && one.firstSeen < at(world, cells.hi),
  );
  if (!whole && isUpdating && length < LEAST_SHORTAGE_UPDATING) return undefined;
  return absence(world, cells, missing, 'replicas');
}

/** Nothing is measured of any instance, while most others are. */
function bySamples(world: World, application: Application): Absence | undefined {
  if (application.instances.length === 0 || application.instances.every(({ state }) => state === 'unknown'))
    return undefined;
  const gaps = gapsIn(world, application.instances);
  if (gaps.length === 0) return undefined;
  const missing: Column = new Float64Array(world.grid.points).map((_, i) =>
    Number(gaps.some(([from, to]) => at(world, i) > from && at(world, i) < to)),
  );
  const cells = longest(world, missing, (share) => share > 0, LEAST_LENGTH);
  if (!cells || !areOthersSeen(world, application, cells)) return undefined;
  return absence(world, cells, missing, 'samples');
}

type Span = readonly [from: number, to: number];

/** Between the lives of its instances, and after the last; before the first one it was not there yet. */
function gapsIn(world: World, instances: readonly Instance[]): readonly Span[] {
  const lives = instances.flatMap(livesOf).sort((a, b) => a[0] - b[0]);
  const end = world.observed?.to ?? world.range.to;
  const least = Math.max(LEAST_LENGTH, LEAST_SAMPLES * world.interval);
  const gaps: Span[] = [];
  let seen = lives[0]?.[1] ?? Infinity;
  for (const [from, to] of [...lives, [end, end] as const]) {
    if (from - seen >= least) gaps.push([seen, from]);
    seen = Math.max(seen, to);
  }
  return gaps;
}

function livesOf({ firstSeen, lastSeen, downtimes }: Instance): readonly Span[] {
  const lives: Span[] = [];
  let from: number = firstSeen;
  for (const down of downtimes) {
    lives.push([from, down.from]);
    from = down.to ?? Infinity;
  }
  return from <= lastSeen ? [...lives, [from, lastSeen]] : lives;
}

function areOthersSeen(world: World, application: Application, cells: CellRange): boolean {
  const middle = at(world, (cells.lo + cells.hi) >> 1);
  const others = world.applications.filter((one) => one !== application && one.instances.length > 0);
  const seen = others.filter(({ instances }) =>
    instances.some((one) => livesOf(one).some(([from, to]) => from <= middle && to >= middle)),
  );
  return others.length > 0 && seen.length >= OTHERS_SEEN * others.length;
}

/** Its container goes on without the program: next to no memory, and no CPU. */
function byIdleness(world: World, { instances }: Application): Absence | undefined {
  if (instances.length === 0) return undefined;
  const of = (column: 'memoryRss' | 'cpuUsage'): Column =>
    sumColumns(
      instances.map((one) => one[column]),
      world.grid.points,
    );
  const [memory, cpu] = [of('memoryRss'), of('cpuUsage')];
  const [usualMemory, usualCpu] = [upperQuartile(memory), upperQuartile(cpu)];
  if (!(usualMemory >= LEAST_MEMORY && usualCpu >= LEAST_CPU)) return undefined;
  const missing = memory.map((bytes, i) =>
    bytes === bytes && cpu[i] === cpu[i]
      ? Number(
          bytes < NO_MEMORY * usualMemory ||
            (bytes < IDLE_MEMORY * usualMemory && cpu[i]! < IDLE_CPU * usualCpu),
        )
      : NaN,
  );
  const cells = longest(world, missing, (share) => share > 0, LEAST_LENGTH);
  if (!cells || !wasThere(missing.subarray(0, cells.lo))) return undefined;
  return absence(world, cells, missing, 'idle');
}

/** What uses little at first and more later did not stop: it must have been at work before. */
function wasThere(missing: Column): boolean {
  const known = missing.filter((share) => share === share);
  return known.length >= LEAST_SAMPLES && known.filter((share) => share === 0).length >= known.length / 2;
}

/** What is usual even where half of the time it is gone. */
function upperQuartile(column: Column): number {
  const known = column.filter((value) => value === value).sort();
  return known[Math.floor(0.75 * known.length)] ?? NaN;
}

/** Instances that were there right before it. */
export const countBefore = ({ instances }: Application, { since }: Absence): number =>
  instances.filter((one) => livesOf(one).some(([from, to]) => from <= since && to >= since - LEAST_LENGTH))
    .length;

/** Means of a column before it and while it lasts. */
export const meansAround = (column: Column, { cells }: Absence) => ({
  before: meanOf(column, { lo: 0, hi: cells.lo }),
  value: meanOf(column, cells),
});

const at = ({ grid }: World, cell: number): number => gridTime(grid, cell);

function absence(world: World, cells: CellRange, missing: Column, told: Absence['told']): Absence {
  return {
    cells,
    since: milliseconds(at(world, cells.lo) - world.grid.step),
    missing,
    share: Math.max(...missing.subarray(cells.lo, cells.hi).map((value) => value || 0)),
    told,
  };
}

/** The longest stretch of at least `least` ms that reaches into the window. */
function longest(
  { grid, window, interval }: World,
  column: Column,
  isIn: (value: number) => boolean,
  least: number,
): CellRange | undefined {
  let best: CellRange | undefined;
  for (let lo = 0; lo < column.length; lo++) {
    if (!isIn(column[lo]!)) continue;
    let hi = lo;
    while (hi < column.length && isIn(column[hi]!)) hi++;
    const length = (hi - lo) * grid.step;
    const isLong = length >= Math.max(least, Math.min(LEAST_SAMPLES, 2) * interval) && hi > window.lo;
    if (isLong && (!best || hi - lo > best.hi - best.lo)) best = { lo, hi };
    lo = hi;
  }
  return best;
}
