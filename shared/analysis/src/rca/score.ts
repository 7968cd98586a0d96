import type { Suspicion } from './candidates/define.ts';
import { correlation, type Frame } from './frame.ts';
import type { Reached } from './reach.ts';

/** A suspicion with its place and weight. */
export interface Weighed {
  readonly kind: string;
  readonly suspicion: Suspicion;
  readonly reached: Reached;
  /** 0..1, before others explain it away. */
  readonly score: number;
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
    clamp(suspicion.magnitude) * reached.reach * orderFactor(suspicion, frame) * (0.65 + 0.35 * fit);
  return { kind, suspicion, reached, score: clamp(score) };
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
