/** CLOCK_MONOTONIC, the clock of kernel events, in ns. */
export type MonotonicClock = () => bigint;
/** Wall time in whole ms since the epoch. */
export type WallClock = () => number;

const ROUNDS = 3;
/** Offsets closer than this are measurement noise: spans of two batches keep one time line. */
const NOISE_NS = 50_000n;
const SPIN_LIMIT = 1_000_000;

/**
 * What to add to a monotonic time to get wall time, in ns. The wall clock shows whole ms only, so each
 * round waits for its next tick (1 ms at most); being interrupted between the two reads can only make the
 * result too small, hence the largest wins.
 */
export function measureClockOffset(monotonic: MonotonicClock, wall: WallClock): bigint {
  let best: bigint | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const before = wall();
    let tick = before;
    for (let spin = 0; tick === before && spin < SPIN_LIMIT; spin++) tick = wall();
    const offset = BigInt(tick) * 1_000_000n - monotonic();
    if (best === undefined || offset > best) best = offset;
  }
  return best ?? 0n;
}

/** Turns kernel times into wall times; follows steps and slews of the wall clock at each refresh. */
export class WallTime {
  #offset: bigint;
  readonly #monotonic: MonotonicClock;
  readonly #wall: WallClock;

  constructor(monotonic: MonotonicClock = process.hrtime.bigint, wall: WallClock = Date.now) {
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#offset = measureClockOffset(monotonic, wall);
  }

  refresh(): void {
    const measured = measureClockOffset(this.#monotonic, this.#wall);
    const change = measured - this.#offset;
    if (change > NOISE_NS || change < -NOISE_NS) this.#offset = measured;
  }

  /** ns since the epoch of a CLOCK_MONOTONIC time. */
  at(monotonicNs: bigint): bigint {
    return monotonicNs + this.#offset;
  }
}

/** `seconds.nnnnnnnnn`, as ClickHouse's DateTime64(9) reads it. */
export function timestampText(wallNs: bigint): string {
  const digits = wallNs.toString().padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
