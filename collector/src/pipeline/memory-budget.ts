/** Signals in the order they are shed: profiles first, spans last. Metrics are never shed. */
const ORDER = ['profiles', 'logs', 'spans'] as const;
export type SheddableSignal = (typeof ORDER)[number];

/** Share of the limit at which each signal stops; it starts again a tenth below. */
const STOPS_AT: Readonly<Record<SheddableSignal, number>> = { profiles: 0.9, logs: 0.95, spans: 1 };

/** Decides from the resident size which signals are let through, and counts what is not. */
export class MemoryBudget {
  private readonly limit: number;
  private readonly stopped = new Set<SheddableSignal>();
  private readonly shed: Record<SheddableSignal, number> = { profiles: 0, logs: 0, spans: 0 };

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.limit = limit;
  }

  check(residentBytes: number): void {
    for (const signal of ORDER) {
      const stop = STOPS_AT[signal] * this.limit;
      if (residentBytes >= stop) this.stopped.add(signal);
      else if (residentBytes < stop - this.limit / 10) this.stopped.delete(signal);
    }
  }

  /** Whether rows of this signal may be taken now; refused ones are counted. */
  admits(signal: SheddableSignal, rows: number): boolean {
    if (!this.stopped.has(signal)) return true;
    this.shed[signal] += rows;
    return false;
  }

  /** Whether rows of this signal are refused now; counts nothing. */
  sheds(signal: SheddableSignal): boolean {
    return this.stopped.has(signal);
  }

  status(): {
    readonly shedding: readonly SheddableSignal[];
    readonly shed: Readonly<Record<SheddableSignal, number>>;
  } {
    return { shedding: [...this.stopped], shed: { ...this.shed } };
  }
}
