import { mistakeAt, tokensOf, type QueryMistake, type Token } from './tokens.ts';

/** Deeper than anyone nests; bounds the stack. */
const MAX_DEPTH = 100;

/** Words that end an expression, so that none of them is a name that was given without AS. */
const RESERVED: ReadonlySet<string> = new Set(
  `SELECT FROM PREWHERE WHERE GROUP ORDER HAVING LIMIT OFFSET UNION EXCEPT INTERSECT JOIN INNER LEFT RIGHT FULL CROSS
  ASOF ANY ALL SEMI ANTI GLOBAL ARRAY ON USING AS AND OR NOT IN LIKE ILIKE BETWEEN IS ASC DESC NULLS SETTINGS FORMAT
  WITH WHEN THEN ELSE END FINAL SAMPLE BY WINDOW QUALIFY OVER CASE INTERVAL DISTINCT`.split(/\s+/),
);

/** The few of them that cannot even begin an expression: `End` is a column. */
const NO_OPERANDS: ReadonlySet<string> = new Set(
  `SELECT FROM PREWHERE WHERE GROUP ORDER HAVING LIMIT UNION JOIN ON USING AS AND OR WHEN THEN ELSE BETWEEN IN IS
  SETTINGS`.split(/\s+/),
);

const NOTHING: ReadonlySet<string> = new Set();

/** Walks the tokens of one query. */
export class Cursor {
  readonly query: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  /** @throws FailureError `invalid-input` */
  constructor(query: string) {
    this.query = query;
    this.#tokens = tokensOf(query);
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** What is written from a position up to here. */
  since(start: number): string {
    const { end } = this.#tokens[this.#at - 1] ?? { end: start };
    return this.query.slice(start, end).replace(/\s+/g, ' ');
  }

  isWord(word: string, ahead = 0): boolean {
    const { kind, text } = this.peek(ahead);
    return kind === 'word' && text.toUpperCase() === word;
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const { kind, text } = this.peek(ahead);
    return kind === 'symbol' && text === symbol;
  }

  /** Goes over a run of keywords, if they are what comes next. */
  words(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.isWord(word, i))) return false;
    this.#at += words.length;
    return true;
  }

  symbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#at++;
    return true;
  }

  expect(what: string): void {
    if (!this.symbol(what) && !this.words(what)) throw this.unexpected(what);
  }

  /** A name, or undefined where none stands. */
  name(notOf: ReadonlySet<string> = RESERVED): string | undefined {
    const { kind, text } = this.peek();
    if (kind !== 'quoted' && (kind !== 'word' || notOf.has(text.toUpperCase()))) return undefined;
    this.#at++;
    return text;
  }

  /** A name where an expression begins. */
  expectOperand(): string {
    const name = this.name(NO_OPERANDS);
    if (name === undefined) throw this.unexpected('an expression');
    return name;
  }

  expectName(): string {
    const name = this.name();
    if (name === undefined) throw this.unexpected('a name');
    return name;
  }

  /** A name behind AS, where any word is one, or without AS; undefined where none stands. */
  alias(): string | undefined {
    return this.words('AS') ? this.expectWord() : this.name();
  }

  /** A name where any word is one. */
  expectWord(): string {
    const name = this.name(NOTHING);
    if (name === undefined) throw this.unexpected('a name');
    return name;
  }

  list<T>(one: () => T): T[] {
    const items = [one()];
    while (this.symbol(',')) items.push(one());
    return items;
  }

  nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.error(`it is nested more than ${MAX_DEPTH} deep`);
    const result = parse();
    this.#depth--;
    return result;
  }

  unexpected(wanted: string): Error {
    const { kind, text } = this.peek();
    return this.error(`${wanted} was expected, not ${kind === 'end' ? 'the end' : JSON.stringify(text)}`);
  }

  error(reason: string, more: Omit<QueryMistake, 'reason'> = {}): Error {
    return mistakeAt(this.query, this.peek().start, { reason, ...more });
  }

  unsupported(what: string, remedy: string): Error {
    return this.error(`${what} is not supported on a snapshot`, { remedy, code: 'not-supported' });
  }
}
