/** Runs of items of at most so much weight together and so many; a heavier one is alone. */
export function* runsOfWeight<T>(
  items: readonly T[],
  most: number,
  weigh: (item: T) => number,
  many = Infinity,
): Generator<readonly T[]> {
  let [start, weight] = [0, 0];
  for (let i = 0; i < items.length; i++) {
    const own = weigh(items[i]!);
    if (i > start && (weight + own > most || i - start >= many)) {
      yield items.slice(start, i);
      [start, weight] = [i, 0];
    }
    weight += own;
  }
  if (start < items.length) yield items.slice(start);
}
