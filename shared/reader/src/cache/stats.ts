/** What the cache did for one metric since it was opened. */
export interface QueryStats {
  readonly metric: string;
  /** Questions answered without asking the source for settled samples; and the others. */
  readonly hits: number;
  readonly misses: number;
  /** Samples that came from the source. */
  readonly fetched: number;
  /** Questions that the source did not answer, and its last reason. */
  readonly errors: number;
  readonly lastError?: string;
  /** ms from the end of what is held to the time of the last question; undefined before there was one. */
  readonly lag?: number;
}

export interface CacheStats {
  readonly path: string;
  /** Bytes of the file in use, and at most. */
  readonly bytes: number;
  readonly cap: number;
  readonly evicted: number;
  /** Times the cache itself failed and the source answered alone. */
  readonly failures: number;
  /** What was put aside or went wrong, newest last. */
  readonly notes: readonly string[];
  readonly queries: readonly QueryStats[];
}

type Counted = { -readonly [K in keyof QueryStats]: QueryStats[K] };

/** Counters by metric. */
export class QueryCounters {
  readonly #known = new Map<string, Counted>();

  of(metric: string): Counted {
    let counted = this.#known.get(metric);
    if (counted === undefined)
      this.#known.set(metric, (counted = { metric, hits: 0, misses: 0, fetched: 0, errors: 0 }));
    return counted;
  }

  list(): readonly QueryStats[] {
    return [...this.#known.values()].map((one) => ({ ...one }));
  }
}
