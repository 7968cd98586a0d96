import type { Clock } from '@gumshoe/base/time';
import type { SourcePart } from '@gumshoe/engine/ports';
import { isDamage, openCacheFile, replaceCacheFile, type OpenedCache } from './cache-file.ts';
import { evict, usedBytes } from './capacity.ts';
import { MetricStore } from './metric-store.ts';
import type { CacheStats, QueryStats } from './stats.ts';

export const DEFAULT_CACHE_BYTES = 1024 ** 3;
const MOST_NOTES = 20;
const MIB = 1024 ** 2;

export interface CacheOptions {
  /** Directory of the cache; several sources and processes may share it. */
  readonly directory: string;
  /** Tells this source from others. Must hold no secret. */
  readonly sourceKey: string;
  /** Bytes that the file may take; 1 GiB if not given. */
  readonly maxBytes?: number;
  readonly clock?: Clock;
}

/** The file behind a CachedReader, and what becomes of its failures: they cost a note, never an answer. */
export class MetricCache {
  readonly #options: CacheOptions;
  readonly #cap: number;
  readonly #notes: string[] = [];
  #opened: OpenedCache | undefined;
  #store: MetricStore | undefined;
  #evicted = 0;
  #failures = 0;
  #closed = false;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#cap = options.maxBytes ?? DEFAULT_CACHE_BYTES;
    this.#guarded(() => this.#use(openCacheFile(options.directory)));
  }

  #use(opened: OpenedCache): void {
    this.#opened = opened;
    for (const text of opened.notes) this.#note(text);
    this.#store = new MetricStore(opened.database, this.#options.sourceKey);
  }

  /** The result of `work`, or undefined where the cache could not do it. */
  attempt<T>(work: (store: MetricStore) => T): T | undefined {
    const store = this.#store;
    return store === undefined || this.#closed ? undefined : this.#guarded(() => work(store));
  }

  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#failures++;
      const opened = this.#opened;
      if (!isDamage(error) || opened === undefined) {
        this.#note(error instanceof Error ? error.message : String(error));
        return undefined;
      }
      this.#store = undefined;
      try {
        this.#use(replaceCacheFile(this.#options.directory, opened, error));
      } catch (another) {
        this.#note(another instanceof Error ? another.message : String(another));
      }
      return undefined;
    }
  }

  /** Removes what is oldest when the file has grown over its cap. */
  makeRoom(): void {
    const opened = this.#opened;
    if (this.#store === undefined || opened === undefined) return;
    this.#guarded(() => (this.#evicted += evict(opened.database, this.#cap)));
  }

  #note(text: string): void {
    if (this.#notes.at(-1) === text) return;
    this.#notes.push(text);
    if (this.#notes.length > MOST_NOTES) this.#notes.shift();
  }

  state(): Omit<CacheStats, 'queries'> {
    const opened = this.#opened;
    const bytes = this.#store && opened ? this.#guarded(() => usedBytes(opened.database)) : undefined;
    return {
      path: opened?.path ?? this.#options.directory,
      bytes: bytes ?? 0,
      cap: this.#cap,
      evicted: this.#evicted,
      failures: this.#failures,
      notes: [...this.#notes],
    };
  }

  /** What the status of a source says of its cache. */
  part(queries: readonly QueryStats[]): SourcePart {
    const { path, bytes, cap, evicted, failures, notes } = this.state();
    const sum = (of: (one: QueryStats) => number): number =>
      queries.reduce((total, one) => total + of(one), 0);
    const lags = queries.flatMap(({ lag }) => (lag === undefined ? [] : [lag]));
    const failing = queries.filter(({ errors }) => errors > 0);
    return {
      name: 'metric cache',
      target: path,
      state: this.#store === undefined ? 'failed' : 'ok',
      ...(this.#store === undefined
        ? {
            failure: {
              code: 'internal',
              tried: 'open the metric cache',
              target: path,
              reason: notes.at(-1) ?? 'it cannot be opened',
              remedy: 'Everything is read from the source. Free the directory, or choose another one.',
            },
          }
        : {}),
      notes: [
        `${(bytes / MIB).toFixed(1)} of ${(cap / MIB).toFixed(0)} MiB, ${evicted} chunks evicted`,
        `${sum((one) => one.hits)} hits, ${sum((one) => one.misses)} misses, ${sum((one) => one.fetched)} samples fetched`,
        ...(lags.length > 0 ? [`at most ${Math.round(Math.max(...lags) / 1000)} s behind`] : []),
        ...failing
          .slice(0, 5)
          .map(({ metric, errors, lastError }) => `${metric}: ${errors} errors, the last: ${lastError}`),
        ...(failures > 0 ? [`the cache failed ${failures} times`] : []),
        ...notes,
      ],
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#store = undefined;
    this.#guarded(() => this.#opened?.database.close());
  }
}
