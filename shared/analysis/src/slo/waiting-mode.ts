import type { TimeGrid } from '@gumshoe/base/time';
import type { Column, HistogramColumns, RequestColumns } from '@gumshoe/model/world';
import type { RequestSource } from '@gumshoe/schema/metrics/requests';

/**
 * Protocols in which some requests are held open until there is something to say, and the least seconds of such a wait:
 * a long poll lasts until its time is over, a tailable cursor of MongoDB (awaitData) one second without more.
 */
const LEAST_WAIT: ReadonlyMap<RequestSource, number> = new Map([
  ['http', 5],
  ['mongodb', 1],
  ['redis', 1],
]);

/** Seconds from which requests of a protocol may wait by design; Infinity where none do. */
export const leastWait = (protocol: RequestSource): number => LEAST_WAIT.get(protocol) ?? Infinity;

/** Nothing lies between the answers and the waits: the ratio of the bounds of what is empty. */
const GAP = 4;
/** Empty is what holds less than this part of the waits. */
const EMPTY = 0.05;
/** This part of the waits falls into two neighbouring buckets: who waits does so for a set time. */
const NARROW = 0.9;
/** Waits without which nothing is told, and stretches of time that must all have some. */
const LEAST = 20;
const LEAST_STRETCHES = 5;
/** Lengths of a wait in one stretch, and the least ms of it. */
const WAITS = 4;
const LEAST_STRETCH = 120_000;
/** As many wait all the time, but for this part and what chance explains. */
const STEADY = 0.35;
const SIGMAS = 3;

export interface WaitingMode {
  /** Seconds a wait lasts at least and, unless there is no such bound, at most. */
  readonly least: number;
  readonly most: number;
  /** Requests per second that waited, cell by cell: no more than usual, so that slow ones still count. */
  readonly rate: Column;
}

/**
 * Requests that wait by design as the distribution of latencies tells: as many as ever, each for the same long time, with
 * nothing between them and the answers. Learnt from the first half of what is known, so that trouble that begins is none.
 */
export function waitingMode(grid: TimeGrid, { protocol, latency }: RequestColumns): WaitingMode | undefined {
  const least = LEAST_WAIT.get(protocol);
  if (least === undefined || !latency) return undefined;
  const learnt = firstHalf(latency.counts.at(-1)!);
  if (!someWait(latency, learnt, least, grid)) return undefined;
  const totals = latency.counts.map((column) => sum(column, learnt.lo, learnt.hi) * (grid.step / 1000));
  const from = lowerBucket(latency, totals, least);
  if (from === undefined) return undefined;
  const waited = latency.counts.at(-1)!.map((all, i) => all - (latency.counts[from - 1]![i] || 0));
  const most = latency.bounds[Math.min(from + 1, latency.bounds.length - 1)]!;
  const usual = steadyRate(waited, learnt, grid, most === Infinity ? latency.bounds.at(-2)! : most);
  if (usual === undefined) return undefined;
  const seconds = grid.step / 1000;
  const expected = usual * seconds;
  const limit = (expected + SIGMAS * Math.sqrt(expected) + 1) / seconds;
  return { least: latency.bounds[from - 1]!, most, rate: waited.map((value) => Math.min(value, limit)) };
}

function firstHalf(column: Column): { readonly lo: number; readonly hi: number } {
  const lo = column.findIndex((value) => value === value);
  const hi = column.findLastIndex((value) => value === value) + 1;
  return lo < 0 ? { lo: 0, hi: 0 } : { lo, hi: lo + ((hi - lo) >> 1) };
}

/** Whether enough requests took that long at all: most histograms end here. */
function someWait(
  { bounds, counts }: HistogramColumns,
  { lo, hi }: { readonly lo: number; readonly hi: number },
  least: number,
  { step }: TimeGrid,
): boolean {
  const at = bounds.findIndex((bound) => bound >= least);
  if (at < 0 || bounds[at] === Infinity) return false;
  return (sum(counts.at(-1)!, lo, hi) - sum(counts[at]!, lo, hi)) * (step / 1000) >= LEAST;
}

function sum(column: Column, lo: number, hi: number): number {
  let total = 0;
  for (let i = lo; i < hi; i++) total += column[i] || 0;
  return total;
}

/** First bucket of the waits: above `least`, behind a gap, narrow; undefined when the distribution has no such part. */
function lowerBucket(
  { bounds }: HistogramColumns,
  totals: readonly number[],
  least: number,
): number | undefined {
  const all = totals.at(-1)!;
  for (let from = 1; from < bounds.length; from++) {
    const lower = bounds[from - 1]!;
    if (lower < least) continue;
    const waits = all - totals[from - 1]!;
    if (waits < LEAST) return undefined;
    // answers there must be: who always takes that long is slow
    const between = bounds.findLastIndex((bound) => bound <= lower / GAP);
    if (between < 0) continue;
    const inside = totals[from - 1]! - totals[between]!;
    const narrow = totals[Math.min(from + 1, totals.length - 1)]! - totals[from - 1]!;
    if (inside < EMPTY * waits && narrow >= NARROW * waits && totals[between]! > waits * EMPTY) return from;
  }
  return undefined;
}

/** Waits per second, when they come at one rate in every stretch of time. */
function steadyRate(
  waited: Column,
  { lo, hi }: { readonly lo: number; readonly hi: number },
  grid: TimeGrid,
  longest: number,
): number | undefined {
  const cells = Math.ceil(Math.max(LEAST_STRETCH, WAITS * longest * 1000) / grid.step);
  const counts: number[] = [];
  for (let at = lo; at + cells <= hi; at += cells)
    counts.push(sum(waited, at, at + cells) * (grid.step / 1000));
  if (counts.length < LEAST_STRETCHES) return undefined;
  const mean = counts.reduce((total, count) => total + count, 0) / counts.length;
  const spread = STEADY * mean + SIGMAS * Math.sqrt(mean);
  if (counts.some((count) => count === 0 || Math.abs(count - mean) > spread)) return undefined;
  return (mean / cells / grid.step) * 1000;
}
