import { ClickHouseError, createClient, type ClickHouseClient } from '@clickhouse/client';
import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { SourcePart } from '@gumshoe/engine/ports';
import { cancelled, connectionFailure } from '../failures.ts';
import { secureAgent, type ClientTls } from '../tls.ts';
import type { SqlRequest, SqlRows, SqlTransport } from '../transports.ts';

export interface ClickHouseAddress {
  /** http(s) URL without credentials. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: ClientTls | undefined;
}

interface JsonCompact {
  readonly meta?: readonly { readonly name: string; readonly type: string }[];
  readonly data?: readonly (readonly unknown[])[];
}

/** ClickHouse over its HTTP interface. Every query runs with readonly=2 and bounded rows and time. */
export class ClickHouseTransport implements SqlTransport {
  private readonly address: ClickHouseAddress;
  private readonly client: ClickHouseClient;

  constructor(address: ClickHouseAddress) {
    this.address = address;
    this.client = createClient({
      url: address.url,
      request_timeout: 120_000,
      compression: { response: true },
      ...(address.user === undefined ? {} : { username: address.user }),
      ...(address.password === undefined ? {} : { password: address.password }),
      ...(address.tls === undefined || !address.url.startsWith('https:')
        ? {}
        : { http_agent: secureAgent(address.tls, { keepAlive: true, maxSockets: 10 }) }),
      log: { LoggerClass: Silent },
    });
  }

  async query(request: SqlRequest, signal?: AbortSignal): Promise<SqlRows> {
    const tried = 'query ClickHouse';
    if (signal?.aborted) throw cancelled(tried, this.address.url);
    try {
      const result = await this.client.query({
        query: request.query,
        format: 'JSONCompact',
        query_params: { ...request.params },
        clickhouse_settings: {
          readonly: '2',
          // One more than asked for tells whether rows are missing.
          max_result_rows: String(request.maxRows + 1),
          result_overflow_mode: 'break',
          max_execution_time: Math.max(1, Math.ceil(request.timeoutMs / 1000)),
          output_format_json_quote_64bit_integers: 1,
        },
        ...(signal === undefined ? {} : { abort_signal: signal }),
      });
      const answer = await result.json<JsonCompact>();
      const { meta = [], data = [] } = answer as unknown as JsonCompact;
      return {
        columns: meta,
        rows: data.slice(0, request.maxRows),
        truncated: data.length > request.maxRows,
      };
    } catch (error) {
      if (signal?.aborted) throw cancelled(tried, this.address.url);
      throw this.failure(error, tried);
    }
  }

  private failure(error: unknown, tried: string): FailureError {
    const target = this.address.url;
    if (!(error instanceof ClickHouseError))
      return wrongServer(error, tried, target) ?? connectionFailure(error, tried, target);
    const reason = error.message.split('\n')[0] ?? error.message;
    const type = error.type ?? '';
    if (/AUTHENTICATION_FAILED|REQUIRED_PASSWORD|ACCESS_DENIED|UNKNOWN_USER/.test(type))
      return new FailureError({
        code: 'unauthorized',
        tried,
        target,
        reason,
        remedy: 'Check the user and its password.',
      });
    if (/TIMEOUT_EXCEEDED/.test(type))
      return new FailureError({
        code: 'timeout',
        tried,
        target,
        reason,
        remedy: 'Narrow the window or add a filter.',
      });
    if (/READONLY/.test(type))
      return new FailureError({
        code: 'not-supported',
        tried,
        target,
        reason,
        remedy: 'Queries are read-only here.',
      });
    if (/UNKNOWN_TABLE|UNKNOWN_DATABASE/.test(type))
      return new FailureError({
        code: 'not-found',
        tried,
        target,
        reason,
        remedy: 'No collector has written here yet, or it is another database.',
      });
    return new FailureError({ code: 'invalid-input', tried, target, reason });
  }

  async check(signal?: AbortSignal): Promise<SourcePart> {
    const before = performance.now();
    const part = { name: 'ClickHouse', target: this.address.url };
    try {
      const { rows } = await this.query({ query: 'SELECT version()', maxRows: 1, timeoutMs: 10_000 }, signal);
      return {
        ...part,
        state: 'ok',
        latencyMs: performance.now() - before,
        version: String(rows[0]?.[0]),
        notes: [],
      };
    } catch (error) {
      return {
        ...part,
        state: 'failed',
        failure: toFailure(error, 'check ClickHouse', this.address.url),
        notes: [],
      };
    }
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** An HTTP answer that is not ClickHouse's: a page, another API. */
function wrongServer(error: unknown, tried: string, target: string): FailureError | undefined {
  if (!(error instanceof Error)) return undefined;
  const text = error.message;
  if (
    !/<html|not found|404|Unexpected token|is not valid JSON|"status":"error"|method not allowed/i.test(text)
  )
    return undefined;
  const reason = `the answer is not ClickHouse's: ${text.slice(0, 120).replace(/\s+/g, ' ').trim()}`;
  return new FailureError({
    code: 'wrong-server',
    tried,
    target,
    reason,
    remedy: "Give the address of ClickHouse's HTTP interface (port 8123).",
  });
}

/** The client logs what the caller gets as an error. */
class Silent {
  trace(): void {}
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(): void {}
}
