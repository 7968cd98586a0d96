import { gridTime, milliseconds, type Milliseconds } from '@gumshoe/base/time';
import { countOf, meanOf } from '@gumshoe/model/columns';
import type { Application, CellRange, Column, World } from '@gumshoe/model/world';
import type { OpenedIncident } from '../incidents.ts';
import { changePoint } from './onset.ts';

/** The two stretches an investigation compares: before the trouble and during it. */
export interface Frame {
  readonly world: World;
  /** First bad moment of the impacted applications. */
  readonly onset: Milliseconds;
  readonly until: Milliseconds;
  readonly baseline: CellRange;
  readonly incident: CellRange;
  /** Share of bad requests, what every suspect is compared with. */
  readonly badShare: Column;
  readonly hasBaseline: boolean;
  /** Whether requests suffer; else only what is used, runs or happens is out of the ordinary. */
  readonly isOfRequests: boolean;
  /** The impacted application closest to the users, where the walk begins. */
  readonly root: Application;
  /** Which of its objectives suffer. */
  readonly slos: ReadonlySet<OpenedIncident['slo']>;
}

/** Cells right before the onset that belong to neither side: causes precede their effects. */
const MARGIN_CELLS = 2;
const MAX_BASELINE_CELLS = 240;
const MIN_BASELINE_CELLS = 3;

export function frameOf(
  world: World,
  root: Application,
  incidents: readonly OpenedIncident[],
  badShare: Column,
  isOfRequests = true,
): Frame {
  const lo = Math.min(...incidents.map(({ breach }) => breach.cells.lo));
  const hi = Math.max(...incidents.map(({ breach }) => breach.cells.hi));
  const start = Math.max(0, lo - MARGIN_CELLS);
  const observedFrom = world.observed?.from ?? world.range.from;
  const observed = Math.max(0, Math.ceil((observedFrom - world.grid.from) / world.grid.step));
  const first = Math.min(start, Math.max(observed, start - MAX_BASELINE_CELLS));
  const baseline = { lo: first, hi: start };
  return {
    world,
    onset: milliseconds(gridTime(world.grid, lo) - world.grid.step),
    until: gridTime(world.grid, hi - 1),
    baseline,
    incident: { lo, hi },
    badShare,
    hasBaseline: baseline.hi - baseline.lo >= MIN_BASELINE_CELLS,
    isOfRequests,
    root,
    slos: new Set(incidents.filter((one) => one.application === root.id).map((one) => one.slo)),
  };
}

/** The column before and during the incident, and when it went over. */
export interface Shift {
  readonly before: number;
  readonly during: number;
  /** Cell in which it left the baseline, from shortly before the onset on. */
  readonly cell: number;
  readonly onset: Milliseconds;
}

/** How far before the impact a cause may begin, ms. */
const LEAD = 5 * 60_000;

/**
 * Change of the mean between baseline and incident. `before` is NaN without baseline values. The last cells
 * of a short incident count in full, so that a fault that is still building up is seen.
 */
export function shiftOf(column: Column, frame: Frame): Shift {
  const before = countOf(column, frame.baseline) > 0 ? meanOf(column, frame.baseline) : NaN;
  const during = meanOf(column, frame.incident);
  const half = (before === before ? before : 0) + (during - (before === before ? before : 0)) / 2;
  const { step } = frame.world.grid;
  const from = Math.max(0, frame.incident.lo - Math.round(LEAD / step));
  let cell = frame.incident.lo;
  for (let i = frame.incident.lo; i >= from; i--) {
    if (column[i]! >= half && during > before) cell = i;
    else if (i < frame.incident.lo) break;
  }
  if (cell === frame.incident.lo && !(column[cell]! >= half)) {
    for (let i = frame.incident.lo; i < frame.incident.hi; i++) {
      if (column[i]! >= half) {
        cell = i;
        break;
      }
    }
  }
  const first =
    during > before || before !== before
      ? changePoint(column, frame.baseline, { cell, value: during }, from)
      : cell;
  return { before, during, cell: first, onset: milliseconds(gridTime(frame.world.grid, first) - step) };
}

/** Pearson's correlation with the bad share from baseline to the end of the incident; NaN when undefined. */
export function correlation(column: Column, frame: Frame): number {
  let n = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let syy = 0;
  let sxy = 0;
  for (let i = frame.baseline.lo; i < frame.incident.hi; i++) {
    const x = column[i]!;
    const y = frame.badShare[i]!;
    if (x !== x || y !== y) continue;
    n++;
    sx += x;
    sy += y;
    sxx += x * x;
    syy += y * y;
    sxy += x * y;
  }
  const spread = Math.sqrt(Math.max(0, n * sxx - sx * sx) * Math.max(0, n * syy - sy * sy));
  return n >= 4 && spread > 0 ? (n * sxy - sx * sy) / spread : NaN;
}

/** The incident with `lead` ms before it. */
export function leadCells(frame: Frame, lead: number): CellRange {
  const cells = Math.round(lead / frame.world.grid.step);
  return { lo: Math.max(0, frame.incident.lo - cells), hi: frame.incident.hi };
}
