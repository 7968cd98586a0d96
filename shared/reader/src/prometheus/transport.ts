import { FailureError, toFailure } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import type { SourcePart } from '@gumshoe/engine/ports';
import { cancelled, connectionFailure } from '../failures.ts';
import type { PrometheusTransport } from '../transports.ts';
import type { ClientTls } from '../tls.ts';
import { AnswerTooLarge, HttpClient, type HttpAnswer } from './http-client.ts';
import { parseMatrix } from './matrix-parser.ts';
import { redirection, refusal, type Answer } from './refusal.ts';
import { withRetries } from './retry.ts';

export interface PrometheusAddress {
  /** http(s) URL without credentials, with the prefix of its path. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Basic authentication, where there is no token. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly headers?: readonly { readonly name: string; readonly value: string }[] | undefined;
  readonly tls?: ClientTls | undefined;
}

const TIMEOUT = 120_000;
/** Largest answer taken, bytes; a text in V8 may be a little over 512 MiB. */
const LARGEST_ANSWER = 400 * 1024 ** 2;
const FORM = 'application/x-www-form-urlencoded';

interface Decoded<T> {
  readonly answer: Answer;
  readonly data: T;
}

interface Reading<T> {
  readonly decode: (body: Buffer) => Decoded<T>;
  readonly signal: AbortSignal | undefined;
  readonly warn: ((text: string) => void) | undefined;
}

/** Prometheus's HTTP API and whatever speaks it (VictoriaMetrics, Thanos, Mimir, the embedded store). */
export class HttpPrometheusTransport implements PrometheusTransport {
  private readonly address: PrometheusAddress;
  private readonly base: string;
  private readonly client: HttpClient;
  /** A proxy on the way lets nothing but GET through. */
  private onlyGet = false;

  /** @throws FailureError when certificates cannot be used, or a header is none. */
  constructor(address: PrometheusAddress) {
    this.address = address;
    this.base = address.url.replace(/\/+$/, '');
    this.client = new HttpClient(address.tls);
    for (const { name, value } of address.headers ?? [])
      if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[\r\n\0]/.test(value))
        throw new FailureError({
          code: 'invalid-input',
          tried: 'send a header along',
          target: name,
          reason: 'its name or its value may not stand in a header',
        });
  }

  get(
    path: string,
    params: Readonly<Record<string, string>>,
    signal?: AbortSignal,
    warn?: (text: string) => void,
  ): Promise<unknown> {
    return this.read(path, params, { decode: decodeJson, signal, warn });
  }

  rawSeries(
    params: Readonly<Record<string, string>>,
    { from, to }: { readonly from: number; readonly to: number },
    signal?: AbortSignal,
    warn?: (text: string) => void,
  ): Promise<readonly Series[]> {
    const decode = (body: Buffer): Decoded<readonly Series[]> => {
      const { series, fields } = parseMatrix(body, from, to);
      return { answer: fields, data: series };
    };
    return this.read('/api/v1/query', params, { decode, signal, warn });
  }

  private async read<T>(
    path: string,
    params: Readonly<Record<string, string>>,
    { decode, signal, warn }: Reading<T>,
  ): Promise<T> {
    const tried = `query Prometheus (${path.split('/').at(-1)})`;
    if (signal?.aborted) throw cancelled(tried, this.address.url);
    const got = await this.ask(path, params, tried, signal);
    if (got.status >= 300 && got.status < 400) throw redirection(got, tried, this.address.url);
    const decoded = attempt(decode, got.body);
    if (decoded?.answer.status !== 'success') throw refusal(got, decoded?.answer, tried, this.address.url);
    for (const text of [...list(decoded.answer.warnings), ...list(decoded.answer.infos)]) warn?.(text);
    return decoded.data;
  }

  private async ask(
    path: string,
    params: Readonly<Record<string, string>>,
    tried: string,
    signal?: AbortSignal,
  ): Promise<HttpAnswer> {
    const limit = AbortSignal.timeout(TIMEOUT);
    const bounded = signal ? AbortSignal.any([signal, limit]) : limit;
    const post = !this.onlyGet && /\/(query|query_range|series|labels)$/.test(path);
    try {
      const answer = await withRetries(() => this.send(path, params, post, bounded), bounded);
      if (!post || answer.status !== 405) return answer;
      this.onlyGet = true;
      return await withRetries(() => this.send(path, params, false, bounded), bounded);
    } catch (error) {
      if (signal?.aborted) throw cancelled(tried, this.address.url);
      if (error instanceof AnswerTooLarge)
        throw new FailureError({
          code: 'limit-exceeded',
          tried,
          target: this.address.url,
          reason: error.message,
          remedy: 'Narrow the window or the query.',
        });
      throw connectionFailure(error, tried, this.address.url);
    }
  }

  /** Long matchers go in the body: URLs are cut at 2-8 KiB on the way. Thanos answers with what it has, and says so. */
  private send(
    path: string,
    params: Readonly<Record<string, string>>,
    post: boolean,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const form = new URLSearchParams({ ...params });
    if (/\/query(_range)?$/.test(path)) form.set('partial_response', 'true');
    const body = form.toString();
    const url = `${this.base}${path}`;
    return this.client.ask({
      method: post ? 'POST' : 'GET',
      url: post || body === '' ? url : `${url}?${body}`,
      headers: { ...this.headers(), ...(post ? { 'content-type': FORM } : {}) },
      ...(post ? { body } : {}),
      signal,
      maxBytes: LARGEST_ANSWER,
    });
  }

  private headers(): Record<string, string> {
    const { token, user, password, headers } = this.address;
    const own = Object.fromEntries((headers ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
    if (token) return { ...own, authorization: `Bearer ${token}` };
    if (user === undefined) return own;
    const basic = Buffer.from(`${user}:${password ?? ''}`, 'utf8').toString('base64');
    return { ...own, authorization: `Basic ${basic}` };
  }

  async check(signal?: AbortSignal): Promise<SourcePart> {
    const before = performance.now();
    const part = { name: 'Prometheus', target: this.address.url };
    try {
      const version = await this.version(signal);
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

  /** Not every server says what it is; one that answers a query will do. */
  private async version(signal?: AbortSignal): Promise<string> {
    try {
      const data = await this.get('/api/v1/status/buildinfo', {}, signal);
      return typeof data === 'object' && data !== null && 'version' in data ? String(data.version) : '';
    } catch (error) {
      if (toFailure(error, '', '').code !== 'wrong-server') throw error;
      await this.get('/api/v1/query', { query: '1' }, signal).catch(() => {
        throw error;
      });
      return '';
    }
  }

  async close(): Promise<void> {
    this.client.close();
  }
}

const list = (texts: unknown): readonly string[] =>
  Array.isArray(texts) ? texts.filter((one): one is string => typeof one === 'string') : [];

function decodeJson(body: Buffer): Decoded<unknown> {
  const value: unknown = JSON.parse(body.toString('utf8'));
  const answer: Answer = typeof value === 'object' && value !== null ? value : {};
  return { answer, data: answer.data };
}

/** Undefined where the body is not what `decode` wants. */
function attempt<T>(decode: (body: Buffer) => Decoded<T>, body: Buffer): Decoded<T> | undefined {
  try {
    return decode(body);
  } catch {
    return undefined;
  }
}
