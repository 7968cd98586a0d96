import type { Series } from '@gumshoe/base/series';
import type { TimeGrid } from '@gumshoe/base/time';
import type { CellRange, Column } from '../world.ts';
import { RatePlan, type CounterOptions } from './rate-plan.ts';

const COLUMNS_AT_ONCE = 64;

/** Turns raw series into columns of one grid. Holds its scratch space, so that building allocates little. */
export class Resampler {
  readonly grid: TimeGrid;
  /** Nothing was observed. Shared: not to be written to. */
  readonly empty: Column;
  readonly #out: Column;
  readonly #plan: RatePlan;
  /** Room for the next columns: one by one they cost more to make than to fill. */
  #slab: Float64Array;
  #taken = 0;

  constructor(grid: TimeGrid) {
    this.grid = grid;
    this.empty = new Float64Array(grid.points).fill(NaN);
    this.#out = new Float64Array(grid.points);
    this.#plan = new RatePlan(grid);
    this.#slab = new Float64Array(0);
  }

  column(fill = NaN): Column {
    const { points } = this.grid;
    if (this.#taken + points > this.#slab.length) {
      this.#slab = new Float64Array(points * COLUMNS_AT_ONCE);
      this.#taken = 0;
    }
    return this.#slab.subarray(this.#taken, (this.#taken += points)).fill(fill);
  }

  /**
   * Per-second increase in each cell. The increase between two samples is spread evenly over the time
   * between them, so the sum over cells is what was counted. A drop is a reset to zero. The result is
   * valid until the next call.
   */
  rate(series: Series, options: CounterOptions): Column {
    const { timestamps, values } = series;
    this.#plan.prepare(timestamps, values, options);
    const { ends, cells, divisors, blank } = this.#plan;
    const out = this.#out;
    out.set(blank);
    let value = 0;
    let piece = 0;
    for (let k = 0; k < timestamps.length; k++) {
      const v = values[k]!;
      if (v !== v) continue;
      const end = ends[k]!;
      const increase = v >= value ? v - value : v;
      for (; piece < end; piece++) out[cells[piece]!]! += increase / divisors[piece]!;
      value = v;
    }
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
