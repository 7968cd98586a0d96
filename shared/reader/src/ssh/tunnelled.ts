import { FailureError, type Failure } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import type { SourcePart } from '@gumshoe/engine/ports';
import { rawSeriesOf } from '../prometheus/raw-series.ts';
import type { PrometheusTransport, SqlRequest, SqlRows, SqlTransport } from '../transports.ts';
import type { Forward } from './forward.ts';

/** A store behind a forward: how it is called from outside, and why it cannot be reached. */
export interface Tunnel {
  readonly forward: Forward;
  /** The store's URL as the SSH server sees it. */
  readonly innerUrl: string;
}

/** SQL through a forward; failures name the inner address and the hop that broke. */
export class TunnelledSql implements SqlTransport {
  private readonly transport: SqlTransport;
  private readonly tunnel: Tunnel;

  constructor(transport: SqlTransport, tunnel: Tunnel) {
    this.transport = transport;
    this.tunnel = tunnel;
  }

  query(request: SqlRequest, signal?: AbortSignal): Promise<SqlRows> {
    return explained(this.tunnel, this.transport.query(request, signal));
  }

  async check(signal?: AbortSignal): Promise<SourcePart> {
    return explainedPart(this.tunnel, await this.transport.check(signal));
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

/** Prometheus's API through a forward. */
export class TunnelledPrometheus implements PrometheusTransport {
  private readonly transport: PrometheusTransport;
  private readonly tunnel: Tunnel;

  constructor(transport: PrometheusTransport, tunnel: Tunnel) {
    this.transport = transport;
    this.tunnel = tunnel;
  }

  get(
    path: string,
    params: Readonly<Record<string, string>>,
    signal?: AbortSignal,
    warn?: (text: string) => void,
  ): Promise<unknown> {
    return explained(this.tunnel, this.transport.get(path, params, signal, warn));
  }

  async rawSeries(
    params: Readonly<Record<string, string>>,
    range: { readonly from: number; readonly to: number },
    signal?: AbortSignal,
    warn?: (text: string) => void,
  ): Promise<readonly Series[]> {
    return explained(this.tunnel, rawSeriesOf(this.transport, params, range, signal, warn));
  }

  async check(signal?: AbortSignal): Promise<SourcePart> {
    return explainedPart(this.tunnel, await this.transport.check(signal));
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

async function explained<T>(tunnel: Tunnel, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    throw new FailureError(explain(tunnel, error.failure), { cause: error });
  }
}

function explainedPart(tunnel: Tunnel, part: SourcePart): SourcePart {
  const outside = { ...part, target: tunnel.innerUrl };
  return part.failure ? { ...outside, failure: explain(tunnel, part.failure) } : outside;
}

/** From our side a broken hop is only a connection that ends; the tunnel knows why. */
function explain({ forward, innerUrl }: Tunnel, failure: Failure): Failure {
  const broken = ['refused', 'unreachable', 'timeout'].includes(failure.code) ? forward.failure : undefined;
  if (!broken) return { ...failure, target: innerUrl };
  return {
    ...broken,
    tried: failure.tried,
    target: innerUrl,
    reason: `${broken.tried} (${broken.target}): ${broken.reason}`,
  };
}
