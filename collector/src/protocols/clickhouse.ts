import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { ByteReader } from './byte-reader.ts';
import { withoutRows } from './clickhouse-http.ts';
import { describeDatabase } from './database-description.ts';
import { defineProtocol, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { summarizeSql } from './sql-summary.ts';

/** Packet types of the native protocol (ClickHouse, src/Core/Protocol.h). */
const CLIENT_QUERY = 1;
const CLIENT_PING = 4;
const SERVER_EXCEPTION = 2;
/** Revisions in which the Query packet grew (src/Core/ProtocolDefines.h). */
const REVISION = {
  clientInfo: 54032,
  quotaKey: 54060,
  versionPatch: 54401,
  settingsAsStrings: 54429,
  interserverSecret: 54441,
  openTelemetry: 54442,
  distributedDepth: 54448,
  queryStartTime: 54449,
  parallelReplicas: 54453,
  externalRoles: 54472,
  queryAndLineNumbers: 54475,
  jwt: 54476,
} as const;
const TCP = 1;
/** Revisions to try when the client's own does not fit: both ends use the lower of theirs, which is not in the packet. */
const COMMON = [54480, 54474, 54470, 54465, 54460, 54453, 54448, 54441, 54429];
const MOST_SETTINGS = 200;
const STAGES = 5;

interface Head {
  readonly isQuery: boolean;
  readonly at: number;
  readonly revision: number;
}

/** Reads up to the client's revision, which says how the rest is laid out. */
function headOf(payload: Uint8Array): Head | undefined {
  const reader = new ByteReader(payload);
  if (reader.varint() !== CLIENT_QUERY) return undefined;
  text(reader); // query id
  const at = reader.at;
  const kind = reader.big(1);
  if (reader.cut || kind < 1 || kind > 2) return undefined;
  for (let i = 0; i < 3; i++) text(reader); // initial user, query id, address
  const short = new ByteReader(payload, reader.at);
  const long = new ByteReader(payload, reader.at + 8);
  // the time of the query came in between the address and the interface
  for (const rest of [long, short]) {
    if (rest.big(1) !== TCP) continue;
    for (let i = 0; i < 3; i++) text(rest); // os user, host name, client name
    rest.varint();
    rest.varint();
    const revision = rest.varint();
    if (!rest.cut && revision >= REVISION.clientInfo && revision < 60_000)
      return { isQuery: true, at, revision };
  }
  return undefined;
}

const text = (reader: ByteReader): string => reader.text(reader.varint());

/** The query as laid out for one revision; undefined when that does not fit. */
function queryAt(payload: Uint8Array, at: number, revision: number): string | undefined {
  const reader = new ByteReader(payload, at);
  reader.skip(1);
  for (let i = 0; i < 3; i++) text(reader);
  if (revision >= REVISION.queryStartTime) reader.skip(8);
  if (reader.big(1) !== TCP) return undefined;
  for (let i = 0; i < 3; i++) text(reader);
  for (let i = 0; i < 3; i++) reader.varint();
  if (revision >= REVISION.quotaKey) text(reader);
  if (revision >= REVISION.distributedDepth) reader.varint();
  if (revision >= REVISION.versionPatch) reader.varint();
  if (revision >= REVISION.openTelemetry && reader.big(1) === 1) {
    reader.skip(24);
    text(reader);
    reader.skip(1);
  }
  if (revision >= REVISION.parallelReplicas) for (let i = 0; i < 3; i++) reader.varint();
  if (revision >= REVISION.queryAndLineNumbers) for (let i = 0; i < 2; i++) reader.varint();
  if (revision >= REVISION.jwt && reader.big(1) === 1) text(reader);
  if (!skipSettings(reader, revision)) return undefined;
  if (revision >= REVISION.externalRoles) text(reader);
  if (revision >= REVISION.interserverSecret) text(reader);
  const stage = reader.varint();
  const compression = reader.varint();
  if (reader.cut || stage > STAGES || compression > 1) return undefined;
  const length = reader.varint();
  const query = reader.text(length);
  return length > 0 && /^[\s(;]*(--|\/\*|[A-Za-z])/.test(query) ? query : undefined;
}

function skipSettings(reader: ByteReader, revision: number): boolean {
  if (revision < REVISION.settingsAsStrings) return false;
  for (let i = 0; i < MOST_SETTINGS; i++) {
    const length = reader.varint();
    if (length === 0) return !reader.cut;
    const name = reader.text(length);
    if (reader.cut || !/^\w+$/.test(name)) return false;
    reader.varint(); // flags
    text(reader); // value
  }
  return false;
}

function queryOf(payload: Uint8Array): string | undefined {
  const head = headOf(payload);
  if (!head) return undefined;
  const lower = COMMON.filter((revision) => revision < head.revision);
  for (const revision of [head.revision, ...lower]) {
    const query = queryAt(payload, head.at, revision);
    if (query !== undefined) return query;
  }
  return undefined;
}

interface Failure {
  readonly code: string;
  readonly name: string;
}

/** Code and class of an Exception packet; its message may quote values of the query. */
function exceptionOf(response: Uint8Array): Failure | undefined {
  const reader = new ByteReader(response);
  if (reader.varint() !== SERVER_EXCEPTION) return undefined;
  const code = reader.little(4);
  const name = text(reader);
  if (code === 0 || code > 4096) return undefined;
  return { code: String(code), name: /^[\w:]{1,64}$/.test(name) ? name : '' };
}

function describe({ payload, response, status }: CapturedRequest): RequestDescription {
  const sql = obfuscateSql(withoutRows(queryOf(payload) ?? ''));
  const { operation, table } = summarizeSql(sql);
  const failed = status !== 0;
  const exception = failed ? exceptionOf(response) : undefined;
  const packet = payload[0] === CLIENT_PING ? 'PING' : payload[0] === CLIENT_QUERY ? 'QUERY' : '';
  return describeDatabase({
    protocol: 'clickhouse',
    system: 'clickhouse',
    operation: operation || packet,
    collection: table,
    query: sql,
    failed,
    errorCode: exception?.code ?? '',
    errorMessage: exception?.name ?? '',
  });
}

export const clickhouse = defineProtocol({
  id: 'clickhouse',
  number: 14,
  name: 'ClickHouse',
  statusLabel: okOrFailed,
  describe,
});
