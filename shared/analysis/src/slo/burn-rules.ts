import { DAY, HOUR, MINUTE } from '@gumshoe/base/time';

/** An alarm rule: both windows must burn faster than `rate`. Windows in ms. */
export interface BurnRateRule {
  readonly id: string;
  readonly severity: 'warning' | 'critical';
  readonly longWindow: number;
  readonly shortWindow: number;
  /** Multiple of the rate that uses up the budget exactly. */
  readonly rate: number;
  /** Below this rate what fires is a warning, whatever `severity` says. */
  readonly criticalRate?: number;
  /** ms of the long window that must be bad, so that one hiccup is no alarm. */
  readonly sustained?: number;
  /** Share of the long window that must lie after the first request; without it what there is has to do. */
  readonly leastHistory?: number;
}

/** A fiftieth of the budget of 30 days within an hour. */
const FAST = 14.4;

/**
 * The two usual rules, and a fast one for somebody who is looking at the screen: on a total outage the 1 h
 * rule speaks up after nine minutes only, this one after fifteen seconds. It also sees a program that dies
 * again and again. What burns slower than the 1 h rule asks for is a warning until one of the usual rules fires.
 */
export const BURN_RATE_RULES: readonly BurnRateRule[] = [
  {
    id: '1m',
    severity: 'critical',
    longWindow: MINUTE,
    shortWindow: 30_000,
    rate: 5,
    criticalRate: FAST,
    sustained: 15_000,
  },
  { id: '1h', severity: 'critical', longWindow: HOUR, shortWindow: 5 * MINUTE, rate: FAST },
  { id: '6h', severity: 'critical', longWindow: 6 * HOUR, shortWindow: 30 * MINUTE, rate: 6 },
];

/**
 * Budgets that leak: no incident, but work to plan. They judge days, so they keep quiet until at least half
 * of their window has been seen.
 */
export const SLOW_BURN_RULES: readonly BurnRateRule[] = [
  { id: '1d', severity: 'warning', longWindow: DAY, shortWindow: 2 * HOUR, rate: 3, leastHistory: 0.5 },
  { id: '3d', severity: 'warning', longWindow: 3 * DAY, shortWindow: 6 * HOUR, rate: 1, leastHistory: 0.5 },
];

export const ALL_BURN_RULES: readonly BurnRateRule[] = [...BURN_RATE_RULES, ...SLOW_BURN_RULES];
