import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { decodeOtlp, type OtlpSignal } from '@gumshoe/schema/otlp/protobuf';
import type { RowConsumers } from '../../pipeline/consumers.ts';
import { createServer, createTlsServer } from '../../builtin-http.ts';
import { decodeWriteRequest } from '../../embedded/prometheus/write-request.ts';
import { jsonAnswer, jsonStatus, protobufAnswer, protobufStatus } from './answers.ts';
import { ApiKey } from './api-key.ts';
import { BadRequest, readBody } from './http-body.ts';
import { Overloaded, type Ingest } from './ingest.ts';
import { profileRows } from './pprof.ts';

export interface HttpOptions {
  /** host:port; port 0 takes a free one. */
  readonly listen: string;
  /** PEM files; both or none. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly apiKey: string | undefined;
  readonly ingest: Ingest;
  readonly rows: RowConsumers;
}

const SIGNALS: Readonly<Record<string, OtlpSignal>> = {
  '/v1/traces': 'resourceSpans',
  '/v1/logs': 'resourceLogs',
  '/v1/metrics': 'resourceMetrics',
};
const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

/** Codes of google.rpc.Code by HTTP status, for the body of a failure. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};

/** OTLP over HTTP (specification 1.x), Prometheus remote write 1.0 and pprof on one port. */
export class OtlpHttpServer {
  readonly #options: HttpOptions;
  readonly #key: ApiKey;
  #server: Server | undefined;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#key = new ApiKey(options.apiKey);
  }

  /** Resolves with its URL; rejects when the address is taken. */
  start(): Promise<string> {
    const { listen, certFile, keyFile } = this.#options;
    const split = listen.lastIndexOf(':');
    const host = listen.slice(0, split).replace(/^\[|\]$/g, '');
    const answer = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#answer(request, response);
    const tls = certFile !== undefined && keyFile !== undefined;
    const server = tls
      ? createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, answer)
      : createServer(answer);
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(new Error(`cannot listen on ${listen}: ${error.message}`)));
      server.listen(Number(listen.slice(split + 1)), host, () => {
        const { port } = server.address() as AddressInfo;
        resolve(`${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`);
      });
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = mediaType(request) === JSON_TYPE;
    try {
      await this.#take(request, response, json);
    } catch (error) {
      if (error instanceof Overloaded) response.setHeader('retry-after', String(error.retryAfter));
      const status = error instanceof Overloaded ? 429 : error instanceof BadRequest ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      const code = RPC_CODES[status] ?? 13;
      response.writeHead(status, { 'content-type': json ? JSON_TYPE : PROTOBUF });
      response.end(json ? jsonStatus(code, message) : protobufStatus(code, message));
      request.resume();
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse, json: boolean): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://collector');
    const signal = SIGNALS[url.pathname];
    if (!signal && url.pathname !== '/v1/profiles')
      throw new BadRequest(404, 'there are /v1/traces, /v1/logs, /v1/metrics and /v1/profiles');
    if (request.method !== 'POST') throw new BadRequest(405, 'only POST');
    const { 'x-api-key': apiKey, authorization } = request.headers;
    if (!this.#key.admits(typeof apiKey === 'string' ? apiKey : undefined, authorization))
      throw new BadRequest(401, 'the API key is missing or wrong (X-API-Key, or Authorization: Bearer)');
    if (!signal) return this.#profile(url, await readBody(request), response);
    if (signal === 'resourceMetrics' && isRemoteWrite(request))
      return this.#remoteWrite(await readBody(request), response);
    if (!json && mediaType(request) !== PROTOBUF)
      throw new BadRequest(415, `Content-Type: ${PROTOBUF} or ${JSON_TYPE}`);
    const outcome = this.#options.ingest.take(signal, decoded(await readBody(request), signal, json));
    response.writeHead(200, { 'content-type': json ? JSON_TYPE : PROTOBUF });
    response.end(json ? jsonAnswer(signal, outcome) : protobufAnswer(outcome));
  }

  #remoteWrite(body: Buffer, response: ServerResponse): void {
    this.#options.ingest.admit('metrics');
    const samples: RemoteWriteSample[] = [];
    let rejected = 0;
    try {
      for (const { labels, timestamps, values } of decodeWriteRequest(body).series) {
        const known = labels();
        const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
        if (!known) rejected += timestamps.length;
        else
          timestamps.forEach((timestamp, i) =>
            samples.push({ labels: known, timestamp, value: view.getFloat64(i * 8, true) }),
          );
      }
    } catch (error) {
      throw new BadRequest(400, `remote write: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#options.ingest.forward(samples, rejected);
    response.writeHead(204).end();
  }

  #profile(url: URL, body: Buffer, response: ServerResponse): void {
    this.#options.ingest.admit('profiles');
    const labels = Object.fromEntries(url.searchParams);
    const serviceName = labels['service.name'] || 'unknown_service';
    delete labels['service.name'];
    try {
      const { stacks, samples } = profileRows(body, {
        serviceName,
        labels,
        now: BigInt(Date.now()) * 1_000_000n,
      });
      this.#options.rows.profiles(stacks, samples);
      this.#options.ingest.countProfile(samples.length, 0);
    } catch (error) {
      this.#options.ingest.countProfile(0, 1);
      throw new BadRequest(400, `pprof: ${error instanceof Error ? error.message : String(error)}`);
    }
    response.writeHead(200).end();
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#server) return resolve();
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

const mediaType = ({ headers }: IncomingMessage): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();

/** Remote write and OTLP share a path: the former is always compressed with snappy. */
const isRemoteWrite = ({ headers }: IncomingMessage): boolean =>
  headers['x-prometheus-remote-write-version'] !== undefined || headers['content-encoding'] === 'snappy';

function decoded(body: Buffer, signal: OtlpSignal, json: boolean): Record<string, unknown> {
  try {
    const value: unknown = json ? JSON.parse(body.toString('utf8')) : decodeOtlp(body, signal);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new BadRequest(400, `no such message: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new BadRequest(400, 'no such message: not an object');
}
