import type { PrometheusQuery } from './contract.ts';
import { failed, transportFailure } from './failures.ts';

const READABLE =
  /^\/api\/v1\/(query|query_range|series|labels|label\/[A-Za-z_:][\w:.]*\/values|metadata|status\/buildinfo)$/;
/** Largest answer passed on, bytes. */
const LARGEST_ANSWER = 256 * 1024 * 1024;

/** `data` of Prometheus's answer as JSON. Rejects with FailureError; any other path than a read is refused. */
export async function readPrometheus(
  base: string,
  { path, params }: PrometheusQuery,
  signal: AbortSignal,
): Promise<Buffer> {
  const tried = `query Prometheus (${path.split('/').at(-1)})`;
  if (!READABLE.test(path))
    throw failed('not-supported', tried, base, `the gateway does not serve ${path.slice(0, 100)}`);
  const { status, text } = await fetchText(base, path, params, signal, tried);
  if (status === 401 || status === 403)
    throw failed('unauthorized', tried, base, `HTTP status ${status}`, 'The collector may not read there.');
  const answer = parse(text);
  if (answer?.status === 'success') return Buffer.from(JSON.stringify(answer.data ?? {}));
  if (answer?.status === 'error') {
    const code =
      answer.errorType === 'timeout'
        ? 'timeout'
        : answer.errorType === 'canceled'
          ? 'cancelled'
          : 'invalid-input';
    throw failed(code, tried, base, `${answer.errorType}: ${answer.error}`);
  }
  const start = text.slice(0, 100).replace(/\s+/g, ' ').trim();
  throw failed(
    'wrong-server',
    tried,
    base,
    `HTTP status ${status}, and the answer is not Prometheus's: ${start}`,
    "Check prometheus-url in the collector's configuration.",
  );
}

async function fetchText(
  base: string,
  path: string,
  params: Readonly<Record<string, string>>,
  signal: AbortSignal,
  tried: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const form = new URLSearchParams({ ...params });
  const post = /\/(query|query_range|series|labels)$/.test(path);
  const url = `${base.replace(/\/$/, '')}${path}${post ? '' : `?${form}`}`;
  const chunks: Uint8Array[] = [];
  try {
    const response = await fetch(url, {
      method: post ? 'POST' : 'GET',
      signal,
      ...(post ? { body: form } : {}),
    });
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > LARGEST_ANSWER)
        throw failed(
          'limit-exceeded',
          tried,
          base,
          `the answer is larger than ${LARGEST_ANSWER} bytes`,
          'Narrow the query.',
        );
      chunks.push(chunk);
    }
    return { status: response.status, text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    throw transportFailure(error, tried, base);
  }
}

interface Answer {
  readonly status?: string;
  readonly data?: unknown;
  readonly error?: string;
  readonly errorType?: string;
}

function parse(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
