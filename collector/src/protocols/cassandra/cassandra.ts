import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { ByteReader } from '../byte-reader.ts';
import { bounded } from '../bytes.ts';
import { obfuscateCql } from '../cql.ts';
import { describeDatabase } from '../database-description.ts';
import { defineProtocol, DESCRIPTION_LIMIT, okOrFailed } from '../define.ts';
import type { CapturedRequest, RequestDescription } from '../define.ts';
import type { PreparedStatements } from '../prepared-statements.ts';
import { summarizeSql } from '../sql-summary.ts';
import { cassandraEnvelope } from './envelope.ts';
import type { CassandraEnvelope } from './envelope.ts';
import { cassandraError } from './errors.ts';
import type { CassandraError } from './errors.ts';

const ERROR = 0x00;
const QUERY = 0x07;
const RESULT = 0x08;
const PREPARE = 0x09;
const EXECUTE = 0x0a;
const BATCH = 0x0d;
const RESULT_PREPARED = 4;
/** Flags of an envelope that put something before the body of an answer: trace id, warnings, custom payload. */
const TRACING = 0x02;
const CUSTOM_PAYLOAD = 0x04;
const WARNINGS = 0x08;

const OPERATIONS: ReadonlyMap<number, string> = new Map([
  [0x01, 'STARTUP'],
  [0x05, 'OPTIONS'],
  [QUERY, 'QUERY'],
  [PREPARE, 'PREPARE'],
  [EXECUTE, 'EXECUTE'],
  [0x0b, 'REGISTER'],
  [BATCH, 'BATCH'],
  [0x0f, 'AUTH_RESPONSE'],
]);
const BATCH_KINDS = ['LOGGED BATCH', 'UNLOGGED BATCH', 'COUNTER BATCH'];

/**
 * Prepared ids are digests of the statement, the same on every connection to a cluster. Spread over sixteen names
 * of connections, since statements are bounded by connection.
 */
const anyConnection = (id: string): string => `cassandra/${id[0]}`;

interface Statement {
  readonly operation: string;
  readonly cql: string;
}

function longText(body: ByteReader): string {
  const length = body.big(4);
  return bounded(obfuscateCql(body.text(length)), DESCRIPTION_LIMIT);
}

/** Prepared id as hex; '' when cut. */
function shortId(body: ByteReader): string {
  const length = body.big(2);
  const from = body.at;
  body.skip(length);
  if (body.cut || length === 0 || length > 64) return '';
  return Buffer.from(body.bytes.subarray(from, body.at)).toString('hex');
}

function statementOf(
  { opcode, body, flags }: CassandraEnvelope,
  response: Uint8Array,
  statements: PreparedStatements,
): Statement {
  const operation = OPERATIONS.get(opcode) ?? '';
  if ((flags & CUSTOM_PAYLOAD) !== 0) skipCustomPayload(body);
  if (opcode === QUERY) return { operation, cql: longText(body) };
  if (opcode === PREPARE) {
    const cql = longText(body);
    const id = preparedId(response);
    if (id) statements.remember(anyConnection(id), id, cql);
    return { operation, cql };
  }
  if (opcode === EXECUTE) return { operation, cql: recall(shortId(body), statements) };
  return opcode === BATCH ? batchOf(body, statements) : { operation, cql: '' };
}

const recall = (id: string, statements: PreparedStatements): string =>
  (id && statements.recall(anyConnection(id), id)) || '';

/** A batch is told by its first statement. */
function batchOf(body: ByteReader, statements: PreparedStatements): Statement {
  const operation = BATCH_KINDS[body.big(1)] ?? 'BATCH';
  const count = body.big(2);
  if (body.cut || count === 0) return { operation, cql: '' };
  const prepared = body.big(1) === 1;
  if (body.cut) return { operation, cql: '' };
  return { operation, cql: prepared ? recall(shortId(body), statements) : longText(body) };
}

function skipCustomPayload(body: ByteReader): void {
  for (let left = Math.min(body.big(2), 16); left > 0; left--) {
    body.skip(body.big(2));
    const size = body.signed(4);
    if (size > 0) body.skip(size);
  }
}

function preparedId(response: Uint8Array): string {
  const envelope = answerOf(response);
  if (envelope?.opcode !== RESULT || envelope.compressed) return '';
  return envelope.body.big(4) === RESULT_PREPARED ? shortId(envelope.body) : '';
}

/** The answer with its body at the message itself. */
function answerOf(response: Uint8Array): CassandraEnvelope | undefined {
  const envelope = cassandraEnvelope(response);
  if (envelope === undefined || envelope === 'compressed' || !envelope.answer) return undefined;
  const { body, flags } = envelope;
  if ((flags & TRACING) !== 0) body.skip(16);
  if ((flags & WARNINGS) !== 0) {
    for (let left = Math.min(body.big(2), 16); left > 0; left--) body.skip(body.big(2));
  }
  if ((flags & CUSTOM_PAYLOAD) !== 0) skipCustomPayload(body);
  return envelope;
}

function errorOf(response: Uint8Array): CassandraError | undefined {
  const envelope = answerOf(response);
  if (envelope?.opcode !== ERROR) return undefined;
  return envelope.compressed ? { code: '', message: '' } : cassandraError(envelope.body);
}

const TOLD_BY_CQL = new Set(['QUERY', 'EXECUTE']);

function describe(request: CapturedRequest, statements: PreparedStatements): RequestDescription {
  const envelope = cassandraEnvelope(request.payload);
  const hidden = envelope === 'compressed' || envelope?.compressed === true;
  const readable = envelope !== undefined && envelope !== 'compressed' && !envelope.answer;
  const name = readable ? (OPERATIONS.get(envelope.opcode) ?? '') : '';
  const statement =
    readable && !envelope.compressed
      ? statementOf(envelope, request.response, statements)
      : { operation: name, cql: '' };
  const { operation, table } = summarizeSql(statement.cql);
  const error = errorOf(request.response);
  return describeDatabase({
    protocol: 'cassandra',
    system: 'cassandra',
    operation: TOLD_BY_CQL.has(name) && operation ? operation : statement.operation,
    collection: table,
    query: statement.cql,
    failed: request.status !== 0 || error !== undefined,
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
    more: {
      [SPAN_ATTRIBUTES.opaque]: hidden ? 'compressed' : '',
      [SPAN_ATTRIBUTES.protocolVersion]: readable ? String(envelope.version) : '',
    },
  });
}

export const cassandra = defineProtocol({
  id: 'cassandra',
  number: 8,
  name: 'Cassandra',
  statusLabel: okOrFailed,
  describe,
});
