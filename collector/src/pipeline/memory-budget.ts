/** Signals in the order they are shed: profiles first, spans last. Metrics are never shed. */
const ORDER = ['profiles', 'logs', 'spans'] as const;
export type SheddableSignal = (typeof ORDER)[number];

/**
 * Shares of the limit: from the first on, memory that is not in use is given back instead of kept for later; from the
 * others on a signal stops. What is between the last and the limit is for what comes until the next look.
 */
const GIVES_BACK_AT = 0.75;
const STOPS_AT: Readonly<Record<SheddableSignal, number>> = { profiles: 0.87, logs: 0.9, spans: 0.93 };
/** So much more than was left the last time is worth another try. */
const GROWS_BY = 0.05;
/** A signal starts again so much below where it stopped. */
const STARTS_BELOW = 0.05;

/** Decides from the resident size which signals are let through, and counts what is not. */
export class MemoryBudget {
  private readonly limit: number;
  private readonly stopped = new Set<SheddableSignal>();
  private readonly shed: Record<SheddableSignal, number> = { profiles: 0, logs: 0, spans: 0 };

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether what is not in use should be given back now: it is tight, and more than `left` when that was done last. */
  isTight(residentBytes: number, left: number): boolean {
    return residentBytes >= GIVES_BACK_AT * this.limit && residentBytes - left >= GROWS_BY * this.limit;
  }

  check(residentBytes: number): void {
    for (const signal of ORDER) {
      const stop = STOPS_AT[signal] * this.limit;
      if (residentBytes >= stop) this.stopped.add(signal);
      else if (residentBytes < stop - STARTS_BELOW * this.limit) this.stopped.delete(signal);
    }
  }

  /** Whether rows of this signal may be taken now; refused ones are counted. */
  admits(signal: SheddableSignal, rows: number): boolean {
    if (!this.stopped.has(signal)) return true;
    this.refuse(signal, rows);
    return false;
  }

  /** Whether rows of this signal are refused now; counts nothing. */
  sheds(signal: SheddableSignal): boolean {
    return this.stopped.has(signal);
  }

  /** Counts rows that were not even made. */
  refuse(signal: SheddableSignal, rows: number): void {
    this.shed[signal] += rows;
  }

  status(): {
    readonly shedding: readonly SheddableSignal[];
    readonly shed: Readonly<Record<SheddableSignal, number>>;
  } {
    return { shedding: [...this.stopped], shed: { ...this.shed } };
  }
}
