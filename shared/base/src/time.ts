/** Milliseconds since the Unix epoch, UTC. The unit of time from the reader upwards. */
export type Milliseconds = number & { readonly __unit: 'ms' };

/** Nanoseconds since the Unix epoch, UTC. The unit of time from the kernel to the store. */
export type Nanoseconds = bigint & { readonly __unit: 'ns' };

export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
export const nanoseconds = (value: bigint): Nanoseconds => value as Nanoseconds;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Truncates to whole milliseconds. The only place where the two units meet. */
export const toMilliseconds = (ns: Nanoseconds): Milliseconds => milliseconds(Number(ns / 1_000_000n));
export const toNanoseconds = (ms: Milliseconds): Nanoseconds =>
  nanoseconds(BigInt(Math.round(ms)) * 1_000_000n);

/** Closed interval of wall time. `from <= to`. */
export interface TimeRange {
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

/** Evenly spaced instants `from, from + step, …`; `points` of them. `step` in milliseconds, > 0. */
export interface TimeGrid {
  readonly from: Milliseconds;
  readonly step: number;
  readonly points: number;
}

/** Grid aligned down to multiples of `step` that covers `range`. */
export function gridOver(range: TimeRange, step: number): TimeGrid {
  const from = Math.floor(range.from / step) * step;
  const points = Math.max(1, Math.floor((range.to - from) / step) + 1);
  return { from: milliseconds(from), step, points };
}

export const gridTime = (grid: TimeGrid, index: number): Milliseconds =>
  milliseconds(grid.from + index * grid.step);

/** Injected wherever wall time is needed, so that pure code never reads a clock. */
export interface Clock {
  now(): Milliseconds;
}
