import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { bounded, uint32At } from './bytes.ts';
import { attributesFrom } from './database-description.ts';
import { defineProtocol, DESCRIPTION_LIMIT, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { postgresError } from './postgres-error.ts';
import { cString, postgresMessages } from './postgres-messages.ts';
import type { PostgresMessage } from './postgres-messages.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import { summarizeSql } from './sql-summary.ts';

const QUERY = 0x51;
const PARSE = 0x50;
const BIND = 0x42;
const CLOSE = 0x43;
const STATEMENT = 0x53;

/** What the first message does when no statement tells it. Source: PostgreSQL, message formats (frontend). */
const OPERATIONS: ReadonlyMap<number, string> = new Map([
  [BIND, 'EXECUTE'],
  [CLOSE, 'CLOSE'],
  [0x44, 'DESCRIBE'],
  [0x45, 'EXECUTE'],
  [0x46, 'FUNCTION CALL'],
  [0x48, 'FLUSH'],
  [0x53, 'SYNC'],
  [0x58, 'TERMINATE'],
  [0x63, 'COPY DONE'],
  [0x64, 'COPY DATA'],
  [0x66, 'COPY FAIL'],
  [0x70, 'AUTHENTICATE'],
]);

/** Messages without a type, told by the number behind their length. */
const UNTYPED: ReadonlyMap<number, string> = new Map([
  [196608, 'STARTUP'],
  [80877102, 'CANCEL'],
  [80877103, 'SSL REQUEST'],
  [80877104, 'GSSAPI REQUEST'],
]);

interface Statement {
  /** '' when the SQL tells it. */
  readonly operation: string;
  readonly sql: string;
}

/** A statement that is parsed under a name, so that later executions can be told by it. */
function parsed(
  request: CapturedRequest,
  { bodyFrom, bodyTo }: PostgresMessage,
  statements: PreparedStatements,
): string {
  const name = cString(request.payload, bodyFrom, bodyTo);
  const sql = obfuscateSql(cString(request.payload, name.next, bodyTo).text);
  if (name.text) statements.remember(request.connection(), name.text, sql);
  return sql;
}

function bound(
  request: CapturedRequest,
  { bodyFrom, bodyTo }: PostgresMessage,
  statements: PreparedStatements,
): string {
  const portal = cString(request.payload, bodyFrom, bodyTo);
  const name = cString(request.payload, portal.next, bodyTo).text;
  return name ? (statements.recall(request.connection(), name) ?? '') : '';
}

function closed(
  request: CapturedRequest,
  { bodyFrom, bodyTo }: PostgresMessage,
  statements: PreparedStatements,
): void {
  if (request.payload[bodyFrom] !== STATEMENT) return;
  statements.forget(request.connection(), cString(request.payload, bodyFrom + 1, bodyTo).text);
}

/** SQL of the first simple query or parse, or of the prepared statement that is bound; else what the message does. */
function statementOf(request: CapturedRequest, statements: PreparedStatements): Statement {
  const { payload } = request;
  const untyped = UNTYPED.get(uint32At(payload, 4));
  if (untyped && payload[0] === 0) return { operation: untyped, sql: '' };
  let operation = '';
  for (const message of postgresMessages(payload)) {
    const { type, bodyFrom, bodyTo } = message;
    if (type === QUERY) return { operation: '', sql: obfuscateSql(cString(payload, bodyFrom, bodyTo).text) };
    if (type === PARSE) return { operation: '', sql: parsed(request, message, statements) };
    if (type === CLOSE) closed(request, message, statements);
    operation ||= OPERATIONS.get(type) ?? '';
    if (operation === '') break;
    if (type === BIND) return { operation, sql: bound(request, message, statements) };
  }
  return { operation, sql: '' };
}

function describe(request: CapturedRequest, statements: PreparedStatements): RequestDescription {
  const statement = statementOf(request, statements);
  const sql = bounded(statement.sql, DESCRIPTION_LIMIT);
  const summary = summarizeSql(sql);
  const operation = summary.operation || statement.operation;
  const failed = request.status !== 0;
  const error = failed ? postgresError(request.response) : '';
  const attributes = attributesFrom({
    [SPAN_ATTRIBUTES.protocol]: 'postgres',
    [SPAN_ATTRIBUTES.dbSystem]: 'postgresql',
    [SPAN_ATTRIBUTES.dbQuery]: sql,
    [SPAN_ATTRIBUTES.dbOperation]: operation,
    [SPAN_ATTRIBUTES.dbCollection]: summary.table,
    [SPAN_ATTRIBUTES.dbStatus]: failed ? /^SQLSTATE (\w{5})/.exec(error)?.[1] : '',
  });
  const spanName = `${operation} ${summary.table}`.trim() || 'postgresql';
  return { spanName, attributes, failed, statusMessage: failed ? error || 'query failed' : '' };
}

export const postgres = defineProtocol({
  id: 'postgres',
  number: 2,
  name: 'PostgreSQL',
  statusLabel: okOrFailed,
  describe,
});
