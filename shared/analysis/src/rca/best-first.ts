/** A heap: the best item is taken first, by an order that is total. */
export class BestFirst<T> {
  readonly #items: T[] = [];
  readonly #isBetter: (a: T, b: T) => boolean;

  constructor(isBetter: (a: T, b: T) => boolean) {
    this.#isBetter = isBetter;
  }

  add(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBetter(items[at]!, items[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  take(): T | undefined {
    const items = this.#items;
    const best = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return best;
    items[0] = last;
    this.#sink(0);
    return best;
  }

  #sink(from: number): void {
    const items = this.#items;
    for (let at = from; ;) {
      let top = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < items.length && this.#isBetter(items[child]!, items[top]!)) top = child;
      if (top === at) return;
      this.#swap(at, top);
      at = top;
    }
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    const held = items[a]!;
    items[a] = items[b]!;
    items[b] = held;
  }
}
