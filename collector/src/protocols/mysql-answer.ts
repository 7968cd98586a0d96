import { ByteReader } from './byte-reader.ts';
import { bounded } from './bytes.ts';

const HEADER = 4;
const OK = 0x00;
const ERROR = 0xff;
const HASH = 0x23;
/** MariaDB reports progress in what else would be an error packet. */
const PROGRESS = 0xffff;
const MESSAGE_LIMIT = 200;

/** Errors that quote names of databases, tables, columns and keys, never values. Source: MySQL server errors. */
const QUOTES_NAMES = new Set([1046, 1049, 1050, 1051, 1054, 1060, 1061, 1072, 1091, 1109, 1146, 1305, 1364]);

export interface MysqlError {
  /** Server error number and SQLSTATE: `1146 (42S02)`. */
  readonly code: string;
  /** Values masked; '' when nothing of it was captured. */
  readonly message: string;
}

/**
 * Everything between the first and the last quote, since a quoted value may itself hold quotes; up to the end when
 * the message is cut, since its last quote may be inside a value.
 */
function withoutValues(message: string, errno: number, cut: boolean): string {
  if (QUOTES_NAMES.has(errno)) return cut ? message : message.replace(/\b\d[\d.]*\b/g, '?');
  const last = cut ? message.length : message.lastIndexOf("'") + 1;
  const first = message.indexOf("'");
  const bare = first < 0 ? message : `${message.slice(0, first)}'?'${message.slice(last)}`;
  return bare.replace(/"[^]*/, '"?"').replace(/\d[\d.]*/g, '?');
}

/** Error of the first packet of an answer; undefined when it is none. */
export function mysqlError(response: Uint8Array): MysqlError | undefined {
  const header = new ByteReader(response);
  const length = header.little(3);
  header.skip(1);
  const packet = new ByteReader(response, HEADER, HEADER + length);
  if (packet.big(1) !== ERROR || length < 3) return undefined;
  const errno = packet.little(2);
  if (packet.cut || errno === PROGRESS || errno === 0) return undefined;
  let state = '';
  if (response[packet.at] === HASH) {
    packet.skip(1);
    state = packet.text(5);
  }
  const message = withoutValues(packet.text(packet.left), errno, HEADER + length > response.length);
  const code = /^[0-9A-Z]{5}$/.test(state) ? `${errno} (${state})` : String(errno);
  return { code, message: bounded(message.replaceAll('\ufffd', ''), MESSAGE_LIMIT) };
}

/** Id that the answer to COM_STMT_PREPARE gives the statement; undefined when it was refused or not captured. */
export function preparedStatementId(response: Uint8Array): number | undefined {
  const reader = new ByteReader(response, HEADER);
  const status = reader.big(1);
  const id = reader.little(4);
  return reader.cut || status !== OK ? undefined : id;
}
