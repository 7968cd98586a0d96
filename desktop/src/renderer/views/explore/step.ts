import { SECOND, type TimeRange } from '@gumshoe/base/time';

export const STEP_SECONDS = [1, 5, 10, 15, 30, 60, 300, 900, 3600] as const;
/** Points across the window that the automatic step aims at. */
const POINTS = 240;
/** More than this the server would refuse. */
const MAX_POINTS = 11_000;

/** Step in ms: the wanted one, or the smallest that gives at most 240 points; never too many points. */
export function chooseStep(range: TimeRange, wantedSeconds: number): number {
  const width = range.to - range.from;
  const least = width / MAX_POINTS;
  const fitting = (limit: number): number =>
    STEP_SECONDS.find((seconds) => seconds * SECOND >= limit) ?? Math.ceil(limit / SECOND);
  if (wantedSeconds > 0) return Math.max(wantedSeconds, fitting(least)) * SECOND;
  return Math.max(5, fitting(width / POINTS)) * SECOND;
}
