import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import type { Downtime } from '../world.ts';

/** Sorted distinct instants at which something was seen. */
export type Instants = Float64Array;

export function mergeInstants(all: readonly Float64Array[]): Instants {
  const [first] = all;
  // what is scraped together was seen together
  const parts =
    first === undefined ? [] : [first, ...all.slice(1).filter((part) => !sameInstants(part, first))];
  if (parts.length === 1) return parts[0]!;
  return merged(parts);
}

function sameInstants(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function merged(parts: readonly Float64Array[]): Instants {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Float64Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  all.sort();
  let n = 0;
  for (let i = 0; i < all.length; i++) if (i === 0 || all[i] !== all[i - 1]) all[n++] = all[i]!;
  return all.subarray(0, n);
}

/** Instants of a gauge's samples above zero. */
export function positiveInstants(series: Series): Instants {
  const { timestamps, values } = series;
  if (values.every((value) => value > 0)) return timestamps;
  return timestamps.filter((_, i) => values[i]! > 0);
}

/** How many instants lie in `from < t < to`. */
function countBetween(instants: Instants, from: number, to: number): number {
  return lowerBound(instants, to) - lowerBound(instants, from + 1e-9);
}

export function lowerBound(instants: Instants, at: number): number {
  let low = 0;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (instants[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Stretches longer than `staleness` ms in which the subject was not seen although its source was. A silent
 * source proves nothing about the subject, so it makes no downtime.
 */
export function downtimesOf(subject: Instants, source: Instants, staleness: number): Downtime[] {
  const out: Downtime[] = [];
  for (let i = 1; i < subject.length; i++) {
    const from = subject[i - 1]!;
    const to = subject[i]!;
    if (to - from <= staleness) continue;
    if (countBetween(source, from, to) >= 2) out.push({ from: milliseconds(from), to: milliseconds(to) });
  }
  const last = subject.at(-1);
  const sourceLast = source.at(-1);
  if (last !== undefined && sourceLast !== undefined && sourceLast - last > staleness) {
    if (countBetween(source, last, Infinity) >= 2) out.push({ from: milliseconds(last) });
  }
  return out;
}

/** Stretches longer than `staleness` without any sample, the open one up to `until` included. */
export function gapsOf(
  instants: Instants,
  staleness: number,
  until: number,
): { readonly from: number; readonly to?: number }[] {
  const out: { from: number; to?: number }[] = [];
  for (let i = 1; i < instants.length; i++) {
    if (instants[i]! - instants[i - 1]! > staleness) out.push({ from: instants[i - 1]!, to: instants[i]! });
  }
  const last = instants.at(-1);
  if (last !== undefined && until - last > staleness) out.push({ from: last });
  return out;
}
