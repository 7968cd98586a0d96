import type { TimeRange } from '@gumshoe/base/time';

/** Instants with from < t <= to, ms; both multiples of `step`. */
export interface CountWindow {
  readonly from: number;
  readonly to: number;
  /** ms */
  readonly step: number;
}

/** As an import counts (shared/model/src/derived/trace-series.ts). */
const STEP = 5_000;

export const countWindow = ({ from, to }: TimeRange): CountWindow => ({
  from: Math.floor(from / STEP) * STEP,
  to: Math.floor(to / STEP) * STEP,
  step: STEP,
});
