import type { FailureError } from '@gumshoe/base/failure';
import { FUNCTIONS, RENAMED } from '../functions.ts';
import { parseError } from './parse-error.ts';
import { openBracket, syntaxContext } from './syntax-context.ts';

const AGGREGATIONS =
  /^(?:sum|avg|count|min|max|group|stddev|stdvar|topk|bottomk|count_values|quantile|limitk|limit_ratio)$/i;
const KEYWORDS = /^(?:by|without|on|ignoring|group_left|group_right|bool|offset|start|end)$/i;
const OPERATORS = /^(?:and|or|unless|atan2)$/i;
const NUMBER = /^(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![a-z])/i;
const DURATION = /^(?:\d+(?:ms|[smhdwy]))+/;

/** The place where the grammar stops, named as Prometheus names what it found there. */
export function syntaxError(query: string, at: number): FailureError {
  const called = /(?<![\w.:])([A-Za-z_]\w*)\s*$/.exec(query.slice(0, at));
  const name = called?.[1];
  if (called && name !== undefined && query.startsWith('(', at) && isUnknown(name)) {
    const renamed = RENAMED.get(name);
    const now = renamed === undefined ? '' : `: Prometheus 3 calls it ${renamed}`;
    return parseError(query, called.index, `unknown function with name "${name}"${now}`);
  }
  const string = /^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*|[^"'`#])*/.exec(query)![0].length;
  if (string < query.length && string <= at)
    return parseError(query, string, `unterminated ${query[string] === '`' ? 'raw' : 'quoted'} string`);
  const start = at + (/^\s*/.exec(query.slice(at))?.[0].length ?? 0);
  const wrong = misplaced(query, start);
  // Prometheus has read a parenthesis too many when it sees that
  if (wrong !== undefined) return parseError(query, wrong.includes("')'") ? start + 1 : start, wrong);
  return parseError(query, start, `${found(query, start)}${syntaxContext(query.slice(0, start))}`);
}

const isUnknown = (name: string): boolean =>
  !FUNCTIONS.has(name) && !AGGREGATIONS.test(name) && !KEYWORDS.test(name) && !OPERATORS.test(name);

/** What does not fit the brackets around it; Prometheus's lexer stops there, before its grammar does. */
function misplaced(query: string, at: number): string | undefined {
  const sign = query[at];
  const open = openBracket(query.slice(0, at));
  if (sign === undefined) {
    if (open === '{') return 'unexpected end of input inside braces';
    if (openParentheses(query) > 0) return 'unclosed left parenthesis';
    return open === '[' ? 'unclosed left bracket' : undefined;
  }
  if (sign === ')' && openParentheses(query.slice(0, at)) === 0) return "unexpected right parenthesis ')'";
  if (open === '{' && sign === '{') return "unexpected left brace '{'";
  if (open === '{' && /[\d()[\]<>+\-*/%^@:;.~|&$?\\]/.test(sign))
    return `unexpected character inside braces: '${sign}'`;
  if (open !== '{' && query.startsWith('=~', at)) return "unexpected character after '=': '~'";
  if (open !== '{' && sign === '}') return "unexpected character: '}'";
  return open !== '[' && sign === ']' ? "unexpected right bracket ']'" : undefined;
}

function found(query: string, at: number): string {
  const rest = query.slice(at);
  if (rest === '') return 'unexpected end of input';
  const duration = DURATION.exec(rest)?.[0];
  if (duration !== undefined) return `unexpected duration "${duration}"`;
  const number = NUMBER.exec(rest)?.[0];
  if (number !== undefined) return `unexpected number "${number}"`;
  const word = /^[A-Za-z_:][\w:]*/.exec(rest)?.[0];
  if (word !== undefined) {
    const lower = word.toLowerCase();
    if (OPERATORS.test(word)) return `unexpected <op:${lower}>`;
    if (AGGREGATIONS.test(word)) return `unexpected <aggr:${lower}>`;
    if (KEYWORDS.test(word)) return `unexpected <${lower}>`;
    return `unexpected identifier "${word}"`;
  }
  const text = /^(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)/.exec(rest)?.[0];
  if (text !== undefined) return `unexpected string ${JSON.stringify(text)}`;
  const operator = /^(?:=~|!~|==|!=|<=|>=|<\/|>\/|[-+*/%^<>@])/.exec(rest)?.[0];
  if (operator !== undefined) return `unexpected <op:${operator}>`;
  if (/^[()[\]{},:=]/.test(rest)) return `unexpected "${rest[0]}"`;
  return `unexpected character: ${JSON.stringify(String.fromCodePoint(rest.codePointAt(0)!)).replace(/"/g, "'")}`;
}

/** Parentheses without their end, outside of strings. */
function openParentheses(query: string): number {
  const bare = query.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*/g, '');
  return (bare.match(/\(/g) ?? []).length - (bare.match(/\)/g) ?? []).length;
}
