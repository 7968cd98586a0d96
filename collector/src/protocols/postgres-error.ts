import { bounded } from './bytes.ts';
import { cString, postgresMessages } from './postgres-messages.ts';
import type { PostgresMessage } from './postgres-messages.ts';

const ERROR_RESPONSE = 0x45;
const FIELD_SQLSTATE = 0x43;
const FIELD_MESSAGE = 0x4d;
const MESSAGE_LIMIT = 200;

/** SQLSTATE classes whose messages quote names of objects, never values. Source: PostgreSQL, appendix A. */
const QUOTES_NAMES = /^(23|28|3D|3F|40|42|55|57)/;
/** "syntax error at or near …" quotes whatever stood there, a literal perhaps. */
const SYNTAX_ERROR = '42601';

function withoutLiterals(message: string, sqlstate: string): string {
  const keepsNames = QUOTES_NAMES.test(sqlstate) && sqlstate !== SYNTAX_ERROR;
  const unquoted = keepsNames ? message : message.replace(/"[^"]*("|$)/g, '"?"');
  return unquoted.replace(/'[^']*('|$)/g, "'?'").replace(/\b\d[\d.]*\b/g, '?');
}

function describeError(bytes: Uint8Array, { bodyFrom, bodyTo }: PostgresMessage): string {
  let sqlstate = '';
  let message = '';
  for (let at = bodyFrom; at < bodyTo && bytes[at] !== 0;) {
    const field = cString(bytes, at + 1, bodyTo);
    if (bytes[at] === FIELD_SQLSTATE) sqlstate = field.text;
    if (bytes[at] === FIELD_MESSAGE) message = field.text;
    at = field.next;
  }
  if (!/^[0-9A-Z]{5}$/.test(sqlstate)) return '';
  const text = bounded(withoutLiterals(message, sqlstate), MESSAGE_LIMIT);
  return text ? `SQLSTATE ${sqlstate}: ${text}` : `SQLSTATE ${sqlstate}`;
}

/** SQLSTATE and message of the first ErrorResponse with values masked; '' when none was captured. */
export function postgresError(response: Uint8Array): string {
  for (const message of postgresMessages(response)) {
    if (message.type === ERROR_RESPONSE) return describeError(response, message);
  }
  return '';
}
