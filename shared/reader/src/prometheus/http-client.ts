import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { secureAgent, type ClientTls } from '../tls.ts';

export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Stops when it fires, with its reason. */
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** The answer went on past `maxBytes`. */
export class AnswerTooLarge extends Error {}

/** HTTP and HTTPS with kept connections and certificates of one's own. Follows no redirect: credentials stay here. */
export class HttpClient {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 16 });
  readonly #https: HttpsAgent;

  /** @throws FailureError when a certificate or key cannot be read or does not fit. */
  constructor(tls?: ClientTls) {
    this.#https = secureAgent(tls, { keepAlive: true, maxSockets: 16 });
  }

  /** Rejects with what the network said, with the signal's reason, or AnswerTooLarge. */
  ask(question: HttpQuestion): Promise<HttpAnswer> {
    const secure = question.url.startsWith('https:');
    const send = secure ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(question.url, {
        method: question.method,
        agent: secure ? this.#https : this.#http,
        signal: question.signal,
        headers: { ...question.headers, 'accept-encoding': 'gzip' },
      });
      const fail = (error: unknown): void => reject(question.signal.aborted ? question.signal.reason : error);
      request.on('error', fail);
      request.on('response', (response) => {
        readAll(response, question.maxBytes).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          (error: unknown) => {
            request.destroy();
            fail(error);
          },
        );
      });
      request.end(question.body);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const zipped = response.headers['content-encoding'] === 'gzip';
  const stream: Readable = zipped ? response.pipe(createGunzip()) : response;
  if (zipped) response.on('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AnswerTooLarge(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  if (!response.complete) throw new Error('the connection ended in the middle of the answer');
  return Buffer.concat(chunks, bytes);
}
