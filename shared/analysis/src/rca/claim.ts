import { gridTime, milliseconds, type Milliseconds, type TimeRange } from '@gumshoe/base/time';
import type { Unit } from '@gumshoe/base/units';
import type { Evidence } from '@gumshoe/model/entities';
import type { CellRange } from '@gumshoe/model/world';
import type { Frame } from './frame.ts';

/**
 * One sentence of an explanation and what it rests on. `measured`: read off the evidence; `concluded`: follows from it;
 * `advice`: what to do about it.
 */
export interface Claim {
  readonly statement: string;
  readonly basis: 'measured' | 'concluded' | 'advice';
  /** Never empty. */
  readonly evidence: readonly Evidence[];
}

/** Figures of a sentence that compares the incident with the calm before. */
export interface Figures {
  readonly value: number;
  readonly before?: number;
  readonly unit: Unit;
  readonly onset?: Milliseconds;
}

/** Evidence with its window, baseline and figures; values that are not finite are left out. */
export function measured(frame: Frame, query: string, summary: string, figures: Figures): Evidence {
  const { range } = frame.world;
  return { kind: 'promql', query, from: range.from, to: range.to, summary, ...figuresOf(frame, figures) };
}

export function figuresOf(frame: Frame, { value, before, unit, onset }: Figures): Partial<Evidence> {
  return {
    window: stretchOf(frame, frame.incident),
    ...(frame.hasBaseline ? { baseline: stretchOf(frame, frame.baseline) } : {}),
    ...(Number.isFinite(value) ? { value } : {}),
    ...(before !== undefined && Number.isFinite(before) ? { baselineValue: before } : {}),
    unit,
    ...(onset === undefined ? {} : { onset }),
  };
}

/** Wall time of a stretch of cells: a cell ends at its instant. */
export function stretchOf(frame: Pick<Frame, 'world'>, cells: CellRange): TimeRange {
  const { grid } = frame.world;
  return {
    from: milliseconds(gridTime(grid, cells.lo) - grid.step),
    to: gridTime(grid, Math.max(cells.lo, cells.hi - 1)),
  };
}

/** What an evidence item says, as a sentence of the explanation. */
export const stated = (evidence: Evidence): Claim => ({
  statement: evidence.summary,
  basis: 'measured',
  evidence: [evidence],
});
