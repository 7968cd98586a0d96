import type { Application } from '@gumshoe/model/world';

export interface Objective {
  readonly kind: 'availability' | 'latency';
  /** Share of requests that must be good, 0..1. */
  readonly share: number;
  /** Nobody set it: it is what we take for granted until somebody does. */
  readonly assumed?: boolean;
  /** seconds; latency only */
  readonly threshold?: number;
}

/** What every application promises unless told otherwise. */
export const DEFAULT_OBJECTIVES: readonly Objective[] = [
  { kind: 'availability', share: 0.99, assumed: true },
  { kind: 'latency', share: 0.99, threshold: 0.5, assumed: true },
];

/** We promise nothing on behalf of services that others run. */
export function objectivesOf(application: Application): readonly Objective[] {
  return application.kind === 'ExternalService' ? [] : DEFAULT_OBJECTIVES;
}

/** An alarm rule: both windows must burn faster than `rate`. Windows in ms. */
export interface BurnRateRule {
  readonly longWindow: number;
  readonly shortWindow: number;
  /** Multiple of the rate that uses up the budget exactly. */
  readonly rate: number;
  /** ms of the long window that must be bad, so that one hiccup is no alarm. */
  readonly sustained?: number;
}

/**
 * The two usual rules, and a fast one for somebody who is looking at the screen: on a total outage the 1 h
 * rule speaks up after nine minutes only, this one after fifteen seconds. It also sees a program that dies
 * again and again.
 */
export const BURN_RATE_RULES: readonly BurnRateRule[] = [
  { longWindow: 60_000, shortWindow: 30_000, rate: 5, sustained: 15_000 },
  { longWindow: 60 * 60_000, shortWindow: 5 * 60_000, rate: 14.4 },
  { longWindow: 6 * 60 * 60_000, shortWindow: 30 * 60_000, rate: 6 },
];
