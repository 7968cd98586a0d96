import type { Suspicion } from './candidates/define.ts';
import { FELT_THERE } from './felt.ts';
import { correlation, type Frame } from './frame.ts';
import { errorRise, isUnconnected, LEAST_ERROR_RISE, latencyRise, ownTrouble } from './own-trouble.ts';
import type { Reached } from './reach.ts';
import type { Counterfactual, Falsifier, Placebo } from './report.ts';

/** A suspicion with its place and weight. */
export interface Weighed {
  readonly kind: string;
  readonly suspicion: Suspicion;
  readonly reached: Reached;
  /** 0..1, before others explain it away. */
  readonly score: number;
}

/** A suspicion with the tests it was put to. */
export interface Examination extends Weighed {
  readonly falsifier: Falsifier;
  readonly placebo?: Placebo;
  readonly counterfactual?: Counterfactual;
}

/** Later than the impact by this much is no longer "at the same time", ms. */
const LATE = 60_000;
const LATE_FACTOR = 0.4;
const EARLY = 10 * 60_000;
const EARLY_FACTOR = 0.7;
/** Without a column there is nothing to correlate: neither for nor against. */
const NEUTRAL = 0.6;

/** Magnitude × place × order in time × likeness to the impact's own course. */
export function weigh(kind: string, suspicion: Suspicion, reached: Reached, frame: Frame): Weighed {
  const likeness = suspicion.column ? correlation(suspicion.column, frame) : NaN;
  const fit = likeness === likeness ? Math.max(0, likeness) : NEUTRAL;
  const score =
    clamp(suspicion.magnitude) *
    Math.max(reached.reach, suspicion.reach ?? 0, begunThere(reached, frame)) *
    orderFactor(suspicion, frame) *
    ownFactor(kind, reached, frame) *
    (0.65 + 0.35 * fit);
  return { kind, suspicion, reached, score: clamp(score) };
}

/** What is left of a share of the impact for how it came there being unknown. */
const BY_MANY_WAYS = 0.8;

/** Share of the impact that begins there: it reached the users, by however many ways, each of which carries little. */
function begunThere({ application, direction }: Reached, frame: Frame): number {
  if (direction !== 'server') return 0;
  const { latency, errors } = ownTrouble(application, frame);
  const share = Math.max(
    frame.slos.has('latency') ? latency || 0 : 0,
    frame.slos.has('availability') ? errors || 0 : 0,
  );
  return BY_MANY_WAYS * share;
}

const UNFELT = 0.25;
const UNTOLD = 0.7;

/** The placebo: a change in an application that is itself as fast and as right as before has no effect. */
function ownFactor(kind: string, { application, direction }: Reached, frame: Frame): number {
  if (!FELT_THERE.has(kind) || direction === 'neighbour') return 1;
  // what it uses is what is out of the ordinary
  if (!frame.isOfRequests && application === frame.root) return 1;
  const { latency, errors } = ownTrouble(application, frame);
  const share = Math.max(latency, errors);
  // nobody feels anything: then the impact is no slowness of requests
  if (share === 0 && !(latencyRise(frame) > 0) && !(errorRise(frame) > LEAST_ERROR_RISE)) return UNTOLD;
  // where nobody says who calls whom, callers have a share of it as well
  const felt = isUnconnected(frame) ? share : Math.min(1, 2 * share);
  return share === share ? UNFELT + (1 - UNFELT) * felt : UNTOLD;
}

/** Causes come before their effects, give or take the distance of samples. */
export function orderFactor(suspicion: Suspicion, frame: Frame): number {
  if (suspicion.onset === undefined) return 0.9;
  const tolerance = 2 * frame.world.grid.step + frame.world.interval;
  const lag = suspicion.onset - frame.onset;
  if (lag < -EARLY) return EARLY_FACTOR;
  if (lag <= tolerance) return 1;
  const late = Math.min(1, (lag - tolerance) / LATE);
  return 1 - (1 - LATE_FACTOR) * late;
}

const clamp = (value: number): number => (value === value ? Math.min(1, Math.max(0, value)) : 0);
