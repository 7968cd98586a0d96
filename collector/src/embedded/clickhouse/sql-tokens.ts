/** One token of ClickHouse SQL. Comments and white space are left out. */
export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  /** As written; quoted identifiers without their quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /[0-9][A-Za-z0-9_.]*/y;
const SPACE = /\s+/y;
const HEREDOC = /\$([A-Za-z0-9_]*)\$/y;

/**
 * Tokens of a statement as ClickHouse's lexer splits them, lazily: an INSERT is read only up to its data.
 * A quote that is not closed ends the text.
 */
export function* sqlTokens(text: string): Generator<SqlToken> {
  let at = 0;
  while (at < text.length) {
    const skipped = skipBlank(text, at);
    if (skipped !== at) {
      at = skipped;
      continue;
    }
    const token = tokenAt(text, at);
    yield token;
    at = token.end;
  }
}

function skipBlank(text: string, at: number): number {
  SPACE.lastIndex = at;
  if (SPACE.test(text)) return SPACE.lastIndex;
  const two = text.slice(at, at + 2);
  if (two === '--' || two === '#!' || two === '# ') return endOf(text, '\n', at + 2);
  if (two === '/*') return endOfBlockComment(text, at + 2);
  return at;
}

/** ClickHouse nests block comments. */
function endOfBlockComment(text: string, from: number): number {
  let depth = 1;
  let at = from;
  while (depth > 0) {
    const close = text.indexOf('*/', at);
    if (close < 0) return text.length;
    const open = text.indexOf('/*', at);
    depth += open >= 0 && open < close ? 1 : -1;
    at = (open >= 0 && open < close ? open : close) + 2;
  }
  return at;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function tokenAt(text: string, at: number): SqlToken {
  const first = text[at]!;
  if (first === "'") return { kind: 'string', text: '', start: at, end: closeQuote(text, at) };
  if (first === '`' || first === '"') {
    const end = closeQuote(text, at);
    return { kind: 'quoted', text: text.slice(at + 1, end - 1), start: at, end };
  }
  const heredoc = matchAt(HEREDOC, text, at);
  if (heredoc !== undefined) {
    return { kind: 'string', text: '', start: at, end: endOf(text, heredoc, at + heredoc.length) };
  }
  const word = matchAt(WORD, text, at);
  if (word !== undefined) return { kind: 'word', text: word, start: at, end: at + word.length };
  const number = matchAt(NUMBER, text, at);
  if (number !== undefined) return { kind: 'number', text: number, start: at, end: at + number.length };
  return { kind: 'symbol', text: first, start: at, end: at + 1 };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Index after the closing quote; a backslash escapes, a doubled quote stays inside. */
function closeQuote(text: string, start: number): number {
  const quote = text[start];
  let at = start + 1;
  while (at < text.length) {
    if (text[at] === '\\') at += 2;
    else if (text[at] !== quote) at++;
    else if (text[at + 1] === quote) at += 2;
    else return at + 1;
  }
  return text.length;
}
