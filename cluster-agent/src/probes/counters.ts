/** Differences of counters between two rounds, by key. A counter that fell began anew and counts from zero. */
export class Counters {
  private last = new Map<string, readonly number[]>();
  private at = NaN;

  /**
   * What was added since the last call, per second, for the keys that have moved; empty at the first call. A key seen
   * for the first time counts in full. `now` in ms.
   */
  rates(current: ReadonlyMap<string, readonly number[]>, now: number): Map<string, number[]> {
    const seconds = (now - this.at) / 1000;
    const rates = new Map<string, number[]>();
    if (seconds > 0)
      for (const [key, values] of current) {
        const before = this.last.get(key) ?? [];
        const began = values.some((value, i) => value < (before[i] ?? 0));
        const added = values.map((value, i) => value - (began ? 0 : (before[i] ?? 0)));
        if (added.some((value) => value > 0))
          rates.set(
            key,
            added.map((value) => value / seconds),
          );
      }
    this.last = new Map(current);
    this.at = now;
    return rates;
  }
}

/** The `count` entries with most of it, most first. */
export const highestFirst = <T>(all: Iterable<T>, weight: (one: T) => number, count = 20): readonly T[] =>
  [...all]
    .filter((one) => weight(one) > 0)
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, count);
