/** How long work may go on before others get the processor, ms. */
const PIECE_MS = 0.2;
/** ms. Who was waiting runs at once; less than a timer is exact to. */
const PAUSE_MS = 0.05;
/** Of one batch. Where others want all there is, each pause is as long as their turn: more would be lost than gained. */
const MOST_PAUSED_MS = 10;

export interface PaceClock {
  /** ms, of any origin */
  readonly now: () => number;
  /** Gives the processor away for `ms` or longer. Nothing else runs in this thread meanwhile. */
  readonly sleep: (ms: number) => void;
}

const cell = new Int32Array(new SharedArrayBuffer(4));

export const THREAD_CLOCK: PaceClock = {
  now: () => performance.now(),
  sleep: (ms) => void Atomics.wait(cell, 0, 0, ms),
};

/**
 * Does work in short pieces, the thread asleep for a moment after each: a request whose server shares the processor
 * waits for a piece of it and not for the whole (decision 25).
 */
export class Pace {
  readonly #clock: PaceClock;
  #since = 0;
  #paused = 0;

  constructor(clock: PaceClock) {
    this.#clock = clock;
  }

  /** Some work begins. */
  begin(): void {
    this.#since = this.#clock.now();
    this.#paused = 0;
  }

  /** Whether a piece is over: whoever asks hands on what it has, then pauses. */
  get isDue(): boolean {
    return this.#paused < MOST_PAUSED_MS && this.#clock.now() - this.#since >= PIECE_MS;
  }

  pause(): void {
    const from = this.#clock.now();
    this.#clock.sleep(PAUSE_MS);
    this.#since = this.#clock.now();
    this.#paused += this.#since - from;
  }
}
