import { formatValue } from '@gumshoe/base/units';
import { countOf, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Column } from '@gumshoe/model/world';
import type { Signals, Subject } from './define.ts';

/** The past must be this part of the window to say what is usual; a quarter of it is what is read before most windows. */
const LEAST_PAST = 0.2;
const QUARTERS = 4;
/**
 * Errors in the window from which its calmest quarter, or its two calmest, tell what is usual: of evenly spread ones these
 * have less than a third of their share in one window of fifty (binomial).
 */
const ONE_FROM = 48;
const TWO_FROM = 16;

/** How many errors a stretch of the window's length usually has, and where that comes from. */
export interface UsualErrors {
  readonly count: number;
  readonly explanation: string;
}

/** From what came before the window; without enough of that from the calmer parts of the window itself. */
export function usualErrors(
  { grid, window, logs }: Subject & Pick<Signals, 'logs'>,
  errors: readonly Column[],
): UsualErrors {
  const spoken = sumColumns(
    logs.map(({ rate }) => rate),
    grid.points,
  );
  const count = (lo: number, hi: number): number =>
    errors.reduce((sum, rate) => sum + (sumOf(rate, { lo, hi }) || 0), 0) * (grid.step / 1000);
  const length = window.hi - window.lo;
  const known = countOf(spoken, { lo: 0, hi: window.lo });
  if (known >= LEAST_PAST * length) {
    const before = (count(0, window.lo) * length) / known;
    return { count: before, explanation: `a window of this length had ${number(before)} before` };
  }
  const first = Math.max(
    window.lo,
    spoken.findIndex((value) => value === value),
  );
  return fromQuarters(quartersOf(first, window.hi).map(([lo, hi]) => count(lo, hi)));
}

/** Errors that are a habit come all the time. The fewer there are, the more of the window has to be calm to call them none. */
function fromQuarters(counts: readonly number[]): UsualErrors {
  const total = counts.reduce((sum, one) => sum + one, 0);
  const calm = total >= ONE_FROM ? 1 : total >= TWO_FROM ? 2 : 3;
  const calmest = [...counts].sort((a, b) => a - b).slice(0, calm);
  const usual = (QUARTERS / calm) * calmest.reduce((sum, one) => sum + one, 0);
  return {
    count: usual,
    explanation: `nothing is known from before; the quarters of the window had ${counts.map(number).join(', ')}, at the pace of the ${calm === 1 ? 'calmest' : `${calm} calmest`} it would be ${number(usual)}`,
  };
}

function quartersOf(lo: number, hi: number): readonly (readonly [lo: number, hi: number])[] {
  const cut = (part: number): number => lo + Math.round(((hi - lo) * part) / QUARTERS);
  return Array.from({ length: QUARTERS }, (_, part) => [cut(part), cut(part + 1)]);
}

const number = (value: number): string => formatValue(Math.round(value), 'none');
