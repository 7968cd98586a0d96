import { gzipSync } from 'node:zlib';

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
      const answer = await fetch(`${this.#url}${path}`, {
        method: 'POST',
        headers,
        body: gzipSync(json, { level: 1 }),
        // a redirect would carry the key to whoever it names, in plain text too
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT),
      });
      const text = await answer.text();
      if (answer.ok) return { outcome: 'sent', ...rejectedOf(text) };
      const reason = `HTTP status ${answer.status}: ${text.slice(0, 300).trim()}`;
      if (!RETRYABLE.has(answer.status)) return { outcome: 'refused', reason };
      return { outcome: 'retry', reason, after: secondsOf(answer.headers.get('retry-after')) };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return {
        outcome: 'retry',
        reason: cause instanceof Error ? cause.message : String(cause),
        after: undefined,
      };
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
export function secondsOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return seconds >= 0 ? Math.min(seconds, LONGEST_RETRY) : undefined;
}
