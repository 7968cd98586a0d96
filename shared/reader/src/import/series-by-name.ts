import type { Series } from '@gumshoe/base/series';

/** Series by the name of their metric; remembers which names somebody understood. */
export class SeriesByName {
  readonly #byName: ReadonlyMap<string, readonly Series[]>;
  readonly #taken = new Set<string>();

  constructor(series: readonly Series[]) {
    this.#byName = Map.groupBy(series, ({ labels }) => labels['__name__'] ?? '');
  }

  /** Those of one metric; it counts as understood. */
  take(name: string): readonly Series[] {
    const series = this.#byName.get(name);
    if (series) this.#taken.add(name);
    return series ?? [];
  }

  /** Those of one metric, which may be understood or not. */
  peek(name: string): readonly Series[] {
    return this.#byName.get(name) ?? [];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()].sort();
  }

  /** Names that nobody took, and how many series they have. */
  untaken(): readonly { readonly name: string; readonly series: number }[] {
    return this.names
      .filter((name) => !this.#taken.has(name))
      .map((name) => ({ name, series: this.#byName.get(name)!.length }));
  }
}
