import { ClickHouseError, createClient, type ClickHouseClient } from '@clickhouse/client';
import { FailureError } from '@gumshoe/base/failure';
import type { SqlBatch, SqlQuery } from './contract.ts';
import { failed, transportFailure } from './failures.ts';

export interface ClickHouseAddress {
  /** http(s) URL without credentials. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

export const MAX_ROWS = 1_000_000;
export const MAX_TIME = 120_000;
/** Rows and bytes of JSON in one batch. */
const BATCH_ROWS = 2000;
const BATCH_BYTES = 256 * 1024;
/** One row above this ends the query: it would not fit into a message. */
const LARGEST_ROW = 2 * 1024 * 1024;
const TRIED = 'query ClickHouse';

/** Read-only queries, streamed: neither side of the gateway holds a whole result. */
export class SqlSource {
  private readonly address: ClickHouseAddress;
  private readonly client: ClickHouseClient;

  constructor(address: ClickHouseAddress) {
    this.address = address;
    this.client = createClient({
      url: address.url,
      request_timeout: MAX_TIME + 10_000,
      ...(address.user === undefined ? {} : { username: address.user }),
      ...(address.password === undefined ? {} : { password: address.password }),
      log: { LoggerClass: Silent },
    });
  }

  /**
   * Batches of at most `maxRows` rows in all. A query may lift ClickHouse's own limits with SETTINGS, so rows
   * are counted here too; the caller bounds the time with `signal`.
   */
  async *query(request: SqlQuery, signal: AbortSignal): AsyncGenerator<SqlBatch, void, undefined> {
    const maxRows = Math.min(request.maxRows || MAX_ROWS, MAX_ROWS);
    const timeout = Math.min(request.timeoutMs || MAX_TIME, MAX_TIME);
    try {
      const result = await this.client.query({
        query: request.query,
        format: 'JSONCompactEachRowWithNamesAndTypes',
        query_params: paramsOf(request.paramsJson, this.address.url),
        abort_signal: signal,
        clickhouse_settings: {
          readonly: '2',
          // One more than asked for tells whether rows are missing.
          max_result_rows: String(maxRows + 1),
          result_overflow_mode: 'break',
          max_execution_time: Math.max(1, Math.ceil(timeout / 1000)),
          output_format_json_quote_64bit_integers: 1,
        },
      });
      yield* batches(result.stream(), maxRows, this.address.url);
    } catch (error) {
      throw this.failure(error);
    }
  }

  private failure(error: unknown): FailureError {
    const target = this.address.url;
    if (!(error instanceof ClickHouseError)) return transportFailure(error, TRIED, target);
    const reason = error.message.split('\n')[0] ?? error.message;
    const type = error.type ?? '';
    if (/ACCESS_DENIED/.test(type))
      return failed(
        /outside of/.test(reason) ? 'not-supported' : 'unauthorized',
        TRIED,
        target,
        reason,
        'The account may not do this.',
      );
    if (/AUTHENTICATION_FAILED|REQUIRED_PASSWORD|UNKNOWN_USER/.test(type))
      return failed(
        'unauthorized',
        TRIED,
        target,
        reason,
        "Check clickhouse-user and its password in the collector's configuration.",
      );
    if (/TIMEOUT_EXCEEDED/.test(type))
      return failed('timeout', TRIED, target, reason, 'Narrow the window or add a filter.');
    if (/READONLY/.test(type))
      return failed('not-supported', TRIED, target, reason, 'Queries are read-only here.');
    if (/UNKNOWN_TABLE|UNKNOWN_DATABASE/.test(type))
      return failed('not-found', TRIED, target, reason, 'No collector has written here yet.');
    return failed('invalid-input', TRIED, target, reason);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

interface TextRow {
  readonly text: string;
}

async function* batches(
  stream: AsyncIterable<readonly TextRow[]>,
  maxRows: number,
  target: string,
): AsyncGenerator<SqlBatch, void, undefined> {
  let names: readonly string[] | undefined;
  let columns: NonNullable<SqlBatch['columns']> | undefined;
  let [rows, bytes, sent] = [[] as string[], 0, 0];
  const batch = (truncated: boolean): SqlBatch => {
    const out = { columns: columns ?? [], rowsJson: Buffer.from(`[${rows.join(',')}]`), truncated };
    [columns, rows, bytes] = [[], [], 0];
    return out;
  };
  for await (const chunk of stream)
    for (const { text } of chunk) {
      if (!names) names = JSON.parse(text) as string[];
      else if (!columns) {
        const types = JSON.parse(text) as string[];
        columns = names.map((name, i) => ({ name, type: types[i] ?? '' }));
      } else if (sent === maxRows) return yield batch(true);
      else {
        if (text.length > LARGEST_ROW)
          throw failed('limit-exceeded', TRIED, target, `a row is larger than ${LARGEST_ROW} bytes`);
        rows.push(text);
        bytes += text.length;
        sent++;
        if (rows.length >= BATCH_ROWS || bytes >= BATCH_BYTES) yield batch(false);
      }
    }
  yield batch(false);
}

function paramsOf(json: string, target: string): Record<string, unknown> {
  if (json === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw failed('invalid-input', TRIED, target, 'params_json is not a JSON object');
}

/** The client logs what the caller gets as an error. */
class Silent {
  trace(): void {}
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}
