import type { Column } from './values.ts';

/** Puts the columns of a group together, a column at a time; `present` tells at which steps there was any. */
type Reduce = (members: readonly Column[], out: Float64Array, present: Uint8Array) => void;

/** Sum at every step with what rounding loses added at the end, as in `sumOf`. */
function total(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  const rest = new Float64Array(out.length);
  for (const { values, present: there } of members)
    for (let i = 0; i < out.length; i++) {
      if (there[i] === 0) continue;
      present[i] = 1;
      const value = values[i]!;
      const sum = out[i]!;
      const next = sum + value;
      const part = next - sum;
      rest[i]! += sum - (next - part) + (value - part);
      out[i] = next;
    }
  for (let i = 0; i < out.length; i++) {
    const exact = out[i]! + rest[i]!;
    if (exact - exact === 0) out[i] = exact;
  }
}

function counted(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  for (const { present: there } of members)
    for (let i = 0; i < out.length; i++) {
      if (there[i] === 0) continue;
      present[i] = 1;
      out[i]!++;
    }
}

/** From the sum, but step by step where that overflows and the mean does not. */
function mean(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  const count = new Float64Array(out.length);
  counted(members, count, present);
  total(members, out, present);
  for (let i = 0; i < out.length; i++) {
    if (present[i] === 0) continue;
    const sum = out[i]!;
    out[i] = sum - sum === 0 ? sum / count[i]! : stepwiseMean(members, i);
  }
}

function stepwiseMean(members: readonly Column[], i: number): number {
  let mean = 0;
  let n = 0;
  for (const { values, present } of members) {
    if (present[i] === 0) continue;
    n++;
    mean = ((n - 1) / n) * mean + values[i]! / n;
  }
  return mean;
}

function least(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  for (const { values, present: there } of members)
    for (let i = 0; i < out.length; i++) {
      if (there[i] === 0) continue;
      const value = values[i]!;
      const best = out[i]!;
      if (present[i] === 0 || value < best || best !== best) out[i] = value;
      present[i] = 1;
    }
}

function most(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  for (const { values, present: there } of members)
    for (let i = 0; i < out.length; i++) {
      if (there[i] === 0) continue;
      const value = values[i]!;
      const best = out[i]!;
      if (present[i] === 0 || value > best || best !== best) out[i] = value;
      present[i] = 1;
    }
}

function one(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  for (const { present: there } of members)
    for (let i = 0; i < out.length; i++) if (there[i] !== 0) present[i] = 1;
  out.fill(1);
}

/** Population variance, by Welford's method. */
function variance(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  const count = new Float64Array(out.length);
  const average = new Float64Array(out.length);
  for (const { values, present: there } of members)
    for (let i = 0; i < out.length; i++) {
      if (there[i] === 0) continue;
      present[i] = 1;
      const n = ++count[i]!;
      const value = values[i]!;
      const before = average[i]!;
      const delta = value - before;
      const now = before + delta / n;
      average[i] = now;
      out[i]! += delta * (value - now);
    }
  for (let i = 0; i < out.length; i++) out[i]! /= count[i]!;
}

function deviation(members: readonly Column[], out: Float64Array, present: Uint8Array): void {
  variance(members, out, present);
  for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(out[i]!);
}

export const REDUCERS: ReadonlyMap<string, Reduce> = new Map(
  Object.entries({
    sum: total,
    avg: mean,
    min: least,
    max: most,
    count: counted,
    group: one,
    stdvar: variance,
    stddev: deviation,
  }),
);
