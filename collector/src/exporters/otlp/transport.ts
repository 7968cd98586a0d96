import { gzipSync } from 'node:zlib';
import { post } from '../http-post.ts';

/** Where one kind of requests goes. */
export type OtlpPath = '/v1/traces' | '/v1/logs' | '/v1/metrics';

/** What became of a request. `rejected` items were refused for good, the others taken. */
export type Delivery =
  | { readonly outcome: 'sent'; readonly rejected: number; readonly reason: string }
  | { readonly outcome: 'retry'; readonly reason: string; readonly after: number | undefined }
  | { readonly outcome: 'refused'; readonly reason: string };

export interface OtlpTransport {
  send(path: OtlpPath, json: string): Promise<Delivery>;
  close(): void;
}

/** seconds; what is believed of a wait that the other end asks for */
export const LONGEST_RETRY = 300;
const TIMEOUT = 10_000;
/** Statuses after which the specification asks to try again (OTLP/HTTP, retryable response codes). */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** OTLP/HTTP with JSON and gzip. */
export class HttpTransport implements OtlpTransport {
  readonly #url: string;
  readonly #key: string | undefined;

  /** `url` without a path: http(s)://host:port */
  constructor(url: string, key: string | undefined) {
    this.#url = url.replace(/\/$/, '');
    this.#key = key;
  }

  async send(path: OtlpPath, json: string): Promise<Delivery> {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'user-agent': 'gumshoe-collector',
      ...(this.#key === undefined ? {} : { 'x-api-key': this.#key }),
    };
    try {
      const body = gzipSync(json, { level: 1 });
      const {
        status,
        headers: told,
        text,
      } = await post(`${this.#url}${path}`, { headers, body, timeout: TIMEOUT });
      if (status >= 200 && status < 300) return { outcome: 'sent', ...rejectedOf(text) };
      const reason = `HTTP status ${status}: ${text.slice(0, 300).trim()}`;
      if (!RETRYABLE.has(status)) return { outcome: 'refused', reason };
      return { outcome: 'retry', reason, after: secondsOf(told['retry-after']) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { outcome: 'retry', reason, after: undefined };
    }
  }

  close(): void {}
}

function rejectedOf(text: string): { readonly rejected: number; readonly reason: string } {
  try {
    const { partialSuccess } = JSON.parse(text) as { partialSuccess?: Readonly<Record<string, unknown>> };
    const { errorMessage = '', ...counts } = partialSuccess ?? {};
    return { rejected: Number(Object.values(counts)[0] ?? 0) || 0, reason: String(errorMessage) };
  } catch {
    return { rejected: 0, reason: '' };
  }
}

/** Retry-After: seconds, or a date. */
export function secondsOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return seconds >= 0 ? Math.min(seconds, LONGEST_RETRY) : undefined;
}
