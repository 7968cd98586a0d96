/** Text of OpenMetrics with timestamps. */
export class TextWriter {
  readonly #families = new Map<string, { readonly type: string; readonly lines: string[] }>();

  gauge(name: string, labels: Readonly<Record<string, string>>, at: number, value: number): void {
    this.#add(name, name, 'gauge', labels, at, value);
  }

  /** `name` with `_total`. */
  counter(name: string, labels: Readonly<Record<string, string>>, at: number, value: number): void {
    this.#add(name.replace(/_total$/, ''), name, 'counter', labels, at, value);
  }

  histogram(
    name: string,
    part: string,
    labels: Readonly<Record<string, string>>,
    at: number,
    value: number,
  ): void {
    this.#add(name, `${name}_${part}`, 'histogram', labels, at, value);
  }

  #add(
    family: string,
    name: string,
    type: string,
    labels: Readonly<Record<string, string>>,
    at: number,
    value: number,
  ): void {
    const one = this.#families.get(family) ?? { type, lines: [] };
    this.#families.set(family, one);
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
    one.lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value} ${at / 1000}`);
  }

  get text(): string {
    const parts = [...this.#families].map(
      ([family, { type, lines }]) => `# TYPE ${family} ${type}\n${lines.join('\n')}\n`,
    );
    return `${parts.join('')}# EOF\n`;
  }
}
