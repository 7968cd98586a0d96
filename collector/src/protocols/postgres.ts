import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { bounded } from './bytes.ts';
import { defineProtocol, DESCRIPTION_LIMIT, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { postgresError } from './postgres-error.ts';
import { cString, postgresMessages } from './postgres-messages.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import { summarizeSql } from './sql-summary.ts';

const QUERY = 0x51;
const PARSE = 0x50;
const BIND = 0x42;

/** SQL of the request: of the first simple query or parse, or of the prepared statement that is bound. */
function sqlOf(request: CapturedRequest, statements: PreparedStatements): string {
  const { payload } = request;
  for (const { type, bodyFrom, bodyTo } of postgresMessages(payload)) {
    if (type === QUERY) return obfuscateSql(cString(payload, bodyFrom, bodyTo).text);
    if (type === PARSE) {
      const name = cString(payload, bodyFrom, bodyTo);
      const sql = obfuscateSql(cString(payload, name.next, bodyTo).text);
      if (name.text) statements.remember(request.connection(), name.text, sql);
      return sql;
    }
    if (type === BIND) {
      const portal = cString(payload, bodyFrom, bodyTo);
      const name = cString(payload, portal.next, bodyTo).text;
      return name ? (statements.recall(request.connection(), name) ?? '') : '';
    }
  }
  return '';
}

function describe(request: CapturedRequest, statements: PreparedStatements): RequestDescription {
  const sql = bounded(sqlOf(request, statements), DESCRIPTION_LIMIT);
  const { operation, table } = summarizeSql(sql);
  const failed = request.status !== 0;
  const attributes: Record<string, string> = {
    [SPAN_ATTRIBUTES.protocol]: 'postgres',
    [SPAN_ATTRIBUTES.dbSystem]: 'postgresql',
  };
  if (sql) attributes[SPAN_ATTRIBUTES.dbQuery] = sql;
  if (operation) attributes[SPAN_ATTRIBUTES.dbOperation] = operation;
  const spanName = operation ? (table ? `${operation} ${table}` : operation) : 'postgresql';
  const statusMessage = failed ? postgresError(request.response) || 'query failed' : '';
  return { spanName, attributes, failed, statusMessage };
}

export const postgres = defineProtocol({
  id: 'postgres',
  number: 2,
  name: 'PostgreSQL',
  statusLabel: okOrFailed,
  describe,
});
