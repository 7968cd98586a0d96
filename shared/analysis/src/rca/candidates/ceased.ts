import { meanOf, ratioColumn, sumOf } from '@gumshoe/model/columns';
import type { CellRange, Column } from '@gumshoe/model/world';
import type { Figures } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { ramp, type Suspicion } from './define.ts';

/** Absence alone is weaker than presence. */
const MOST = 0.6;
/** What happened less often than this before proves nothing by its absence, times in the calm stretch. */
const LEAST_SEEN = 30;
/** What is left of it, at most. */
const GONE = 0.25;
/** Part of the calm cells in which it must have happened to be called regular. */
const REGULAR = 0.8;
/** Cells without it that are no accident. */
const LEAST_CELLS = 3;

/** Something that used to happen and no longer does. */
export interface Ceased {
  readonly left: number;
  readonly column: Column;
  readonly onset: Suspicion['onset'];
  readonly rates: string;
  readonly figures: Figures;
}

/** undefined while it goes on, as often for each request as before. */
export function ceasedPerRequest(rate: Column, served: Column, frame: Frame): Ceased | undefined {
  if (!(countIn(rate, frame.baseline, frame) >= LEAST_SEEN)) return undefined;
  const per = ratioColumn(rate, served);
  return fallOf(per, frame, (before, during) => ({
    rates: `${before.toFixed(2)} → ${during.toFixed(2)} for each request it serves`,
    unit: 'ratio',
  }));
}

/** By itself, where there are no requests to set it against; only what went on regularly. */
export function ceasedAlone(rate: Column, frame: Frame): Ceased | undefined {
  const { baseline, incident } = frame;
  if (!(countIn(rate, baseline, frame) >= LEAST_SEEN) || incident.hi - incident.lo < LEAST_CELLS)
    return undefined;
  let present = 0;
  for (let i = baseline.lo; i < baseline.hi; i++) if (rate[i]! > 0) present++;
  if (present < REGULAR * (baseline.hi - baseline.lo)) return undefined;
  const filled = rate.map((value) => (value === value ? value : 0));
  return fallOf(filled, frame, (before, during) => ({
    rates: `${before.toFixed(2)} → ${during.toFixed(2)} per second`,
    unit: 'per-second',
  }));
}

function fallOf(
  column: Column,
  frame: Frame,
  say: (before: number, during: number) => Pick<Ceased, 'rates'> & Pick<Figures, 'unit'>,
): Ceased | undefined {
  const before = meanOf(column, frame.baseline);
  const during = meanOf(column, frame.incident) || 0;
  if (!(before > 0) || during > GONE * before) return undefined;
  const missing = column.map((value) => (value === value ? Math.max(0, before - value) : NaN));
  const { onset } = shiftOf(missing, frame);
  const { rates, unit } = say(before, during);
  return {
    left: during / before,
    column: missing,
    onset,
    rates,
    figures: { value: during, before, unit, onset },
  };
}

const countIn = (rate: Column, cells: CellRange, { world }: Frame): number =>
  (sumOf(rate, cells) * world.grid.step) / 1000;

/** A suspicion by absence; `weight` is how much its absence tells. */
export function absence(
  { left, column, onset }: Ceased,
  weight: number,
  parts: Pick<Suspicion, 'title' | 'signal' | 'evidence' | 'remediation'>,
): Suspicion {
  return {
    ...parts,
    magnitude: weight * MOST * ramp(1 - left, 1 - GONE, 1),
    column,
    ...(onset === undefined ? {} : { onset }),
  };
}
