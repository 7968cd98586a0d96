import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { indexOfByte, textOf } from './bytes.ts';
import { describeDatabase } from './database-description.ts';
import { defineProtocol, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { keyShape } from './key-shape.ts';

const ARRAY = 0x2a;
const BULK = 0x24;
const CARRIAGE_RETURN = 0x0d;
const SIMPLE_ERROR = 0x2d;
const BULK_ERROR = 0x21;
const ZERO = 0x30;
const MOST_DIGITS = 9;
const COMMAND_LIMIT = 32;
const SHOWN_ARGUMENTS = 3;
const KEY_LIMIT = 64;
const INLINE_LIMIT = 512;

/** Commands whose second word says what is done; their own argument is never a key or a value. */
const CONTAINERS = new Set(
  (
    'ACL CLIENT CLUSTER COMMAND CONFIG DEBUG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SENTINEL ' +
    'SLOWLOG XGROUP XINFO'
  ).split(' '),
);

/** A RESP prefix (`*3`, `$5`) at `at`: its number and where the next line begins; undefined when cut or wrong. */
function lengthLine(
  bytes: Uint8Array,
  at: number,
  type: number,
): { value: number; next: number } | undefined {
  if (bytes[at] !== type) return undefined;
  let [value, end] = [0, at + 1];
  for (; end <= at + MOST_DIGITS; end++) {
    const digit = bytes[end]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    value = 10 * value + digit;
  }
  return end > at + 1 && bytes[end] === CARRIAGE_RETURN ? { value, next: end + 2 } : undefined;
}

/** A command word at a bulk string: capitals, and where the next element begins. */
function word(bytes: Uint8Array, at: number): { text: string; next: number } | undefined {
  const length = lengthLine(bytes, at, BULK);
  if (!length || length.value === 0 || length.value > COMMAND_LIMIT) return undefined;
  const end = length.next + length.value;
  if (end > bytes.length) return undefined;
  const text = textOf(bytes, length.next, end);
  if (!/^[A-Za-z][\w.|-]*$/.test(text)) return undefined;
  return { text: text.toUpperCase(), next: end + 2 };
}

/** Commands whose first argument is no key. */
const WITHOUT_KEY = new Set(
  'AUTH HELLO EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO ECHO PING SELECT SWAPDB MIGRATE RESET QUIT'.split(
    ' ',
  ),
);

/** Commands that wait for something to happen; XREAD and XREADGROUP only when they say BLOCK. */
const BLOCKING = new Set(
  (
    'BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF MONITOR PSYNC ' +
    'SUBSCRIBE PSUBSCRIBE SSUBSCRIBE'
  ).split(' '),
);
const READS_STREAMS = new Set(['XREAD', 'XREADGROUP']);
const BLOCK_OPTION = /\bBLOCK\b/i;
const OPTIONS_LIMIT = 128;

interface Command {
  readonly name: string;
  readonly argumentCount: number;
  /** Shape of the first key; '?' when there is none to show. */
  readonly key: string;
  readonly blocking: boolean;
}

function isBlocking(name: string, payload: Uint8Array): boolean {
  return (
    BLOCKING.has(name) || (READS_STREAMS.has(name) && BLOCK_OPTION.test(textOf(payload, 0, OPTIONS_LIMIT)))
  );
}

/** The bulk string at `at`, up to KEY_LIMIT bytes of it. */
function keyAt(payload: Uint8Array, at: number): string {
  const length = lengthLine(payload, at, BULK);
  if (!length) return '?';
  return keyShape(textOf(payload, length.next, length.next + Math.min(length.value, KEY_LIMIT)));
}

/** A line of words, as people type it: `PING`, `SET a b`. Only whole lines, since anything could be a cut one. */
function inlineCommand(payload: Uint8Array): Command | undefined {
  const end = indexOfByte(payload, CARRIAGE_RETURN, 0, INLINE_LIMIT);
  if (end < 0) return undefined;
  const [first = '', ...words] = textOf(payload, 0, end).split(/\s+/);
  if (!/^[A-Za-z]{2,20}$/.test(first)) return undefined;
  const name = first.toUpperCase();
  const key = WITHOUT_KEY.has(name) || CONTAINERS.has(name) ? '?' : keyShape(words[0] ?? '');
  return { name, argumentCount: words.length, key, blocking: isBlocking(name, payload) };
}

function commandOf(payload: Uint8Array): Command | undefined {
  const array = lengthLine(payload, 0, ARRAY);
  if (!array) return inlineCommand(payload);
  const first = word(payload, array.next);
  if (!first) return undefined;
  const second = CONTAINERS.has(first.text) ? word(payload, first.next) : undefined;
  if (second) {
    const name = `${first.text} ${second.text}`;
    return { name, argumentCount: array.value - 2, key: '?', blocking: false };
  }
  const name = first.text;
  const key = WITHOUT_KEY.has(name) || CONTAINERS.has(name) ? '?' : keyAt(payload, first.next);
  return { name, argumentCount: array.value - 1, key, blocking: isBlocking(name, payload) };
}

/** Of the first key its kind stays (`session:?`); ids, session tokens and values do not. */
function masked({ name, argumentCount, key }: Command): string {
  const shown = Math.max(0, Math.min(argumentCount, SHOWN_ARGUMENTS));
  if (shown === 0) return name;
  return `${name} ${key}${' ?'.repeat(shown - 1)}${argumentCount > shown ? ' …' : ''}`;
}

const NESTED_ERROR = /\r\n[-!](?:\d+\r\n)?([A-Z][A-Z0-9_]{0,31})[\s:]/;

/** A transaction is answered with an array that may hold errors of its commands. */
function transactionError(name: string | undefined, response: Uint8Array): string {
  if (name !== 'EXEC' || response[0] !== ARRAY) return '';
  return NESTED_ERROR.exec(textOf(response, 0, response.length))?.[1] ?? '';
}

/** First word of an error reply (`WRONGTYPE`, `ERR`, `NOAUTH`); the rest may quote arguments. */
function errorWord(response: Uint8Array): string {
  let from = 1;
  if (response[0] === BULK_ERROR) from = lengthLine(response, 0, BULK_ERROR)?.next ?? response.length;
  else if (response[0] !== SIMPLE_ERROR) return '';
  return /^[A-Z][A-Z0-9_]{0,31}(?=[\s:]|$)/.exec(textOf(response, from, from + 33))?.[0] ?? '';
}

function describe(request: CapturedRequest): RequestDescription {
  const command = commandOf(request.payload);
  const nested = transactionError(command?.name, request.response);
  return describeDatabase({
    protocol: 'redis',
    system: 'redis',
    operation: command?.name ?? '',
    query: command ? masked(command) : '',
    failed: request.status !== 0 || nested !== '',
    errorCode: nested || errorWord(request.response) || 'command failed',
    more: { [SPAN_ATTRIBUTES.blocking]: command?.blocking ? 'true' : '' },
  });
}

export const redis = defineProtocol({
  id: 'redis',
  number: 3,
  name: 'Redis',
  statusLabel: okOrFailed,
  describe,
});
