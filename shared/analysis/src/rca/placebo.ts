import { formatValue } from '@gumshoe/base/units';
import { gridTime, type Milliseconds } from '@gumshoe/base/time';
import { ratioColumn, meanOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Application, CellRange, Column, Instance, World } from '@gumshoe/model/world';
import { leadCells, type Frame } from './frame.ts';
import type { Placebo } from './report.ts';
import type { Propagation } from './reach.ts';
import type { Weighed } from './score.ts';

/** Kinds that blame a change. */
const CHANGES: ReadonlySet<string> = new Set(['image-change', 'rollout']);
/** Before and after a change, so much is compared, ms. */
const AROUND = 5 * 60_000;
const LEAST_CELLS = 2;
/** Replicas further apart in time than the incident and this say nothing of it, ms. */
const LEAD = 60_000;
/** A change is harmful when requests take so many times as long, or fail so much more often, than before. */
const SLOWER = 1.5;
const LEAST_SECONDS = 0.002;
const FAILING = 0.01;
/** Unchanged replicas that suffer so much of what the changed ones do clear the change. */
const SHARED = 0.6;
const CLEARED = 0.35;
const HARMLESS = 0.5;
const BASE_RATE = 0.5;
/** Requests a replica must have served for its figures to count. */
const LEAST_REQUESTS = 20;

interface Change {
  readonly application: Application;
  readonly at: Milliseconds;
}

/**
 * Weighs a change against the same test on changes that came earlier, and on the replicas that it did not reach:
 * the latest deployment is not to blame for being the latest. undefined for what is no change.
 */
export function placeboOf(weighed: Weighed, frame: Frame, propagation: Propagation): Placebo | undefined {
  if (!CHANGES.has(weighed.kind) || weighed.suspicion.onset === undefined) return undefined;
  const { application } = weighed.reached;
  const change = { application, at: weighed.suspicion.onset };
  const earlier = earlierChanges(frame, propagation, change);
  const harmful = earlier.filter((one) => isHarmful(one, frame)).length;
  const replicas = unchangedReplicas(weighed, change.at, frame);
  const hurts = isHarmful(change, frame);
  const base = earlier.length > 0 ? 1 - (BASE_RATE * harmful) / earlier.length : 1;
  const factor =
    base * (hurts === false ? HARMLESS : 1) * (replicas && replicas.share >= SHARED ? CLEARED : 1);
  const tested =
    earlier.length === 0
      ? 'There is no earlier change to compare with'
      : `The same test on ${earlier.length} earlier ${earlier.length === 1 ? 'change' : 'changes'} finds harm after ${harmful}`;
  const beside = replicas
    ? `; ${replicas.count} unchanged ${replicas.count === 1 ? 'replica shares' : 'replicas share'} ${formatValue(replicas.share, 'ratio')} of the trouble of the changed ones`
    : '; no replica ran on unchanged';
  return {
    statement: `${tested}${beside}.`,
    earlierChanges: earlier.length,
    earlierHarmful: harmful,
    ...(replicas
      ? { unchangedReplicas: replicas.count, unchangedShare: Math.round(replicas.share * 1000) / 1000 }
      : {}),
    factor: Math.round(factor * 1000) / 1000,
  };
}

/** Changes of anything on the way that ended well before this one; one entry for replicas that changed together. */
function earlierChanges(frame: Frame, propagation: Propagation, suspected: Change): readonly Change[] {
  const { grid } = frame.world;
  const first = gridTime(grid, 0) + AROUND;
  return propagation.reached.flatMap(({ application, direction }) =>
    direction === 'neighbour'
      ? []
      : changesOf(application)
          .filter((at) => at >= first && at <= suspected.at - AROUND && at <= frame.onset - AROUND)
          .map((at) => ({ application, at })),
  );
}

/** When an application got an image it did not run before. */
function changesOf({ instances }: Application): readonly Milliseconds[] {
  const images = instances
    .flatMap((one) => one.images)
    .sort((a, b) => a.at - b.at || (a.image < b.image ? -1 : 1));
  const known = new Set<string>();
  return images.flatMap(({ at, image }) => {
    const fresh = !known.has(image);
    known.add(image);
    return fresh && known.size > 1 ? [at] : [];
  });
}

/** undefined when nobody counted requests around the change. */
function isHarmful({ application, at }: Change, frame: Frame): boolean | undefined {
  const { world } = frame;
  const cell = cellAt(world, at);
  const width = Math.max(LEAST_CELLS, Math.round(AROUND / world.grid.step));
  const before = figuresIn(application, { lo: Math.max(0, cell - width), hi: cell }, world);
  const after = figuresIn(
    application,
    { lo: cell + 1, hi: Math.min(world.grid.points, cell + 1 + width) },
    world,
  );
  if (!before || !after) return undefined;
  return isWorse(before, after);
}

interface Figures {
  readonly latency: number;
  readonly errors: number;
}

const isWorse = (before: Figures, after: Figures): boolean =>
  (after.latency > SLOWER * before.latency && after.latency - before.latency > LEAST_SECONDS) ||
  after.errors - before.errors > FAILING;

function figuresIn(application: Application, cells: CellRange, world: World): Figures | undefined {
  const requests =
    application.inbound.length > 0
      ? application.inbound
      : application.downstreams.flatMap((one) => one.requests);
  const total = (column: (one: (typeof requests)[number]) => Column): Column =>
    sumColumns(requests.map(column), world.grid.points);
  const rate = total((one) => one.rate);
  if (!(sumOf(rate, cells) > 0)) return undefined;
  return {
    latency: meanOf(
      ratioColumn(
        total((one) => one.durationSum),
        rate,
      ),
      cells,
    ),
    errors: meanOf(
      ratioColumn(
        total((one) => one.failed),
        rate,
      ),
      cells,
    ),
  };
}

const cellAt = ({ grid }: World, at: number): number =>
  Math.min(grid.points - 1, Math.max(0, Math.ceil((at - grid.from) / grid.step)));

/** Replicas that kept their image through the change, against those that got the new one. */
function unchangedReplicas({ reached, suspicion }: Weighed, at: Milliseconds, frame: Frame) {
  const { application } = reached;
  const reachedIt = new Set(suspicion.changed);
  const cells = leadCells(frame, 0);
  const counted = application.instances.filter((one) => requestsIn(one, cells, frame) >= LEAST_REQUESTS);
  const isChanged = (one: Instance): boolean =>
    suspicion.changed ? reachedIt.has(one.id) : one.images.some((image) => Math.abs(image.at - at) <= LEAD);
  const changed = counted.filter(isChanged);
  const unchanged = counted.filter(
    (one) => !isChanged(one) && one.images.every((image) => image.at < at - LEAD),
  );
  if (changed.length === 0 || unchanged.length === 0) return undefined;
  const usual = figuresIn(application, frame.baseline, frame.world);
  const rise = (instances: readonly Instance[]): number => {
    const now = replicaFigures(instances, cells, frame);
    if (!usual) return NaN;
    return Math.max(
      (now.latency - usual.latency) / Math.max(usual.latency, LEAST_SECONDS),
      (now.errors - usual.errors) / FAILING,
    );
  };
  const ofChanged = rise(changed);
  const share = ofChanged > 0 ? Math.min(1, Math.max(0, rise(unchanged) / ofChanged)) : 1;
  return share === share ? { count: unchanged.length, share } : undefined;
}

const requestsIn = ({ served }: Instance, cells: CellRange, { world }: Frame): number =>
  served ? (sumOf(served.rate, cells) * world.grid.step) / 1000 : 0;

function replicaFigures(instances: readonly Instance[], cells: CellRange, { world }: Frame): Figures {
  const served = instances.flatMap((one) => one.served ?? []);
  const total = (column: 'rate' | 'failed' | 'durationSum'): number =>
    sumOf(
      sumColumns(
        served.map((one) => one[column]),
        world.grid.points,
      ),
      cells,
    );
  const rate = total('rate');
  return { latency: total('durationSum') / rate, errors: total('failed') / rate };
}
