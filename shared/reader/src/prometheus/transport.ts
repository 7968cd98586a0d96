import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { SourcePart } from '@gumshoe/engine/ports';
import { cancelled, connectionFailure } from '../failures.ts';
import type { PrometheusTransport } from '../transports.ts';

export interface PrometheusAddress {
  /** http(s) URL without credentials. */
  readonly url: string;
  readonly token?: string | undefined;
}

const TIMEOUT = 60_000;

interface Answer {
  readonly status?: string;
  readonly data?: unknown;
  readonly error?: string;
  readonly errorType?: string;
}

/** Prometheus's HTTP API and whatever speaks it (VictoriaMetrics, Thanos, Mimir, the embedded store). */
export class HttpPrometheusTransport implements PrometheusTransport {
  private readonly address: PrometheusAddress;

  constructor(address: PrometheusAddress) {
    this.address = address;
  }

  async get(path: string, params: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<unknown> {
    const tried = `query Prometheus (${path.split('/').at(-1)})`;
    const target = this.address.url;
    if (signal?.aborted) throw cancelled(tried, target);
    const answer = await this.fetch(path, params, tried, signal);
    const text = await answer.text();
    if (answer.status === 401 || answer.status === 403)
      throw new FailureError({
        code: 'unauthorized',
        tried,
        target,
        reason: `HTTP status ${answer.status}`,
        remedy: 'Check the token.',
      });
    const body = parse(text);
    if (body?.status === 'success') return body.data;
    if (body?.status === 'error') {
      const reason = `${body.errorType}: ${body.error}`;
      const code =
        body.errorType === 'timeout'
          ? 'timeout'
          : body.errorType === 'canceled'
            ? 'cancelled'
            : 'invalid-input';
      throw new FailureError({ code, tried, target, reason });
    }
    const reason = `HTTP status ${answer.status}, and the answer is not Prometheus's: ${text.slice(0, 100).replace(/\s+/g, ' ').trim()}`;
    throw new FailureError({
      code: 'wrong-server',
      tried,
      target,
      reason,
      remedy: 'Give the address of a Prometheus-compatible API (port 9090), with its path prefix.',
    });
  }

  private async fetch(
    path: string,
    params: Readonly<Record<string, string>>,
    tried: string,
    signal?: AbortSignal,
  ): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (this.address.token) headers['authorization'] = `Bearer ${this.address.token}`;
    const limit = AbortSignal.timeout(TIMEOUT);
    const post = /\/(query|query_range|series|labels)$/.test(path);
    const url = `${this.address.url.replace(/\/$/, '')}${path}${post ? '' : `?${new URLSearchParams(params)}`}`;
    try {
      return await fetch(url, {
        method: post ? 'POST' : 'GET',
        headers,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
        ...(post ? { body: new URLSearchParams(params) } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw cancelled(tried, this.address.url);
      throw connectionFailure(error, tried, this.address.url);
    }
  }

  async check(signal?: AbortSignal): Promise<SourcePart> {
    const before = performance.now();
    const part = { name: 'Prometheus', target: this.address.url };
    try {
      const data = await this.get('/api/v1/status/buildinfo', {}, signal);
      const version =
        typeof data === 'object' && data !== null && 'version' in data ? String(data.version) : '';
      return { ...part, state: 'ok', latencyMs: performance.now() - before, version, notes: [] };
    } catch (error) {
      return {
        ...part,
        state: 'failed',
        failure: toFailure(error, 'check Prometheus', this.address.url),
        notes: [],
      };
    }
  }

  async close(): Promise<void> {}
}

function parse(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
