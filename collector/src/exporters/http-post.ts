import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import { request as requestPlain, requestTls } from '../builtin-http.ts';

/** Characters of an answer that are read; what stores say is short. */
const MOST_TEXT = 64 * 1024;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** ms for the whole answer. */
  readonly timeout: number;
}

/**
 * Sends a body. Redirects are answers like any other: they would carry secrets to whoever they name. By Node's own
 * client, since `fetch` takes ten megabytes of memory.
 * @throws Error when there is no answer in time.
 */
export async function post(url: string, options: Post): Promise<HttpAnswer> {
  const first = attempt(url, options);
  try {
    return await first.answer;
  } catch (error) {
    // a connection that the other end closed just when it was used again
    const wasClosed = first.request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    if (!wasClosed) throw error;
    return attempt(url, options).answer;
  }
}

function attempt(
  url: string,
  { headers, body, timeout }: Post,
): { readonly request: ClientRequest; readonly answer: Promise<HttpAnswer> } {
  const open = url.startsWith('https:') ? requestTls : requestPlain;
  const signal = AbortSignal.timeout(timeout);
  const request = open(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(body.byteLength) },
    signal,
  });
  const answer = new Promise<HttpAnswer>((resolve, reject) => {
    request.on('error', (error) => reject(signal.aborted ? new Error(`no answer in ${timeout} ms`) : error));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        if (text.length < MOST_TEXT) text += part;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
  });
  request.end(body);
  return { request, answer };
}
