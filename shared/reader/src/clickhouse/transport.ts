import { randomUUID } from 'node:crypto';
import {
  ClickHouseError,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings,
} from '@clickhouse/client';
import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { SourcePart } from '@gumshoe/engine/ports';
import { cancelled, connectionFailure } from '../failures.ts';
import { secureAgent, type ClientTls } from '../tls.ts';
import { readRows } from './rows.ts';
import type { SqlRequest, SqlRows, SqlTransport } from '../transports.ts';

export interface ClickHouseAddress {
  /** http(s) URL without credentials. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: ClientTls | undefined;
}

const TRIED = 'query ClickHouse';
/** Beyond the server's own limit of time, ms: it may be too busy to keep it. */
const GRACE = 5_000;
const READ_ONLY_NOTE = "the account may not change settings: the server's limits of time hold, not ours";
const KILL_TIMEOUT = 5_000;

/** ClickHouse over its HTTP interface. Every query is read-only, with bounded rows and time, here and there. */
export class ClickHouseTransport implements SqlTransport {
  private readonly address: ClickHouseAddress;
  private readonly client: ClickHouseClient;
  /** What the account lets us set of our limits; the server's own hold where it does not, and rows are bounded here. */
  private maySet: 'all' | 'read-only' | 'nothing' = 'all';

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
    const target = this.address.url;
    if (signal?.aborted) throw cancelled(TRIED, target);
    const limit = AbortSignal.timeout(request.timeoutMs + GRACE);
    const bounded = signal ? AbortSignal.any([signal, limit]) : limit;
    const queryId = randomUUID();
    try {
      return await this.ask(request, queryId, bounded);
    } catch (error) {
      if (bounded.aborted) void this.kill(queryId);
      if (signal?.aborted) throw cancelled(TRIED, target);
      if (limit.aborted) throw this.tooLong(request);
      throw this.failure(error, TRIED);
    }
  }

  private async ask(request: SqlRequest, queryId: string, signal: AbortSignal): Promise<SqlRows> {
    const asked = {
      query: request.query,
      format: 'JSONCompactEachRowWithNamesAndTypes',
      query_params: { ...request.params },
      query_id: queryId,
      abort_signal: signal,
    } as const;
    const settings =
      this.maySet === 'nothing' ? {} : this.maySet === 'read-only' ? READ_ONLY : settingsFor(request);
    try {
      const result = await this.client.query({ ...asked, clickhouse_settings: settings });
      return await readRows(result.stream(), request.maxRows, this.address.url);
    } catch (error) {
      const maySet = refusedSettings(error);
      if (maySet === undefined || maySet === this.maySet || this.maySet === 'nothing') throw error;
      this.maySet = maySet;
      return this.ask(request, `${queryId}-1`, signal);
    }
  }

  /** The server ends a query whose client has gone, if it notices; this makes sure. Its account may end its own only. */
  private async kill(queryId: string): Promise<void> {
    const query = 'KILL QUERY WHERE query_id IN ({one:String}, {other:String}) ASYNC';
    const params = { one: queryId, other: `${queryId}-1` };
    const abort_signal = AbortSignal.timeout(KILL_TIMEOUT);
    await this.client.command({ query, query_params: params, abort_signal }).catch(() => undefined);
  }

  private tooLong({ timeoutMs }: SqlRequest): FailureError {
    return new FailureError({
      code: 'timeout',
      tried: TRIED,
      target: this.address.url,
      reason: `there was no answer after ${(timeoutMs + GRACE) / 1000} s`,
      remedy: 'Narrow the window or add a filter.',
    });
  }

  private failure(error: unknown, tried: string): FailureError {
    const target = this.address.url;
    if (!(error instanceof ClickHouseError))
      return wrongServer(error, tried, target) ?? connectionFailure(error, tried, target);
    const reason = error.message.split('\n')[0] ?? error.message;
    const type = error.type ?? '';
    if (/ACCESS_DENIED/.test(type))
      return new FailureError({
        code: /outside of/.test(reason) ? 'not-supported' : 'unauthorized',
        tried,
        target,
        reason,
        remedy: 'The account may not do this.',
      });
    if (/AUTHENTICATION_FAILED|REQUIRED_PASSWORD|UNKNOWN_USER/.test(type))
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
        notes: this.maySet === 'all' ? [] : [READ_ONLY_NOTE],
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

/** Read-only, bounded in rows and time, and ended when we hang up (which the server does for read-only queries only). */
const settingsFor = ({ maxRows, timeoutMs }: SqlRequest): ClickHouseSettings => ({
  readonly: '2',
  // One more than asked for tells whether rows are missing.
  max_result_rows: String(maxRows + 1),
  result_overflow_mode: 'break',
  max_execution_time: Math.max(1, Math.ceil(timeoutMs / 1000)),
  cancel_http_readonly_queries_on_client_close: 1,
  output_format_json_quote_64bit_integers: 1,
});

const READ_ONLY: ClickHouseSettings = { readonly: '2' };

/**
 * What an account lets us set after it refused: nothing when it is read-only itself (readonly=1); when a constraint on a
 * limit refused, that queries only read: such an account may write.
 */
function refusedSettings(error: unknown): 'read-only' | 'nothing' | undefined {
  if (!(error instanceof ClickHouseError) || !/setting/i.test(error.message)) return undefined;
  if (/READONLY/.test(error.type ?? '')) return 'nothing';
  return /SETTING_CONSTRAINT_VIOLATION/.test(error.type ?? '') ? 'read-only' : undefined;
}

/** An HTTP answer that is not ClickHouse's: a page, another API. */
function wrongServer(error: unknown, tried: string, target: string): FailureError | undefined {
  if (!(error instanceof Error)) return undefined;
  const text = error.message;
  // errors of the network have a code; what else the client throws is the text of an answer it cannot read
  const isText = !('code' in error) && !(error instanceof TypeError) && !/abort|timeout/i.test(text);
  if (
    !isText &&
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
