import type { CellRange, Column } from '@gumshoe/model/world';

/** Neighbouring samples say nearly the same: so many count as one. */
const CORRELATED = 4;

/**
 * How surely the values after are larger (positive) or smaller than those before, in standard deviations:
 * Mann-Whitney's U with its normal approximation, corrected for ties, on a quarter of the samples. NaN with
 * fewer than four on either side.
 */
export function rankDifference(column: Column, before: CellRange, after: CellRange): number {
  const values = [...known(column, before, 0), ...known(column, after, 1)].sort((a, b) => a.value - b.value);
  const n2 = values.filter(({ side }) => side === 1).length;
  const n1 = values.length - n2;
  if (n1 < CORRELATED || n2 < CORRELATED) return NaN;
  let ranks = 0;
  let ties = 0;
  for (let i = 0; i < values.length;) {
    let j = i;
    while (j < values.length && values[j]!.value === values[i]!.value) j++;
    const rank = (i + 1 + j) / 2;
    for (let k = i; k < j; k++) if (values[k]!.side === 1) ranks += rank;
    ties += (j - i) ** 3 - (j - i);
    i = j;
  }
  const n = n1 + n2;
  const u = ranks - (n2 * (n2 + 1)) / 2;
  const variance = ((n1 * n2) / 12) * (n + 1 - ties / (n * (n - 1)));
  return variance > 0 ? (u - (n1 * n2) / 2) / Math.sqrt(variance * CORRELATED) : 0;
}

function known(
  column: Column,
  cells: CellRange,
  side: 0 | 1,
): { readonly value: number; readonly side: 0 | 1 }[] {
  const values = [...column.subarray(cells.lo, cells.hi)].filter((value) => value === value);
  return values.map((value) => ({ value, side }));
}

export interface Proportion {
  readonly bad: number;
  readonly total: number;
}

/** As `rankDifference`, for shares of requests: the pooled two-proportion z. NaN with fewer than 20 on either side. */
export function shareDifference(before: Proportion, after: Proportion): number {
  if (before.total < 20 || after.total < 20) return NaN;
  const pooled = (before.bad + after.bad) / (before.total + after.total);
  const variance = pooled * (1 - pooled) * (1 / before.total + 1 / after.total);
  return variance > 0 ? (after.bad / after.total - before.bad / before.total) / Math.sqrt(variance) : 0;
}

/** As `rankDifference`, for counts of rare events over times or requests: the z of two Poisson rates. */
export function countDifference(
  before: number,
  timeBefore: number,
  after: number,
  timeAfter: number,
): number {
  const total = before + after;
  if (total === 0 || timeBefore <= 0 || timeAfter <= 0) return total === 0 ? 0 : NaN;
  const expected = (total * timeAfter) / (timeBefore + timeAfter);
  const variance = (expected * timeBefore) / (timeBefore + timeAfter);
  return (after - expected) / Math.sqrt(variance);
}
