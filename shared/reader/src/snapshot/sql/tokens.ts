import { FailureError } from '@gumshoe/base/failure';

export interface Token {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'symbol' | 'end';
  /** What it says: words and symbols as written, quoted names and texts without quotes and escapes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const BLANK = /(?:\s+|--[^\n]*|#[! ][^\n]*|\/\*[^]*?\*\/)+/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const SYMBOL = /<=>|<=|>=|<>|!=|==|\|\||::|->|[-+*/%(),.[\]{}<>=?:;]/y;
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: '\n', t: '\t', r: '\r', 0: '\0', b: '\b', f: '\f', a: '\u0007', v: '\v', e: '\u001b' },
};

/** Longer than anyone writes; bounds what parsing takes. */
const MAX_QUERY = 100_000;

/** @throws FailureError `invalid-input` at what no token begins with. The last token is of kind `end`. */
export function tokensOf(query: string): readonly Token[] {
  if (query.length > MAX_QUERY)
    throw mistakeAt(query, MAX_QUERY, { reason: `it is longer than ${MAX_QUERY} characters` });
  const tokens: Token[] = [];
  for (let at = skipBlank(query, 0); at < query.length; at = skipBlank(query, at)) {
    const token = tokenAt(query, at);
    tokens.push(token);
    at = token.end;
  }
  return [...tokens, { kind: 'end', text: '', start: query.length, end: query.length }];
}

function skipBlank(query: string, at: number): number {
  BLANK.lastIndex = at;
  return BLANK.test(query) ? BLANK.lastIndex : at;
}

function tokenAt(query: string, at: number): Token {
  const first = query[at]!;
  if (first === "'") return quotedAt(query, at, 'text');
  if (first === '"' || first === '`') return quotedAt(query, at, 'quoted');
  for (const [kind, pattern] of [
    ['word', WORD],
    ['number', NUMBER],
    ['symbol', SYMBOL],
  ] as const) {
    pattern.lastIndex = at;
    const text = pattern.exec(query)?.[0];
    if (text !== undefined) return { kind, text, start: at, end: at + text.length };
  }
  throw mistakeAt(query, at, { reason: `${JSON.stringify(first)} has no meaning here` });
}

/** Quotes are doubled or escaped by a backslash, as in ClickHouse. */
function quotedAt(query: string, start: number, kind: 'text' | 'quoted'): Token {
  const quote = query[start]!;
  let text = '';
  for (let at = start + 1; at < query.length; at++) {
    const one = query[at]!;
    if (one === '\\' && at + 1 < query.length) {
      const next = query[++at]!;
      text += ESCAPES[next] ?? (next === quote || next === '\\' ? next : `\\${next}`);
    } else if (one !== quote) text += one;
    else if (query[at + 1] === quote) text += query[++at];
    else return { kind, text, start, end: at + 1 };
  }
  throw mistakeAt(query, start, { reason: `the quote ${quote} is not closed` });
}

/** What is wrong with a query. */
export interface QueryMistake {
  readonly reason: string;
  readonly remedy?: string;
  readonly code?: 'invalid-input' | 'not-supported' | 'not-found';
}

/** What is wrong with a query, and where. */
export function mistakeAt(query: string, at: number, { reason, remedy, code }: QueryMistake): FailureError {
  const before = query.slice(0, at).split('\n');
  return new FailureError({
    code: code ?? 'invalid-input',
    tried: 'read the SQL',
    target: `line ${before.length}, column ${before.at(-1)!.length + 1}`,
    reason,
    remedy: remedy ?? DIALECT,
  });
}

export const DIALECT =
  'A snapshot answers SELECT in ClickHouse\'s SQL, a part of it: docs/snapshot-format.md, "SQL". SHOW TABLES, DESCRIBE table and SHOW FUNCTIONS say what there is.';
