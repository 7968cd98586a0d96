import { ByteReader } from './byte-reader.ts';
import { indexOfByte, textOf } from './bytes.ts';
import { describeDatabase } from './database-description.ts';
import { defineProtocol, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { keyShape } from './key-shape.ts';
import { BINARY_COMMANDS, BINARY_ERRORS, BINARY_NOT_FAILED } from './memcached-binary.ts';

const LINE_LIMIT = 1024;
const CARRIAGE_RETURN = 0x0d;
const REQUEST_MAGIC = 0x80;
const RESPONSE_MAGIC = 0x81;
const BINARY_HEADER = 24;

type KeyWords = 'none' | 'one' | 'all' | 'afterTime';

/** Text commands and how many of their first words are keys: all for retrieval. Source: memcached, protocol.txt. */
const KEYS = new Map<string, KeyWords>([
  ...names('one', 'set add replace append prepend cas delete incr decr touch mg ms md ma me'),
  ...names('none', 'mn stats version flush_all verbosity quit shutdown slabs lru lru_crawler watch'),
  ...names('none', 'cache_memlimit misbehave refresh_certs'),
  ...names('all', 'get gets'),
  ...names('afterTime', 'gat gats'),
]);

function names(kind: KeyWords, list: string): readonly (readonly [string, KeyWords])[] {
  return list.split(' ').map((name) => [name, kind] as const);
}

interface Command {
  readonly name: string;
  /** Shape of the first key; '' when the command has none. */
  readonly key: string;
  readonly keys: number;
}

function textCommand(payload: Uint8Array): Command | undefined {
  const limit = Math.min(payload.length, LINE_LIMIT);
  const lineEnd = indexOfByte(payload, CARRIAGE_RETURN, 0, limit);
  const whole = lineEnd >= 0;
  const [name = '', ...words] = textOf(payload, 0, whole ? lineEnd : limit).split(' ');
  const kind = KEYS.get(name);
  if (kind === undefined) return undefined;
  const first = kind === 'afterTime' ? 1 : 0;
  const key = kind === 'none' ? undefined : words[first];
  if (!key) return { name, key: '', keys: 0 };
  const keys = kind === 'one' ? 1 : words.length - first;
  return { name, key: keyShape(key), keys };
}

function binaryCommand(payload: Uint8Array): Command | undefined {
  if (payload[0] !== REQUEST_MAGIC) return undefined;
  const header = new ByteReader(payload, 1);
  const name = BINARY_COMMANDS[header.big(1)];
  const keyLength = header.big(2);
  const extras = header.big(1);
  if (header.cut || name === undefined) return undefined;
  if (keyLength === 0) return { name, key: '', keys: 0 };
  const key = new ByteReader(payload, BINARY_HEADER + extras).text(keyLength);
  return { name, key: keyShape(key), keys: 1 };
}

/** `get user:? …`: the verb and the shape of the first key. */
function queryText({ name, key, keys }: Command): string {
  return `${name}${key ? ` ${key}` : ''}${keys > 1 ? ' …' : ''}`;
}

interface MemcachedError {
  readonly code: string;
  readonly message: string;
}

/** ERROR, CLIENT_ERROR and SERVER_ERROR with their text, or the status of a binary answer. */
function errorOf(response: Uint8Array): MemcachedError | undefined {
  if (response[0] === RESPONSE_MAGIC) {
    const reader = new ByteReader(response, 6);
    const status = reader.big(2);
    if (reader.cut || BINARY_NOT_FAILED.has(status)) return undefined;
    return { code: String(status), message: BINARY_ERRORS[status] ?? '' };
  }
  const line = textOf(response, 0, 200).split('\r\n', 1)[0] ?? '';
  const [, code, message] = /^(ERROR|CLIENT_ERROR|SERVER_ERROR)(?: ([ -~]*))?$/.exec(line) ?? [];
  if (code === undefined) return undefined;
  return { code, message: (message ?? '').replace(/["'].*/, '?').replace(/\d+/g, '?') };
}

function describe(request: CapturedRequest): RequestDescription {
  const command = binaryCommand(request.payload) ?? textCommand(request.payload);
  const error = errorOf(request.response);
  return describeDatabase({
    protocol: 'memcached',
    system: 'memcached',
    operation: command?.name ?? '',
    query: command ? queryText(command) : '',
    failed: request.status !== 0 || error !== undefined,
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
  });
}

export const memcached = defineProtocol({
  id: 'memcached',
  number: 4,
  name: 'Memcached',
  statusLabel: okOrFailed,
  describe,
});
