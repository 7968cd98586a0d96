import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { indexOfByte, textOf } from './bytes.ts';
import { defineProtocol, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';

const ARRAY = 0x2a;
const BULK = 0x24;
const CARRIAGE_RETURN = 0x0d;
const SIMPLE_ERROR = 0x2d;
const BULK_ERROR = 0x21;
const COMMAND_LIMIT = 32;
const SHOWN_ARGUMENTS = 3;

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
  const end = indexOfByte(bytes, CARRIAGE_RETURN, at + 1, at + 12);
  if (end < 0) return undefined;
  const digits = textOf(bytes, at + 1, end);
  return /^\d{1,9}$/.test(digits) ? { value: Number(digits), next: end + 2 } : undefined;
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

interface Command {
  readonly name: string;
  readonly argumentCount: number;
}

function commandOf(payload: Uint8Array): Command | undefined {
  const array = lengthLine(payload, 0, ARRAY);
  const first = array && word(payload, array.next);
  if (!first) return undefined;
  const second = CONTAINERS.has(first.text) ? word(payload, first.next) : undefined;
  if (second) return { name: `${first.text} ${second.text}`, argumentCount: array.value - 2 };
  return { name: first.text, argumentCount: array.value - 1 };
}

/** Keys and values are both masked: keys carry user ids and session tokens. */
function masked({ name, argumentCount }: Command): string {
  const shown = Math.max(0, Math.min(argumentCount, SHOWN_ARGUMENTS));
  return `${name}${' ?'.repeat(shown)}${argumentCount > shown ? ' …' : ''}`;
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
  const failed = request.status !== 0;
  const attributes: Record<string, string> = {
    [SPAN_ATTRIBUTES.protocol]: 'redis',
    [SPAN_ATTRIBUTES.dbSystem]: 'redis',
  };
  if (command) {
    attributes[SPAN_ATTRIBUTES.dbOperation] = command.name;
    attributes[SPAN_ATTRIBUTES.dbQuery] = masked(command);
  }
  const statusMessage = failed ? errorWord(request.response) || 'command failed' : '';
  return { spanName: command?.name ?? 'redis', attributes, failed, statusMessage };
}

export const redis = defineProtocol({
  id: 'redis',
  number: 3,
  name: 'Redis',
  statusLabel: okOrFailed,
  describe,
});
