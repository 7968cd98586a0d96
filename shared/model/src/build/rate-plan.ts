import type { TimeGrid } from '@gumshoe/base/time';

export interface CounterOptions {
  /** Distance of samples in ms above which nothing is known in between. */
  readonly maxGap: number;
  /**
   * When the counter is known to have started at zero: the instant it was still zero. Without it the first
   * sample only opens the series.
   */
  readonly zeroAt?: number;
}

/** Least part of a cell that samples must cover for its rate to count. */
const MIN_COVERAGE = 0.4;

/**
 * Which cells the time between samples falls into. Series that are scraped together have the same instants, so that
 * one plan serves all of them; its arrays are used again for the next.
 */
export class RatePlan {
  /** For each sample, how many pieces of the time before there are up to and with its own. */
  ends = new Int32Array(256);
  /** The cell of each piece. */
  cells = new Int32Array(512);
  /** What the increase since the sample before is to be divided by for what it adds to the cell's rate a second. */
  divisors = new Float64Array(512);
  /** A rate's columns before anything is added: 0, or NaN where too little of the cell is known. */
  readonly blank: Float64Array;
  readonly #grid: TimeGrid;
  readonly #covered: Float64Array;
  /** ms from each sample to the one before. */
  #gaps = new Float64Array(256);
  #timestamps: Float64Array | undefined;
  #maxGap = NaN;
  #zeroAt: number | undefined;

  constructor(grid: TimeGrid) {
    this.#grid = grid;
    this.blank = new Float64Array(grid.points);
    this.#covered = new Float64Array(grid.points);
  }

  /** Plans for these samples, unless that is what was planned last. Samples that are NaN do not count. */
  prepare(timestamps: Float64Array, values: Float64Array, { maxGap, zeroAt }: CounterOptions): void {
    const whole = isWhole(values);
    const same = whole && maxGap === this.#maxGap && zeroAt === this.#zeroAt;
    if (same && this.#timestamps && equal(timestamps, this.#timestamps)) return;
    this.#timestamps = whole ? timestamps : undefined;
    this.#maxGap = maxGap;
    this.#zeroAt = zeroAt;
    this.#cut(timestamps, values, maxGap, zeroAt ?? NaN);
    this.#weigh(timestamps.length);
  }

  /** Sets gaps, pieces with their lengths in place of divisors, and what is covered. */
  #cut(timestamps: Float64Array, values: Float64Array, maxGap: number, zeroAt: number): void {
    const { step } = this.#grid;
    const points = this.#covered.fill(0).length;
    if (this.ends.length < timestamps.length) {
      this.ends = new Int32Array(2 * timestamps.length);
      this.#gaps = new Float64Array(2 * timestamps.length);
    }
    let pieces = 0;
    let time = zeroAt;
    // samples ascend, so that the cell they fall into does too
    let cell = 0;
    let cellEnd: number = this.#grid.from;
    for (let k = 0; k < timestamps.length; k++) {
      const t = timestamps[k]!;
      this.ends[k] = pieces;
      if (values[k] !== values[k]) continue;
      if (t > time && t - time <= maxGap) {
        this.#gaps[k] = t - time;
        while (cellEnd <= time) {
          cell++;
          cellEnd += step;
        }
        let start = Math.max(time, cellEnd - step);
        while (start < t && cell < points) {
          const end = t < cellEnd ? t : cellEnd;
          this.#add(pieces++, cell, end - start);
          start = end;
          if (end !== cellEnd) break;
          cell++;
          cellEnd += step;
        }
        this.ends[k] = pieces;
      }
      time = t;
    }
  }

  #add(piece: number, cell: number, length: number): void {
    if (piece === this.cells.length) {
      const [cells, divisors] = [this.cells, this.divisors];
      this.cells = new Int32Array(2 * piece);
      this.cells.set(cells);
      this.divisors = new Float64Array(2 * piece);
      this.divisors.set(divisors);
    }
    this.cells[piece] = cell;
    this.divisors[piece] = length;
    this.#covered[cell]! += length;
  }

  #weigh(samples: number): void {
    let piece = 0;
    for (let k = 0; k < samples; k++)
      for (const end = this.ends[k]!; piece < end; piece++)
        this.divisors[piece] =
          (this.#gaps[k]! * this.#covered[this.cells[piece]!]!) / (this.divisors[piece]! * 1000);
    const least = this.#grid.step * MIN_COVERAGE;
    for (let i = 0; i < this.blank.length; i++) this.blank[i] = this.#covered[i]! >= least ? 0 : NaN;
  }
}

function equal(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function isWhole(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) return false;
  return true;
}
