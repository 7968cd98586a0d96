/** The configuration cannot be used. */
export class ConfigError extends Error {
  /** One line for each mistake. */
  readonly mistakes: readonly string[];
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}
