import type { Series } from '@gumshoe/base/series';
import type { TimeGrid } from '@gumshoe/base/time';
import type { CellRange, Column } from '../world.ts';

/** Least part of a cell that samples must cover for its rate to count. */
const MIN_COVERAGE = 0.4;

export interface CounterOptions {
  /** Distance of samples in ms above which nothing is known in between. */
  readonly maxGap: number;
  /**
   * When the counter is known to have started at zero: the instant it was still zero. Without it the first
   * sample only opens the series.
   */
  readonly zeroAt?: number;
}

/** Turns raw series into columns of one grid. Holds its scratch space, so that building allocates little. */
export class Resampler {
  readonly grid: TimeGrid;
  /** Nothing was observed. Shared: not to be written to. */
  readonly empty: Column;
  readonly #out: Column;
  readonly #covered: Float64Array;

  constructor(grid: TimeGrid) {
    this.grid = grid;
    this.empty = new Float64Array(grid.points).fill(NaN);
    this.#out = new Float64Array(grid.points);
    this.#covered = new Float64Array(grid.points);
  }

  column(fill = NaN): Column {
    return new Float64Array(this.grid.points).fill(fill);
  }

  /**
   * Per-second increase in each cell. The increase between two samples is spread evenly over the time
   * between them, so the sum over cells is what was counted. A drop is a reset to zero. The result is
   * valid until the next call.
   */
  rate(series: Series, options: CounterOptions): Column {
    const out = this.#out.fill(0);
    const covered = this.#covered.fill(0);
    const { timestamps, values } = series;
    const { step } = this.grid;
    let time = options.zeroAt ?? NaN;
    let value = 0;
    // samples ascend, so that the cell they fall into does too
    let cell = 0;
    let cellEnd: number = this.grid.from;
    for (let k = 0; k < timestamps.length; k++) {
      const t = timestamps[k]!;
      const v = values[k]!;
      if (v !== v) continue;
      if (t > time && t - time <= options.maxGap) {
        const perMs = (v >= value ? v - value : v) / (t - time);
        while (cellEnd <= time) {
          cell++;
          cellEnd += step;
        }
        let start = Math.max(time, cellEnd - step);
        while (start < t && cell < out.length) {
          const end = t < cellEnd ? t : cellEnd;
          out[cell]! += perMs * (end - start);
          covered[cell]! += end - start;
          start = end;
          if (end !== cellEnd) break;
          cell++;
          cellEnd += step;
        }
      }
      time = t;
      value = v;
    }
    const least = step * MIN_COVERAGE;
    for (let i = 0; i < out.length; i++) out[i] = covered[i]! >= least ? (out[i]! / covered[i]!) * 1000 : NaN;
    return out;
  }

  /** Last value at or before each instant, not older than `lookback` ms. Valid until the next call. */
  last(series: Series, lookback: number): Column {
    const out = this.#out.fill(NaN);
    const { timestamps, values } = series;
    const { from, step } = this.grid;
    let next = 0;
    for (let i = 0; i < out.length; i++) {
      const at = from + i * step;
      while (next < timestamps.length && timestamps[next]! <= at) next++;
      if (next > 0 && timestamps[next - 1]! > at - lookback) out[i] = values[next - 1]!;
    }
    return out;
  }

  /** Highest value within each cell, else the last one before it. Valid until the next call. */
  highest(series: Series, lookback: number): Column {
    const out = this.#out.fill(NaN);
    const { timestamps, values } = series;
    const { from, step } = this.grid;
    let next = 0;
    for (let i = 0; i < out.length; i++) {
      const at = from + i * step;
      let top = NaN;
      for (; next < timestamps.length && timestamps[next]! <= at; next++) {
        if (timestamps[next]! > at - step && !(values[next]! <= top)) top = values[next]!;
      }
      if (top === top) out[i] = top;
      else if (next > 0 && timestamps[next - 1]! > at - lookback) out[i] = values[next - 1]!;
    }
    return out;
  }
}

const whole = (column: Column): CellRange => ({ lo: 0, hi: column.length });

/** Adds where `from` has a value; NaN plus a value is the value. */
export function addInto(target: Column, from: Column, cells: CellRange = whole(target)): void {
  for (let i = cells.lo; i < cells.hi; i++) {
    const value = from[i]!;
    if (value === value) target[i] = target[i] === target[i] ? target[i]! + value : value;
  }
}

/** Keeps the higher of both; NaN loses. */
export function maxInto(target: Column, from: Column, cells: CellRange = whole(target)): void {
  for (let i = cells.lo; i < cells.hi; i++) {
    const value = from[i]!;
    if (value === value && !(target[i]! >= value)) target[i] = value;
  }
}
