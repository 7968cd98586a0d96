import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { ByteReader } from './byte-reader.ts';
import { bounded } from './bytes.ts';
import { describeDatabase, nameOrNone } from './database-description.ts';
import { defineProtocol, DESCRIPTION_LIMIT, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { mysqlError, preparedStatementId } from './mysql-answer.ts';
import { skipQueryAttributes } from './mysql-query-attributes.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import { summarizeSql } from './sql-summary.ts';

const HEADER = 4;
const COM_INIT_DB = 0x02;
const COM_QUERY = 0x03;
const COM_STMT_PREPARE = 0x16;
const COM_STMT_EXECUTE = 0x17;
const COM_STMT_CLOSE = 0x19;
/** MariaDB executes the statement that was prepared last, perhaps in the same write, under this id. */
const LAST_PREPARED = 0xffffffff;
const LAST_PREPARED_NAME = 'last';

/** Commands by number. Source: MySQL client/server protocol, command phase; MariaDB's own from 0xfa. */
const COMMANDS: Readonly<Record<number, string>> = {
  0x01: 'QUIT',
  0x02: 'USE',
  0x03: 'QUERY',
  0x04: 'FIELD_LIST',
  0x05: 'CREATE_DB',
  0x06: 'DROP_DB',
  0x07: 'REFRESH',
  0x09: 'STATISTICS',
  0x0a: 'PROCESS_INFO',
  0x0c: 'KILL',
  0x0d: 'DEBUG',
  0x0e: 'PING',
  0x11: 'CHANGE_USER',
  0x12: 'BINLOG_DUMP',
  0x15: 'REGISTER_SLAVE',
  0x16: 'PREPARE',
  0x17: 'EXECUTE',
  0x18: 'SEND_LONG_DATA',
  0x19: 'CLOSE',
  0x1a: 'RESET',
  0x1b: 'SET_OPTION',
  0x1c: 'FETCH',
  0x1e: 'BINLOG_DUMP_GTID',
  0x1f: 'RESET_CONNECTION',
  0xfa: 'BULK_EXECUTE',
};

interface Command {
  readonly name: string;
  readonly sql: string;
  readonly database: string;
  readonly opaque: string;
}

const NOTHING: Command = { name: '', sql: '', database: '', opaque: '' };

/** What hides the commands: TLS records, or the compressed protocol's own header around zlib or zstd. */
function opaqueBy(payload: Uint8Array): string {
  if (payload[0] === 0x16 && payload[1] === 0x03) return 'tls';
  if (payload[0] === 0x17 && payload[1] === 0x03 && payload[2] === 0x03) return 'tls';
  const zlib = payload[7] === 0x78;
  const zstd = payload[7] === 0x28 && payload[8] === 0xb5;
  return payload[3] === 0 && (zlib || zstd) ? 'compressed' : '';
}

const masked = (sql: string): string => bounded(obfuscateSql(sql, 'literal'), DESCRIPTION_LIMIT);

/** The command of the first packet; the compressed protocol wraps small packets uncompressed. */
function commandOf(request: CapturedRequest, statements: PreparedStatements): Command {
  const { payload } = request;
  const opaque = opaqueBy(payload);
  if (opaque) return { ...NOTHING, opaque };
  const plain = payload[3] === 0 && COMMANDS[payload[4] ?? -1] !== undefined;
  const wrapped = !plain && payload[3] === 0 && payload.subarray(4, 7).every((byte) => byte === 0);
  const start = wrapped ? 7 : 0;
  const reader = new ByteReader(payload, start);
  const length = reader.little(3);
  const sequence = reader.big(1);
  if (reader.cut || length === 0 || sequence !== 0) return NOTHING;
  return readCommand(new ByteReader(payload, start + HEADER, start + HEADER + length), request, statements);
}

function readCommand(packet: ByteReader, request: CapturedRequest, statements: PreparedStatements): Command {
  const number = packet.big(1);
  const name = packet.cut ? undefined : COMMANDS[number];
  if (name === undefined) return NOTHING;
  const found = { ...NOTHING, name };
  if (number === COM_INIT_DB) return { ...found, database: nameOrNone(packet.text(packet.left)) };
  if (number === COM_QUERY) {
    skipQueryAttributes(packet);
    return { ...found, sql: masked(packet.text(packet.left)) };
  }
  if (number === COM_STMT_PREPARE) {
    const sql = masked(packet.text(packet.left));
    const id = preparedStatementId(request.response);
    const connection = request.connection();
    if (id !== undefined) statements.remember(connection, String(id), sql);
    statements.remember(connection, LAST_PREPARED_NAME, sql);
    return { ...found, sql };
  }
  if (number < COM_STMT_EXECUTE || name.startsWith('BINLOG') || name === 'SET_OPTION') return found;
  return { ...found, sql: statementSql(packet, request, statements, number === COM_STMT_CLOSE) };
}

function statementSql(
  packet: ByteReader,
  request: CapturedRequest,
  statements: PreparedStatements,
  closes: boolean,
): string {
  const id = packet.little(4);
  if (packet.cut) return '';
  const name = id === LAST_PREPARED ? LAST_PREPARED_NAME : String(id);
  const sql = statements.recall(request.connection(), name) ?? '';
  if (closes) statements.forget(request.connection(), name);
  return sql;
}

/** Commands whose statement is what happens: their own name would hide it. */
const TOLD_BY_SQL = new Set(['QUERY', 'EXECUTE', 'BULK_EXECUTE']);

function describe(request: CapturedRequest, statements: PreparedStatements): RequestDescription {
  const command = commandOf(request, statements);
  const { operation, table } = summarizeSql(command.sql);
  const error = mysqlError(request.response);
  const failed = request.status !== 0 || error !== undefined;
  const toldBySql = TOLD_BY_SQL.has(command.name) && operation !== '';
  return describeDatabase({
    protocol: 'mysql',
    system: 'mysql',
    operation: toldBySql ? operation : command.name,
    collection: table,
    namespace: command.database,
    query: command.sql,
    failed,
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
    more: { [SPAN_ATTRIBUTES.opaque]: command.opaque },
  });
}

export const mysql = defineProtocol({
  id: 'mysql',
  number: 5,
  name: 'MySQL',
  statusLabel: okOrFailed,
  describe,
});
