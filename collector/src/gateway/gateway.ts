import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import {
  Server,
  ServerCredentials,
  type Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Logger } from '@gumshoe/base/logger';
import {
  gatewayService,
  MAX_MESSAGE,
  type JsonPart,
  type PrometheusQuery,
  type SqlBatch,
  type SqlQuery,
  type StatusAnswer,
} from './contract.ts';
import { failed, serviceError } from './failures.ts';
import { readPrometheus } from './prometheus.ts';
import { MAX_TIME, SqlSource, type ClickHouseAddress } from './sql.ts';

const PART = 256 * 1024;
const STREAMS_PER_CONNECTION = 64;
const STOP_LIMIT = 2000;

export interface GatewayOptions {
  /** host:port; port 0 takes a free one. */
  readonly listen: string;
  /** PEM. With both the gateway speaks TLS; without them it serves loopback only. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** What callers must show as bearer token; may be left out on loopback only. */
  readonly token?: string | undefined;
  readonly clickhouse: ClickHouseAddress;
  readonly prometheusUrl: string;
  readonly version: string;
  readonly status: () => unknown;
  readonly logger: Logger;
}

export interface Gateway {
  /** host:port */
  readonly address: string;
  stop(): Promise<void>;
}

/** Serves the stores read-only over gRPC. Rejects with the reason when it must not or cannot listen. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, credentials } = listenWith(options);
  const sql = new SqlSource(options.clickhouse);
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE,
    'grpc.max_send_message_length': MAX_MESSAGE,
    'grpc.max_concurrent_streams': STREAMS_PER_CONNECTION,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  server.addService(gatewayService(), handlers(options, sql));
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(options.listen, credentials, (error, bound) =>
      error
        ? reject(new Error(`gateway cannot listen on ${options.listen}: ${error.message}`))
        : resolve(bound),
    ),
  );
  return {
    address: `${host}:${port}`,
    async stop(): Promise<void> {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, STOP_LIMIT);
        server.tryShutdown(() => {
          clearTimeout(limit);
          resolve();
        });
      });
      await sql.close();
    },
  };
}

function listenWith(options: GatewayOptions): {
  readonly host: string;
  readonly credentials: ServerCredentials;
} {
  const { listen, certFile, keyFile, token } = options;
  const host = listen.slice(0, listen.lastIndexOf(':'));
  const loopback = /^(127\.[\d.]+|\[::1\]|localhost)$/.test(host);
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new Error('gateway: a certificate needs its key and a key its certificate');
  if (!loopback && certFile === undefined)
    throw new Error(
      `gateway: ${listen} is not loopback, and plain text is served on loopback only: give gateway-cert-file and gateway-key-file`,
    );
  if (!loopback && !token) throw new Error(`gateway: ${listen} is not loopback: give gateway-token-file`);
  if (certFile === undefined || keyFile === undefined)
    return { host, credentials: ServerCredentials.createInsecure() };
  const pair = { cert_chain: pem(certFile), private_key: pem(keyFile) };
  return { host, credentials: ServerCredentials.createSsl(null, [pair], false) };
}

function pem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(
      `gateway: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}

function handlers(options: GatewayOptions, sql: SqlSource) {
  const authorize = authorization(options);
  return {
    Status(call: ServerUnaryCall<unknown, StatusAnswer>, answer: sendUnaryData<StatusAnswer>): void {
      try {
        authorize(call.metadata);
        const statusJson = Buffer.from(JSON.stringify(options.status() ?? {}));
        answer(null, { version: options.version, statusJson });
      } catch (error) {
        answer(serviceError(error, 'read the status', options.listen));
      }
    },
    Sql(call: ServerWritableStream<SqlQuery, SqlBatch>): void {
      void stream(call, 'query ClickHouse', options, async (signal) => {
        authorize(call.metadata);
        const limit = Math.min(call.request.timeoutMs || MAX_TIME, MAX_TIME) + 1000;
        const bounded = AbortSignal.any([signal, AbortSignal.timeout(limit)]);
        for await (const batch of sql.query(call.request, bounded)) await send(call, batch, bounded);
      });
    },
    Prometheus(call: ServerWritableStream<PrometheusQuery, JsonPart>): void {
      void stream(call, 'query Prometheus', options, async (signal) => {
        authorize(call.metadata);
        const bounded = AbortSignal.any([signal, AbortSignal.timeout(MAX_TIME)]);
        const json = await readPrometheus(options.prometheusUrl, call.request, bounded);
        for (let at = 0; at < json.length; at += PART)
          await send(call, { json: json.subarray(at, at + PART) }, bounded);
      });
    },
  };
}

/** Runs `work` until it ends, fails, or the caller gives up or runs out of time. */
async function stream<Q, A>(
  call: ServerWritableStream<Q, A>,
  tried: string,
  options: GatewayOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  call.on('cancelled', () => abort.abort());
  call.on('error', () => abort.abort());
  try {
    await work(abort.signal);
    call.end();
  } catch (error) {
    if (abort.signal.aborted || call.cancelled) return;
    options.logger.log('debug', 'gateway call failed', { tried, reason: String(error) });
    call.emit('error', serviceError(error, tried, options.listen));
  }
}

/** Waits while the caller reads more slowly than the store answers. */
async function send<Q, A>(call: ServerWritableStream<Q, A>, message: A, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!call.write(message)) await once(call, 'drain', { signal });
}

function authorization({ token, listen }: GatewayOptions): (metadata: Metadata) => void {
  if (!token) return () => {};
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (metadata) => {
    const shown = metadata.get('authorization')[0];
    if (shown !== undefined && timingSafeEqual(digest(String(shown)), expected)) return;
    const reason = shown === undefined ? 'no token was shown' : 'the token is not the right one';
    throw failed('unauthorized', 'call the gateway', listen, reason, 'Check the token.');
  };
}
