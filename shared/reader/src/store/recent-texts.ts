/** The last few distinct texts, newest last. */
export class RecentTexts {
  readonly #texts = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(text: string): void {
    this.#texts.delete(text);
    this.#texts.add(text);
    if (this.#texts.size > this.#most) this.#texts.delete(this.#texts.values().next().value ?? '');
  }

  list(): readonly string[] {
    return [...this.#texts];
  }
}
