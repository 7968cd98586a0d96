// What SQLite lacks of ClickHouse's aggregates, as better-sqlite3 takes them.

const json = (value: unknown): string => JSON.stringify(value);

interface Kept {
  value: unknown;
  by?: unknown;
}

/** Characters of a list that a query gathers. */
const LONGEST_LIST = 64 * 1024 ** 2;

interface Gathered {
  readonly items: string[];
  readonly known: Set<string>;
  size: number;
}

/** Lists of what was seen, as JSON; `most` of them where that is said. */
function gathered(distinct: boolean): object {
  return {
    safeIntegers: true,
    varargs: true,
    start: (): Gathered => ({ items: [], known: new Set(), size: 0 }),
    step: (kept: Gathered, value: unknown, most: unknown = Infinity): Gathered => {
      if (value === null || kept.items.length >= Number(most)) return kept;
      const item = typeof value === 'bigint' ? String(value) : json(value);
      if (distinct && kept.known.has(item)) return kept;
      if (distinct) kept.known.add(item);
      kept.items.push(item);
      kept.size += item.length + 1;
      if (kept.size > LONGEST_LIST)
        throw new RangeError('a list of groupArray is too long: say how many, as in groupArray(100)(x)');
      return kept;
    },
    result: ({ items }: Gathered) => `[${items.join(',')}]`,
  };
}

/** Nulls are passed over, as by all aggregates. */
export const AGGREGATES: Readonly<Record<string, object>> = {
  anyOf: {
    safeIntegers: true,
    start: (): Kept | null => null,
    step: (kept: Kept | null, value: unknown) => kept ?? (value === null ? null : { value }),
    result: (kept: Kept | null) => kept?.value ?? null,
  },
  anyLast: {
    safeIntegers: true,
    start: (): Kept | null => null,
    step: (kept: Kept | null, value: unknown) => (value === null ? kept : { value }),
    result: (kept: Kept | null) => kept?.value ?? null,
  },
  groupArray: gathered(false),
  groupUniqArray: gathered(true),
  argMin: extreme((by, kept) => by < kept),
  argMax: extreme((by, kept) => by > kept),
  quantileExact: {
    start: () => ({ values: [] as number[], level: 0.5 }),
    step: (kept: { values: number[]; level: number }, value: number | null, level: number) => {
      if (value !== null) kept.values.push(value);
      kept.level = level;
      return kept;
    },
    result: ({ values, level }: { values: number[]; level: number }) => {
      const sorted = values.sort((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] ?? null;
    },
  },
  topK: {
    start: () => ({ counts: new Map<unknown, number>(), most: 10 }),
    step: (kept: { counts: Map<unknown, number>; most: number }, value: unknown, most: number) => {
      if (value !== null) kept.counts.set(value, (kept.counts.get(value) ?? 0) + 1);
      kept.most = most;
      return kept;
    },
    result: ({ counts, most }: { counts: Map<unknown, number>; most: number }) =>
      json(
        [...counts]
          .sort(([, a], [, b]) => b - a)
          .slice(0, most)
          .map(([value]) => value),
      ),
  },
  varPop: moments(({ count, squares }) => squares / count),
  varSamp: moments(({ count, squares }) => (count < 2 ? null : squares / (count - 1))),
  stddevPop: moments(({ count, squares }) => Math.sqrt(squares / count)),
  stddevSamp: moments(({ count, squares }) => (count < 2 ? null : Math.sqrt(squares / (count - 1)))),
  corr: {
    start: () => ({ n: 0, x: 0, y: 0, xx: 0, yy: 0, xy: 0 }),
    // Welford's, for two variables
    step: (
      kept: Record<'n' | 'x' | 'y' | 'xx' | 'yy' | 'xy', number>,
      x: number | null,
      y: number | null,
    ) => {
      if (x === null || y === null) return kept;
      kept.n++;
      const [dx, dy] = [x - kept.x, y - kept.y];
      kept.x += dx / kept.n;
      kept.y += dy / kept.n;
      kept.xx += dx * (x - kept.x);
      kept.yy += dy * (y - kept.y);
      kept.xy += dx * (y - kept.y);
      return kept;
    },
    result: ({ xx, yy, xy }: { xx: number; yy: number; xy: number }) =>
      xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null,
  },
};

function extreme(better: (by: never, kept: never) => boolean): object {
  return {
    safeIntegers: true,
    start: (): Kept | null => null,
    step: (kept: Kept | null, value: unknown, by: unknown) =>
      by !== null && (kept === null || better(by as never, kept.by as never)) ? { value, by } : kept,
    result: (kept: Kept | null) => kept?.value ?? null,
  };
}

interface Moments {
  count: number;
  mean: number;
  squares: number;
}

function moments(result: (kept: Moments) => number | null): object {
  return {
    start: (): Moments => ({ count: 0, mean: 0, squares: 0 }),
    step: (kept: Moments, value: number | null): Moments => {
      if (value === null) return kept;
      kept.count++;
      const away = value - kept.mean;
      kept.mean += away / kept.count;
      kept.squares += away * (value - kept.mean);
      return kept;
    },
    result: (kept: Moments) => (kept.count === 0 ? null : result(kept)),
  };
}
