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
  readonly #out: Column;
  readonly #covered: Float64Array;

  constructor(grid: TimeGrid) {
    this.grid = grid;
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
    let time = options.zeroAt ?? NaN;
    let value = 0;
    for (let k = 0; k < timestamps.length; k++) {
      const t = timestamps[k]!;
      const v = values[k]!;
      if (v !== v) continue;
      if (time === time && t > time && t - time <= options.maxGap) {
        this.#spread(time, t, v >= value ? v - value : v);
      }
      time = t;
      value = v;
    }
    const least = this.grid.step * MIN_COVERAGE;
    for (let i = 0; i < out.length; i++) out[i] = covered[i]! >= least ? (out[i]! / covered[i]!) * 1000 : NaN;
    return out;
  }

  #spread(from: number, to: number, amount: number): void {
    const { grid } = this;
    const out = this.#out;
    const covered = this.#covered;
    const perMs = amount / (to - from);
    let cell = Math.ceil((from - grid.from) / grid.step);
    if (grid.from + cell * grid.step <= from) cell++;
    let start = from;
    if (cell < 0) {
      cell = 0;
      start = Math.max(from, grid.from - grid.step);
    }
    for (; cell < out.length && start < to; cell++) {
      const end = Math.min(to, grid.from + cell * grid.step);
      if (end <= start) continue;
      out[cell]! += perMs * (end - start);
      covered[cell]! += end - start;
      start = end;
    }
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
