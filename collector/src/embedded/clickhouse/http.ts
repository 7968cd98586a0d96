import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transform } from 'node:stream';
import type { Logger } from '@gumshoe/base/logger';
import { BodyError, acceptedEncoding, readBody } from '../http-body.ts';
import type { ChdbEngine, ResultFacts, StatementScope } from './engine.ts';
import { ClickHouseException, ERROR_CODES, exception, httpStatusOf, toException } from './exception.ts';
import { isReading, readStatement } from './statement.ts';
import type { Statement } from './statement.ts';

const MAX_BODY = 256 * 1024 * 1024;
/** An INSERT's text before its data is searched within this many bytes. */
const MAX_INSERT_PREFIX = 256 * 1024;

/** Formats whose chunks can simply follow each other. */
const STREAMED = new Set([
  ...[
    'JSONEachRow',
    'JSONCompactEachRow',
    'JSONStringsEachRow',
    'JSONCompactStringsEachRow',
    'NDJSON',
    'JSONLines',
  ],
  ...[
    'TabSeparated',
    'TSV',
    'TabSeparatedRaw',
    'TSVRaw',
    'CSV',
    'RowBinary',
    'Native',
    'LineAsString',
    'RawBLOB',
  ],
]);

/** Parameters of the interface itself; every other one is a setting. */
const INTERFACE = new Set([
  ...['query', 'database', 'default_format', 'query_id', 'session_id', 'session_timeout', 'session_check'],
  ...['close_session', 'user', 'password', 'quota_key', 'role', 'compress', 'decompress', 'stacktrace'],
  ...[
    'enable_http_compression',
    'wait_end_of_query',
    'buffer_size',
    'readonly',
    'send_progress_in_http_headers',
  ],
  ...['http_headers_progress_interval_ms', 'cancel_http_readonly_queries_on_client_close'],
  // Answers are given after the data is in a part: an insert acknowledged from memory would not survive a crash.
  ...['async_insert', 'wait_for_async_insert', 'async_insert_busy_timeout_ms', 'async_insert_max_data_size'],
]);

interface Request {
  readonly scope: StatementScope;
  readonly text: string;
  /** Bytes that follow the text: data of an INSERT. */
  readonly data: Buffer;
  readonly statement: Statement;
  readonly format: string;
  readonly queryId: string;
  readonly compress: boolean;
}

/** ClickHouse's HTTP interface (port 8123) over the embedded engine. */
export class ClickHouseHttp {
  private readonly engine: ChdbEngine;
  private readonly logger: Logger;
  private readonly maxBody: number;

  constructor(engine: ChdbEngine, logger: Logger, maxBody = MAX_BODY) {
    this.engine = engine;
    this.logger = logger;
    this.maxBody = maxBody;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.answer(request, response).catch((error: unknown) => {
      this.logger.log('error', 'ClickHouse request failed', { reason: String(error) });
      response.destroy();
    });
  };

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('X-ClickHouse-Server-Display-Name', 'gumshoe-embedded');
    response.setHeader('X-ClickHouse-Timezone', 'UTC');
    if (url.pathname === '/ping' || url.pathname === '/replicas_status')
      return sendText(response, 200, 'Ok.\n');
    if (url.pathname !== '/' && url.pathname !== '/query') {
      return sendText(response, 404, `There is no handle ${url.pathname}\n`);
    }
    if (request.method !== 'GET' && request.method !== 'POST' && request.method !== 'HEAD') {
      return sendText(response, 405, `Method ${request.method} is not supported\n`);
    }
    if (request.method === 'GET' && !url.searchParams.has('query')) return sendText(response, 200, 'Ok.\n');
    const queryId = url.searchParams.get('query_id') ?? randomUUID();
    response.setHeader('X-ClickHouse-Query-Id', queryId);
    try {
      await this.execute(await this.read(request, url.searchParams, queryId), request, response);
    } catch (error) {
      sendException(response, toException(error));
    }
  }

  private async read(request: IncomingMessage, url: URLSearchParams, queryId: string): Promise<Request> {
    refuseUnsupported(url);
    const body = await this.body(request);
    const { text, data, statement } = splitStatement(url.get('query') ?? '', body);
    const readOnly = request.method !== 'POST' || (url.get('readonly') ?? '0') !== '0';
    if (readOnly && !isReading(statement)) {
      throw exception('READONLY', `Cannot execute ${statement.verb} query in readonly mode.`);
    }
    const database = url.get('database') ?? header(request, 'x-clickhouse-database');
    const format = header(request, 'x-clickhouse-format') ?? url.get('default_format') ?? 'TabSeparated';
    return {
      scope: {
        ...settingsOf(url),
        readOnly,
        ...(database === undefined || database === '' ? {} : { database }),
      },
      text,
      data,
      statement,
      format: statement.format ?? format,
      queryId,
      compress: url.get('enable_http_compression') === '1',
    };
  }

  private async body(request: IncomingMessage): Promise<Buffer> {
    if (request.method !== 'POST') return Buffer.alloc(0);
    try {
      return await readBody(request, this.maxBody);
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      if (error.status === 413)
        throw new ClickHouseException(
          131,
          `Code: 131. DB::Exception: ${error.message} (TOO_LARGE_STRING_SIZE)`,
        );
      throw exception('CANNOT_DECOMPRESS', error.message);
    }
  }

  private async execute(query: Request, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (query.statement.dataStart !== undefined) {
      const facts = await this.engine.insert(query.text, query.data, query.scope);
      return this.finish(response, facts);
    }
    const selects = query.statement.verb === 'SELECT' || query.statement.verb === 'WITH';
    if (selects && STREAMED.has(query.format)) return this.streamResult(query, request, response);
    const result = await this.engine.query(query.text, query.format, query.scope);
    setResultHeaders(response, query.format, result);
    const encoding = query.compress ? acceptedEncoding(request.headers['accept-encoding']) : undefined;
    if (encoding === undefined) {
      response.end(result.bytes);
      return;
    }
    response.setHeader('Content-Encoding', encoding.name);
    encoding.encoder.pipe(response);
    encoding.encoder.end(result.bytes);
  }

  private finish(response: ServerResponse, facts: ResultFacts): void {
    response.setHeader('X-ClickHouse-Summary', summary(facts));
    response.statusCode = 200;
    response.end();
  }

  /** Headers wait for the first chunk, so that most errors still get a status of their own. */
  private async streamResult(
    query: Request,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const chunks = this.engine.stream(query.text, query.format, query.scope);
    const tag = randomUUID().replaceAll('-', '').slice(0, 16);
    let encoder: Transform | undefined;
    try {
      let next = await chunks.next();
      setResultHeaders(response, query.format, undefined);
      response.setHeader('X-ClickHouse-Exception-Tag', tag);
      const encoding = query.compress ? acceptedEncoding(request.headers['accept-encoding']) : undefined;
      if (encoding !== undefined) {
        encoder = encoding.encoder;
        response.setHeader('Content-Encoding', encoding.name);
        encoder.pipe(response);
      }
      const out = encoder ?? response;
      while (next.done !== true) {
        if (response.destroyed) return;
        if (!out.write(next.value)) await drained(out, response);
        next = await chunks.next();
      }
      out.end();
    } catch (error) {
      if (!response.headersSent) throw error;
      breakOff(response, encoder ?? response, tag, toException(error));
    } finally {
      await chunks.return(undefined);
    }
  }
}

/**
 * An error in the middle of a result, as ClickHouse marks it since 25.11: the text between two lines with the tag
 * that a header announced. An uncompressed body then ends without its last chunk.
 */
function breakOff(
  response: ServerResponse,
  out: NodeJS.WritableStream,
  tag: string,
  error: ClickHouseException,
): void {
  const text = `${error.message.trimEnd()}\n`;
  const length = Buffer.byteLength(text);
  const block = `\r\n__exception__\r\n${tag}\r\n${text}${length} ${tag}\r\n__exception__\r\n`;
  if (out === response) response.write(block, () => response.destroy());
  else out.end(block);
}

/** Resolves when `out` can take more or the client is gone. */
function drained(out: NodeJS.WritableStream, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      out.removeListener('drain', settle);
      response.removeListener('close', settle);
      resolve();
    };
    out.once('drain', settle);
    response.once('close', settle);
    if (response.destroyed) settle();
  });
}

function refuseUnsupported(url: URLSearchParams): void {
  for (const name of ['compress', 'decompress']) {
    if ((url.get(name) ?? '0') === '0') continue;
    throw exception(
      'NOT_IMPLEMENTED',
      `The embedded store does not support ${name}=1; use HTTP compression (Content-Encoding, Accept-Encoding)`,
    );
  }
}

function settingsOf(url: URLSearchParams): Pick<StatementScope, 'settings' | 'parameters'> {
  const settings: Record<string, string> = {};
  const parameters: Record<string, string> = {};
  for (const [name, value] of url) {
    if (name.startsWith('param_')) parameters[name.slice('param_'.length)] = value;
    else if (!INTERFACE.has(name)) settings[name] = value;
  }
  return { settings, parameters };
}

/** `?query=` and the body form one text; where an INSERT's data begins, bytes stay bytes. */
function splitStatement(
  parameter: string,
  body: Buffer,
): { readonly text: string; readonly data: Buffer; readonly statement: Statement } {
  if (parameter.trim() === '') {
    const head = body.subarray(0, MAX_INSERT_PREFIX).toString('latin1');
    if (/^\s*insert\b/i.test(head)) {
      const statement = readStatement(head);
      if (statement.dataStart !== undefined) {
        return {
          text: body.subarray(0, statement.dataStart).toString('utf8'),
          data: body.subarray(skipLineEnd(body, statement.dataStart)),
          statement,
        };
      }
    }
    const text = body.toString('utf8');
    return { text, data: Buffer.alloc(0), statement: readStatement(text) };
  }
  const statement = readStatement(parameter);
  if (statement.dataStart !== undefined) {
    const rest = Buffer.from(parameter.slice(statement.dataStart).replace(/^\s+/, ''), 'utf8');
    return {
      text: parameter.slice(0, statement.dataStart),
      data: rest.length === 0 ? body : Buffer.concat([rest, Buffer.from('\n'), body]),
      statement,
    };
  }
  const text = body.length === 0 ? parameter : `${parameter}\n${body.toString('utf8')}`;
  return { text, data: Buffer.alloc(0), statement: body.length === 0 ? statement : readStatement(text) };
}

/** Blanks up to and with the first line end after FORMAT X are not data. */
function skipLineEnd(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09 || body[at] === 0x0d) at++;
  return body[at] === 0x0a ? at + 1 : at;
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

const summary = (facts: ResultFacts): string =>
  JSON.stringify({
    read_rows: String(facts.rowsRead),
    read_bytes: String(facts.bytesRead),
    written_rows: String(facts.rowsWritten),
    written_bytes: String(facts.bytesWritten),
    total_rows_to_read: '0',
    result_rows: String(facts.rowsWritten),
    result_bytes: String(facts.bytesWritten),
    elapsed_ns: String(Math.round(facts.seconds * 1e9)),
  });

const contentType = (format: string): string => {
  if (/EachRow|NDJSON|JSONLines/.test(format)) return 'application/x-ndjson; charset=UTF-8';
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8';
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8; header=absent';
  if (/^(TabSeparated|TSV)/.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  if (/Binary|Native|Arrow|Parquet|ORC|BLOB/.test(format)) return 'application/octet-stream';
  return 'text/plain; charset=UTF-8';
};

function setResultHeaders(response: ServerResponse, format: string, facts: ResultFacts | undefined): void {
  response.statusCode = 200;
  response.setHeader('Content-Type', contentType(format));
  response.setHeader('X-ClickHouse-Format', format);
  if (facts !== undefined) response.setHeader('X-ClickHouse-Summary', summary(facts));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' });
  response.end(text);
}

function sendException(response: ServerResponse, error: ClickHouseException): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.removeHeader('Content-Encoding');
  response.setHeader('X-ClickHouse-Exception-Code', String(error.code));
  // The rest of a refused body is not read, so the connection cannot be used again.
  if (error.code === 131 || error.code === ERROR_CODES.CANNOT_DECOMPRESS)
    response.setHeader('Connection', 'close');
  sendText(response, httpStatusOf(error.code), `${error.message.trimEnd()}\n`);
}
