/**
 * SQL with every literal replaced by `?`, comments removed, white space folded, and lists of placeholders
 * collapsed to one: `IN (1, 2, 3)` and `IN (4)` become the same text, and so do `VALUES` of any number of rows.
 * Quoted identifiers stay. Linear in the input, never throws; an unterminated literal is one literal, since a
 * captured query may be cut anywhere. Dialects: PostgreSQL, MySQL, ClickHouse, CQL. MySQL reads "…" as a literal
 * (unless ANSI_QUOTES is set), the others as an identifier.
 */
export function obfuscateSql(sql: string, doubleQuoted: 'identifier' | 'literal' = 'identifier'): string {
  const words: string[] = [];
  const literalQuote = doubleQuoted === 'literal';
  let at = 0;
  while (at < sql.length) {
    const end = tokenEnd(sql, at, literalQuote);
    const token = literalQuote && sql[at] === '"' ? PLACEHOLDER : obfuscateToken(sql, at, end);
    if (token !== '') words.push(token);
    at = end;
  }
  return join(collapseRows(collapseLists(words)));
}

const SPACE = /\s/;
const WORD = /[\p{L}\p{N}_$]/u;
const PLACEHOLDER = '?';
/** Key words whose value is a literal all the same. */
const LITERAL_WORDS = new Set(['true', 'false', 'null']);

function tokenEnd(sql: string, at: number, literalQuote: boolean): number {
  const char = sql[at] ?? '';
  const next = sql[at + 1] ?? '';
  if (SPACE.test(char)) return run(sql, at, SPACE);
  if (char === '-' && next === '-') return lineEnd(sql, at);
  if (char === '#' && next !== '>' && next !== '-') return lineEnd(sql, at);
  if (char === '/' && next === '*') return after(sql, '*/', at + 2);
  if (char === "'") return quotedEnd(sql, at + 1, "'", true);
  if (
    (char === 'e' || char === 'E' || char === 'x' || char === 'X' || char === 'b' || char === 'B') &&
    next === "'"
  )
    return quotedEnd(sql, at + 2, "'", true);
  if (char === '"' || char === '`') return quotedEnd(sql, at + 1, char, literalQuote && char === '"');
  if (char === '$') return dollarEnd(sql, at);
  if (isDigit(char) || (char === '.' && isDigit(next))) return numberEnd(sql, at);
  if (WORD.test(char)) return run(sql, at, WORD);
  return at + 1;
}

function obfuscateToken(sql: string, at: number, end: number): string {
  const char = sql[at] ?? '';
  if (SPACE.test(char)) return '';
  const text = sql.slice(at, end);
  if (text.startsWith('--') || text.startsWith('/*') || (char === '#' && end - at > 1)) return '';
  if (char === '`' || char === '"') return text;
  if (text.includes("'") || isDigit(char) || (char === '.' && end - at > 1)) return PLACEHOLDER;
  if (char === '$' && end - at > 1) return PLACEHOLDER;
  return LITERAL_WORDS.has(text.toLowerCase()) ? PLACEHOLDER : text;
}

const isDigit = (char: string): boolean => char >= '0' && char <= '9';

function run(sql: string, at: number, pattern: RegExp): number {
  let end = at + 1;
  while (end < sql.length && pattern.test(sql[end] ?? '')) end++;
  return end;
}

function lineEnd(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end < 0 ? sql.length : end;
}

function after(sql: string, mark: string, from: number): number {
  const end = sql.indexOf(mark, from);
  return end < 0 ? sql.length : end + mark.length;
}

/** A doubled quote is part of the text; so is a backslashed one where the dialect allows it. */
function quotedEnd(sql: string, from: number, quote: string, backslash: boolean): number {
  for (let at = from; at < sql.length; at++) {
    if (backslash && sql[at] === '\\') at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return sql.length;
}

/** `$1`, `$tag$ … $tag$` (PostgreSQL), or a lone dollar. */
function dollarEnd(sql: string, at: number): number {
  if (isDigit(sql[at + 1] ?? '')) return run(sql, at + 1, /\d/);
  const tagEnd = run(sql, at, /[\p{L}\p{N}_]/u);
  if (sql[tagEnd] !== '$') return tagEnd;
  return after(sql, sql.slice(at, tagEnd + 1), tagEnd + 1);
}

function numberEnd(sql: string, at: number): number {
  let end = run(sql, at, /[\p{L}\p{N}_.]/u);
  if (/[eE]$/.test(sql.slice(at, end)) && /[+-]/.test(sql[end] ?? '')) end = run(sql, end, /\d/);
  return end;
}

/** `( ?, ?, ? )` → `( ? )`. A sign before a placeholder belongs to the literal. */
function collapseLists(words: readonly string[]): string[] {
  const out: string[] = [];
  for (const word of words) {
    const last = out.at(-1);
    if (word === PLACEHOLDER && (last === '-' || last === '+') && startsValue(out.at(-2))) out.pop();
    if (word === PLACEHOLDER && out.at(-1) === ',' && out.at(-2) === PLACEHOLDER) out.pop();
    else out.push(word);
  }
  return out;
}

const startsValue = (word: string | undefined): boolean =>
  word === undefined || /^([=<>(,+\-*/%]|in|values|and|or|then|else|when|limit|offset)$/i.test(word);

/** `( ? ), ( ? )` → `( ? )`. */
function collapseRows(words: readonly string[]): string[] {
  const out: string[] = [];
  for (const word of words) {
    out.push(word);
    const n = out.length;
    if (word !== ')' || n < 7) continue;
    const same = out[n - 2] === PLACEHOLDER && out[n - 3] === '(' && out[n - 4] === ',' && out[n - 5] === ')';
    if (same && out[n - 6] === PLACEHOLDER && out[n - 7] === '(') out.length = n - 4;
  }
  return out;
}

const NO_SPACE_BEFORE = new Set([',', ')', ';', '.', ']', ':']);
const NO_SPACE_AFTER = new Set(['(', '.', '[', '@', ':']);

function join(words: readonly string[]): string {
  let text = '';
  let last = '';
  for (const word of words) {
    const glued =
      last === '' ||
      NO_SPACE_BEFORE.has(word) ||
      NO_SPACE_AFTER.has(last) ||
      (word === '(' && /^\w+$/.test(last) && isFunction(last)) ||
      isOperatorPair(last, word);
    text += glued ? word : ` ${word}`;
    last = word;
  }
  return text;
}

const CLAUSES = new Set([
  'in',
  'values',
  'and',
  'or',
  'not',
  'as',
  'on',
  'from',
  'where',
  'select',
  'using',
  'into',
  'any',
  'all',
  'exists',
  'over',
  'when',
  'then',
  'by',
]);
const isFunction = (word: string): boolean => !CLAUSES.has(word.toLowerCase());
const OPERATOR = /^[<>=!|&:~#@-]$/;
const isOperatorPair = (last: string, word: string): boolean => OPERATOR.test(last) && OPERATOR.test(word);
