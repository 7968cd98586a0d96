import type { Milliseconds } from '@gumshoe/base/time';

/**
 * inactive: nothing; pending: the condition holds, but not for long enough; firing; resolving: it was firing and
 * the condition is gone, but not for long enough.
 */
export type AlertPhase = 'inactive' | 'pending' | 'firing' | 'resolving';

/**
 * raise: the condition holds; hold: not quite, but too little is gone to call it over; clear: it does not hold;
 * unknown: no data to tell.
 */
export type AlertSignal = 'raise' | 'hold' | 'clear' | 'unknown';

export interface AlertState {
  readonly phase: AlertPhase;
  /** When the phase began; undefined: always so. */
  readonly since?: Milliseconds;
  /** When the condition of a pending, firing or resolving alert began to hold. */
  readonly activeAt?: Milliseconds;
  /** When a firing or resolving alert began to fire. */
  readonly firedAt?: Milliseconds;
}

export interface AlertTiming {
  /** How long the condition must hold before the alert fires, ms. */
  readonly for: number;
  /** How long it must be gone before the alert is over, ms. */
  readonly keep: number;
}

export const INACTIVE: AlertState = { phase: 'inactive' };

/** A firing alert that nothing is known of is over after this long, ms. */
const FORGET = 10 * 60_000;

/** The state after what was seen at `at`; call it with ascending instants. */
export function advanceAlert(
  state: AlertState,
  signal: AlertSignal,
  at: Milliseconds,
  timing: AlertTiming,
): AlertState {
  switch (state.phase) {
    case 'inactive':
      return signal === 'raise' ? pend({ phase: 'pending', since: at, activeAt: at }, at, timing) : state;
    case 'pending':
      if (signal === 'raise') return pend(state, at, timing);
      return signal === 'unknown' ? state : { phase: 'inactive', since: at };
    case 'firing':
      if (signal === 'raise' || signal === 'hold') return state;
      return settle({ ...state, phase: 'resolving', since: at }, signal, at, timing);
    case 'resolving':
      if (signal === 'raise') return { ...state, phase: 'firing', since: at };
      return settle(state, signal, at, timing);
  }
}

function pend(state: AlertState, at: Milliseconds, timing: AlertTiming): AlertState {
  if (at - (state.activeAt ?? at) < timing.for) return state;
  return { ...state, phase: 'firing', since: at, firedAt: at };
}

function settle(state: AlertState, signal: AlertSignal, at: Milliseconds, timing: AlertTiming): AlertState {
  const gone = at - (state.since ?? at);
  const over =
    signal === 'clear' ? gone >= timing.keep : signal === 'unknown' && gone >= timing.keep + FORGET;
  return over ? { phase: 'inactive', since: at } : state;
}
