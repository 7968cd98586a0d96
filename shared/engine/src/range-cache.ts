import { FailureError } from '@gumshoe/base/failure';
import type { Milliseconds, TimeRange } from '@gumshoe/base/time';

interface Entry<T> {
  readonly key: string;
  readonly value: Promise<T>;
  readonly loadedAt: Milliseconds;
  readonly range: TimeRange;
}

/** Samples reach the store this long after they were taken, ms. */
const SETTLING = 60_000;
/** How long an answer about a window that is still filling may be reused, ms. */
const LIVE_LIFETIME = 2_000;

/** Whether an answer loaded at `loadedAt` still holds at `now`: old windows do not change, live ones do. */
export function isFresh(range: TimeRange, loadedAt: Milliseconds, now: Milliseconds): boolean {
  return loadedAt - range.to > SETTLING || now - loadedAt < LIVE_LIFETIME;
}

/**
 * Keeps the answers for the last few windows. Callers who ask for the same window at once share one load;
 * a failed or cancelled load is forgotten.
 */
export class RangeCache<T> {
  readonly #capacity: number;
  #entries: readonly Entry<T>[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async get(
    range: TimeRange,
    now: Milliseconds,
    load: (signal?: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const key = `${range.from}-${range.to}`;
    const known = this.#entries.find((entry) => entry.key === key && isFresh(range, entry.loadedAt, now));
    if (known === undefined) return this.#load(key, range, now, load, signal);
    try {
      return await known.value;
    } catch (error) {
      const othersCancel = error instanceof FailureError && error.failure.code === 'cancelled';
      if (!othersCancel || signal?.aborted) throw error;
      return this.#load(key, range, now, load, signal);
    }
  }

  clear(): void {
    this.#entries = [];
  }

  async #load(
    key: string,
    range: TimeRange,
    now: Milliseconds,
    load: (signal?: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const entry: Entry<T> = { key, value: load(signal), loadedAt: now, range };
    const others = this.#entries.filter((other) => other.key !== key);
    this.#entries = [entry, ...others].slice(0, this.#capacity);
    try {
      return await entry.value;
    } catch (error) {
      this.#entries = this.#entries.filter((other) => other !== entry);
      throw error;
    }
  }
}
