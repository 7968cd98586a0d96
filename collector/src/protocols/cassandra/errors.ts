import type { ByteReader } from '../byte-reader.ts';
import { bounded } from '../bytes.ts';

/** Source: native protocol v4 and v5, section 9. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x0000, 'Server error'],
  [0x000a, 'Protocol error'],
  [0x0100, 'Authentication error'],
  [0x1000, 'Unavailable'],
  [0x1001, 'Overloaded'],
  [0x1002, 'Is bootstrapping'],
  [0x1003, 'Truncate error'],
  [0x1100, 'Write timeout'],
  [0x1200, 'Read timeout'],
  [0x1300, 'Read failure'],
  [0x1400, 'Function failure'],
  [0x1500, 'Write failure'],
  [0x1600, 'CDC write failure'],
  [0x1700, 'CAS write unknown'],
  [0x2000, 'Syntax error'],
  [0x2100, 'Unauthorized'],
  [0x2200, 'Invalid'],
  [0x2300, 'Configuration error'],
  [0x2400, 'Already exists'],
  [0x2500, 'Unprepared'],
]);
/** Errors whose text holds no values but names of tables and columns. */
const PLAIN_TEXT = new Set([0x1000, 0x1100, 0x1200, 0x1300, 0x1500, 0x2400]);
const MESSAGE_LIMIT = 200;

export interface CassandraError {
  /** `0x2200 Invalid`. */
  readonly code: string;
  /** Values masked; '' for errors that quote the statement. */
  readonly message: string;
}

/** Body of an ERROR message. */
export function cassandraError(body: ByteReader): CassandraError | undefined {
  const number = body.big(4);
  const length = body.big(2);
  if (body.cut) return undefined;
  const hex = `0x${number.toString(16).padStart(4, '0')}`;
  const name = NAMES.get(number);
  if (!PLAIN_TEXT.has(number)) return { code: name ? `${hex} ${name}` : hex, message: '' };
  const text = body
    .text(length)
    .replace(/['"][^]*/, '?')
    .replace(/\d+/g, '?');
  return { code: `${hex} ${name}`, message: bounded(text.replaceAll('\ufffd', ''), MESSAGE_LIMIT) };
}
