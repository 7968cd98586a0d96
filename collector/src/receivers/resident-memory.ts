import { releaseFilePages } from 'ebpf-loader-native';
import type { MemoryBudget } from '../pipeline/memory-budget.ts';

/** ms between passes in which file pages go back. A pass costs some milliseconds, and what is in use is back at once. */
const RELEASE_EVERY = 30_000;
/** ms between looks, and at least between passes over the heap, each of which stops everything for some 50 ms. */
const LOOK_EVERY = 250;
const COLLECT_EVERY = 1_000;

/**
 * V8's, where the process was started with --expose-gc. Its last resort is the one that gives pages back: others keep
 * what they free for later, some 20 MB.
 */
const { gc } = globalThis as { readonly gc?: (options: { type: 'major'; flavor: 'last-resort' }) => void };

/**
 * Keeps resident memory within its budget: looks at it four times a second, gives back what is not in use when it is tight,
 * and has signals shed when that does not help.
 */
export class ResidentMemory {
  readonly #budget: MemoryBudget;
  #timer: NodeJS.Timeout | undefined;
  #releasedAt = Number.NEGATIVE_INFINITY;
  #collectedAt = Number.NEGATIVE_INFINITY;
  /** Bytes, after the last pass. */
  #left = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(performance.now()), LOOK_EVERY);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** `now` in ms, of any clock that only moves on. */
  look(now: number): void {
    const isDue = now - this.#collectedAt >= COLLECT_EVERY;
    if (isDue && this.#budget.isTight(process.memoryUsage.rss(), this.#left)) {
      this.#collectedAt = now;
      gc?.({ type: 'major', flavor: 'last-resort' });
      this.#release(now);
      this.#left = process.memoryUsage.rss();
    }
    this.#budget.check(process.memoryUsage.rss());
    // pages that only starting needed do not count as memory of a process that runs for months
    if (now - this.#releasedAt >= RELEASE_EVERY) this.#release(now);
  }

  #release(now: number): void {
    this.#releasedAt = now;
    try {
      releaseFilePages();
    } catch {
      // without the loader's addon they stay
    }
  }
}
