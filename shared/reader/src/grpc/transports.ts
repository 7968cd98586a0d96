import { toFailure } from '@gumshoe/base/failure';
import type { SourcePart } from '@gumshoe/engine/ports';
import type { PrometheusTransport, SqlRequest, SqlRows, SqlTransport } from '../transports.ts';
import type { GatewayChannel } from './channel.ts';

const CHECK_TIMEOUT = 10_000;
const PROMETHEUS_TIMEOUT = 60_000;
/** The server ends a query itself; the deadline is for a server that does not. */
const DEADLINE_MARGIN = 5000;

interface SqlBatch {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rowsJson: Buffer;
  readonly truncated: boolean;
}

/** SQL through the gateway. */
export class GatewaySqlTransport implements SqlTransport {
  private readonly channel: GatewayChannel;

  constructor(channel: GatewayChannel) {
    this.channel = channel;
  }

  async query(request: SqlRequest, signal?: AbortSignal): Promise<SqlRows> {
    const { query, params = {}, maxRows, timeoutMs } = request;
    const call = { tried: 'query ClickHouse', timeoutMs: timeoutMs + DEADLINE_MARGIN, signal };
    const sent = { query, paramsJson: JSON.stringify(params), maxRows, timeoutMs };
    let columns: SqlRows['columns'] = [];
    let truncated = false;
    const rows: (readonly unknown[])[] = [];
    for await (const batch of this.channel.stream<SqlBatch>('Sql', sent, call)) {
      if (batch.columns.length > 0) columns = batch.columns;
      for (const row of JSON.parse(batch.rowsJson.toString('utf8')) as (readonly unknown[])[]) rows.push(row);
      truncated ||= batch.truncated;
    }
    return { columns: columns.map(({ name, type }) => ({ name, type })), rows, truncated };
  }

  check(signal?: AbortSignal): Promise<SourcePart> {
    const part = { name: 'ClickHouse', target: `behind ${this.channel.address}` };
    return checked(part, async () => {
      const request = { query: 'SELECT version()', maxRows: 1, timeoutMs: CHECK_TIMEOUT };
      return String((await this.query(request, signal)).rows[0]?.[0]);
    });
  }

  async close(): Promise<void> {}
}

/** Prometheus's API through the gateway. */
export class GatewayPrometheusTransport implements PrometheusTransport {
  private readonly channel: GatewayChannel;

  constructor(channel: GatewayChannel) {
    this.channel = channel;
  }

  async get(path: string, params: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<unknown> {
    const call = {
      tried: `query Prometheus (${path.split('/').at(-1)})`,
      timeoutMs: PROMETHEUS_TIMEOUT,
      signal,
    };
    const parts: Buffer[] = [];
    for await (const { json } of this.channel.stream<{ readonly json: Buffer }>(
      'Prometheus',
      { path, params },
      call,
    ))
      parts.push(json);
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  }

  check(signal?: AbortSignal): Promise<SourcePart> {
    const part = { name: 'Prometheus', target: `behind ${this.channel.address}` };
    return checked(part, async () => {
      const data = await this.get('/api/v1/status/buildinfo', {}, signal);
      return typeof data === 'object' && data !== null && 'version' in data ? String(data.version) : '';
    });
  }

  async close(): Promise<void> {}
}

/** A part with how long `read` took and the version it read, or its failure. Never rejects. */
export async function checked(
  part: Pick<SourcePart, 'name' | 'target'>,
  read: () => Promise<string>,
): Promise<SourcePart> {
  const before = performance.now();
  try {
    const version = await read();
    return { ...part, state: 'ok', latencyMs: performance.now() - before, version, notes: [] };
  } catch (error) {
    const failure = toFailure(error, `check ${part.name}`, part.target);
    return { ...part, state: 'failed', failure, notes: [] };
  }
}
