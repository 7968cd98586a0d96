/** Minutes and values of a counter with a reset after minute 5. */
export const POINTS: readonly (readonly [minute: number, value: number])[] = [
  [0.5, 10],
  [1.5, 20],
  [2.5, 30],
  [3.5, 40],
  [4.5, 50],
  [5.5, 5],
  [6.5, 15],
];

/** What `x` has at a minute, the same for floats and for the counts of native histograms. */
export const CASES: readonly (readonly [minute: number, query: string, expected: number | undefined])[] = [
  [4, 'increase(x[2m] anchored)', 20],
  [4, 'rate(x[2m] anchored)', 20 / 120],
  [1, 'increase(x[2m] anchored)', 0],
  [6, 'increase(x[2m] anchored)', 15],
  [4, 'increase(x[2m] smoothed)', 20],
  // from 45 on the way to 50, and after the reset from zero to 2.5 on the way to 5
  [5, 'increase(x[1m] smoothed)', 5 + 2.5],
  [6, 'increase(x[1m] smoothed)', 5 - 2.5 + 5],
  [7, 'increase(x[1m] smoothed)', 5],
  [4, 'x smoothed', 45],
  [4.5, 'x smoothed', 50],
  [7, 'x smoothed', 15],
  [0.25, 'x smoothed', undefined],
  [20, 'increase(x[2m] anchored)', undefined],
];
