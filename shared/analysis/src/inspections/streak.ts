import type { TimeGrid } from '@gumshoe/base/time';
import type { Column } from '@gumshoe/model/world';

/** So many failures without a success in between are no accident. */
export const LEAST_FAILURES = 3;

/**
 * 1 in each cell in which things keep failing, 0 where they do not, NaN before anything is known. `bad` and `good`
 * are rates of failures and successes; a cell with successes alone ends it, a cell with neither changes nothing:
 * who tries once a minute and fails each time is failing all the time, who failed once and never tried again is
 * not.
 */
export function failingColumn(bad: Column, good: Column | undefined, grid: TimeGrid): Column {
  const seconds = grid.step / 1000;
  const out = new Float64Array(bad.length).fill(NaN);
  let failures = 0;
  let state = NaN;
  for (let i = 0; i < out.length; i++) {
    const failed = bad[i]! > 0 ? bad[i]! * seconds : 0;
    const succeeded = good !== undefined && good[i]! > 0;
    if (failed > 0) failures += failed;
    else if (succeeded) failures = 0;
    const seen = bad[i] === bad[i] || (good !== undefined && good[i] === good[i]);
    // counts are spread over the cells between two samples, so three may come out as a little less
    if (seen) state = failures >= LEAST_FAILURES - 0.5 ? 1 : 0;
    out[i] = seen ? state : NaN;
  }
  return out;
}
