import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createServer, createTlsServer } from './builtin-http.ts';
import { acceptedFormat, CONTENT_TYPES, type ExpositionFormat } from './exporters/prometheus/exposition.ts';
import type { MetricsReader } from './exporters/prometheus/metrics-text.ts';

export interface StatusServerOptions {
  /** host:port; port 0 takes a free one. */
  readonly listen: string;
  /** When given, /metrics and /status ask for it as a bearer token; /healthz never does. */
  readonly token: string | undefined;
  /** PEM files; both or none. */
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  /** The text of the last interval. */
  readonly metrics: (format: ExpositionFormat) => MetricsReader;
  readonly status: () => unknown;
}

/** ms after which a reader that takes nothing is left. */
const PATIENCE = 60_000;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Serves /metrics, /status and /healthz. */
export class StatusServer {
  readonly #options: StatusServerOptions;
  readonly #expected: Buffer | undefined;
  #server: Server | undefined;

  constructor(options: StatusServerOptions) {
    this.#options = options;
    this.#expected = options.token === undefined ? undefined : digest(`Bearer ${options.token}`);
  }

  /** Resolves with its URL; rejects when the address is taken or a certificate cannot be used. */
  start(): Promise<string> {
    const { listen, certFile, keyFile } = this.#options;
    const split = listen.lastIndexOf(':');
    const host = listen.slice(0, split).replace(/^\[|\]$/g, '');
    const tls = certFile !== undefined && keyFile !== undefined;
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      this.#answer(request, response);
    const server = tls
      ? createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, answer)
      : createServer(answer);
    server.setTimeout(PATIENCE);
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(new Error(`cannot listen on ${listen}: ${error.message}`)));
      server.listen(Number(listen.slice(split + 1)), host, () => {
        const { port } = server.address() as AddressInfo;
        resolve(`${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`);
      });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '/', 'http://collector').pathname;
    if (request.method !== 'GET') response.writeHead(405).end('only GET\n');
    else if (path === '/healthz') response.writeHead(200).end('ok\n');
    else if (!this.#admits(request))
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('a bearer token is needed\n');
    else if (path === '/metrics')
      sendMetrics(this.#options.metrics, acceptedFormat(request.headers.accept), response).catch(
        (error: Error) => response.destroy(error),
      );
    else if (path === '/status')
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(this.#options.status(), undefined, 2)}\n`);
    else response.writeHead(404).end('not found; try /metrics, /status, /healthz\n');
  }

  #admits(request: IncomingMessage): boolean {
    if (!this.#expected) return true;
    return timingSafeEqual(digest(request.headers.authorization ?? ''), this.#expected);
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#server) return resolve();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/**
 * All of it at once as far as it is written, without waiting for the reader to take it: the pieces are kept for others as
 * well.
 */
async function sendMetrics(
  read: StatusServerOptions['metrics'],
  format: ExpositionFormat,
  response: ServerResponse,
): Promise<void> {
  const reader = read(format);
  response.once('close', () => reader.close());
  const length = reader.size === undefined ? {} : { 'content-length': reader.size };
  response.writeHead(200, { 'content-type': CONTENT_TYPES[format], ...length });
  while (!response.destroyed) {
    const { isWritten } = reader;
    const piece = reader.next();
    if (!piece) break;
    response.write(piece);
    if (!isWritten) await setImmediate(); // others have their turn
  }
  response.end();
}
