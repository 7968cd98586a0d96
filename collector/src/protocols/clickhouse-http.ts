import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { attributesFrom } from './database-description.ts';
import { summarizeSql } from './sql-summary.ts';
import { bufferOf, textOf } from './bytes.ts';

/** What a request to ClickHouse's HTTP interface says beyond HTTP. */
export interface ClickhouseHttpRequest {
  /** `SELECT shop.orders` */
  readonly name: string;
  readonly attributes: Record<string, string>;
}

/** Parameters that only this interface has. */
const OWN_PARAMETER = /[?&](?:query|query_id|default_format|wait_end_of_query|session_id|param_\w+)=/;
const OWN_HEADER = /\r\nx-clickhouse-[a-z-]+:/i;
/** One of them is in the name of every such header, however it is written by real clients. */
const OWN_HEADER_PARTS = ['lick', 'LICK'].map((part) => Buffer.from(part, 'latin1'));
const COMPRESSED = /\r\ncontent-encoding:/i;
const CHUNKED = /\r\ntransfer-encoding:[ \t]*chunked/i;
const STATEMENT =
  /^[\s(]*(?:select|insert|with|create|alter|drop|show|describe|desc|optimize|system|truncate|rename|exists|explain|set|use|kill|grant|revoke|attach|detach|delete|update|check)\b/i;
const EXCEPTION_CODE = /\r\nx-clickhouse-exception-code:[ \t]*(\d{1,5})\r\n/i;

/**
 * A query to ClickHouse over HTTP: in parameter `query`, in the body, or begun in the one and gone on in the other. The
 * target is that of a request for `/`. undefined for anything else.
 */
export function clickhouseHttp(
  payload: Uint8Array,
  target: string,
  response: Uint8Array,
): ClickhouseHttpRequest | undefined {
  const isOwn = OWN_PARAMETER.test(target);
  if (!isOwn && !OWN_HEADER_PARTS.some((part) => mentions(payload, part))) return undefined;
  const parameter = isOwn ? parameterOf(target, 'query') : '';
  const rest =
    STATEMENT.test(parameter) && !/^[\s(]*insert\b/i.test(parameter) ? undefined : partsOf(payload);
  if (!isOwn && !(rest && OWN_HEADER.test(rest.head))) return undefined;
  const statement = parameter || (rest && !COMPRESSED.test(rest.head) ? rest.body : '');
  if (!STATEMENT.test(statement)) return undefined;
  const query = obfuscateSql(withoutRows(statement));
  const { operation, table } = summarizeSql(query);
  const code = EXCEPTION_CODE.exec(textOf(response, 0, response.length))?.[1] ?? '';
  return {
    name: `${operation} ${table}`.trim(),
    attributes: attributesFrom({
      [SPAN_ATTRIBUTES.dbSystem]: 'clickhouse',
      [SPAN_ATTRIBUTES.dbOperation]: operation,
      [SPAN_ATTRIBUTES.dbCollection]: table,
      [SPAN_ATTRIBUTES.dbQuery]: query,
      [SPAN_ATTRIBUTES.dbStatus]: code,
    }),
  };
}

/** Without making the payload text: most requests for `/` are not for ClickHouse. */
const mentions = (payload: Uint8Array, part: Buffer): boolean => bufferOf(payload).includes(part);

/** Rows of an INSERT stand behind its format; in most formats nothing tells a value from a word. */
export const withoutRows = (statement: string): string =>
  /^[\s(]*insert\b[\s\S]*?\bformat\s+\w+/i.exec(statement)?.[0] ?? statement;

interface Parts {
  /** Request line and headers, with the last line's end. */
  readonly head: string;
  readonly body: string;
}

function partsOf(payload: Uint8Array): Parts {
  const text = textOf(payload, 0, payload.length);
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return { head: text, body: '' };
  const head = text.slice(0, end + 2);
  const body = text.slice(end + 4);
  // the first chunk is all that is looked at; its size stands before it
  return { head, body: CHUNKED.test(head) ? body.slice(body.indexOf('\r\n') + 2) : body };
}

/** Value of the first parameter of that name, decoded as far as it is valid. */
function parameterOf(target: string, name: string): string {
  const start = target.search(new RegExp(`[?&]${name}=`));
  if (start < 0) return '';
  const from = start + name.length + 2;
  const end = target.slice(from).search(/[&#]/);
  return decoded(end < 0 ? target.slice(from) : target.slice(from, from + end));
}

const decoded = (text: string): string =>
  Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
