import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  Client,
  credentials,
  Metadata,
  status,
  type ChannelCredentials,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { FailureError, type Failure, type FailureCode } from '@gumshoe/base/failure';
import type { GrpcConnection } from '@gumshoe/engine/ports';
import { cancelled } from '../failures.ts';

/** Largest message either side takes, bytes; answers come in parts. */
const MAX_MESSAGE = 4 * 1024 * 1024;
const FAILURE_TRAILER = 'gumshoe-failure-bin';
const PROTO = fileURLToPath(new URL('../../../schema/proto/gumshoe/v1/gateway.proto', import.meta.url));

export interface CallOptions {
  /** What the call does, for failures. */
  readonly tried: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

type Method = MethodDefinition<object, object>;

/** One connection to a gateway; it reconnects by itself when it is used again. */
export class GatewayChannel {
  readonly address: string;
  private readonly client: Client;
  private readonly metadata = new Metadata();
  private readonly service: ServiceDefinition;

  constructor(spec: GrpcConnection, token: string | undefined) {
    this.address = spec.address;
    this.service = loadSync(PROTO, { defaults: true, longs: Number })[
      'gumshoe.v1.Gateway'
    ] as ServiceDefinition;
    this.client = new Client(spec.address, credentialsOf(spec), {
      'grpc.max_receive_message_length': MAX_MESSAGE,
      'grpc.max_send_message_length': MAX_MESSAGE,
      'grpc.initial_reconnect_backoff_ms': 500,
      'grpc.max_reconnect_backoff_ms': 10_000,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
    });
    if (token) this.metadata.set('authorization', `Bearer ${token}`);
  }

  private method(name: string): Method {
    return this.service[name] as Method;
  }

  /** Rejects with FailureError. */
  unary<A>(name: string, request: object, options: CallOptions): Promise<A> {
    const { tried, signal } = options;
    if (signal?.aborted) return Promise.reject(cancelled(tried, this.address));
    const { path, requestSerialize, responseDeserialize } = this.method(name);
    return new Promise<A>((resolve, reject) => {
      const deadline = Date.now() + options.timeoutMs;
      const call = this.client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.metadata,
        { deadline },
        (error, answer) => {
          signal?.removeEventListener('abort', abort);
          if (error) reject(this.failure(error, options));
          else resolve(answer as A);
        },
      );
      const abort = (): void => call.cancel();
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Messages of a streamed answer; leaving the loop cancels the call. Throws FailureError. */
  async *stream<A>(name: string, request: object, options: CallOptions): AsyncGenerator<A, void, undefined> {
    const { tried, signal } = options;
    if (signal?.aborted) throw cancelled(tried, this.address);
    const { path, requestSerialize, responseDeserialize } = this.method(name);
    const deadline = Date.now() + options.timeoutMs;
    const call = this.client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.metadata,
      { deadline },
    );
    const abort = (): void => call.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      for await (const message of call) yield message as A;
    } catch (error) {
      throw this.failure(error, options);
    } finally {
      signal?.removeEventListener('abort', abort);
      // Cancelling what has been read to its end does nothing.
      call.on('error', () => {});
      call.cancel();
    }
  }

  private failure(error: unknown, { tried, signal }: CallOptions): FailureError {
    const target = this.address;
    if (signal?.aborted) return cancelled(tried, target);
    if (!(error instanceof Error && 'code' in error && 'metadata' in error))
      return new FailureError({ code: 'internal', tried, target, reason: String(error) }, { cause: error });
    const service = error as ServiceError;
    const sent = sentFailure(service.metadata);
    if (sent) return new FailureError(sent, { cause: error });
    return new FailureError({ tried, target, ...plainFailure(service) }, { cause: error });
  }

  close(): void {
    this.client.close();
  }
}

/** The gateway's own words, from the trailer. */
function sentFailure(metadata: Metadata | undefined): Failure | undefined {
  const sent = metadata?.get(FAILURE_TRAILER)[0];
  if (sent === undefined) return undefined;
  try {
    const value = JSON.parse(sent.toString()) as Partial<Failure>;
    const { code, tried, target, reason, remedy } = value;
    if (![code, tried, target, reason].every((text) => typeof text === 'string')) return undefined;
    return value as Failure & typeof remedy;
  } catch {
    return undefined;
  }
}

const CODES: Readonly<Partial<Record<status, FailureCode>>> = {
  [status.DEADLINE_EXCEEDED]: 'timeout',
  [status.UNAUTHENTICATED]: 'unauthorized',
  [status.PERMISSION_DENIED]: 'unauthorized',
  [status.UNIMPLEMENTED]: 'wrong-server',
  [status.RESOURCE_EXHAUSTED]: 'limit-exceeded',
  [status.CANCELLED]: 'cancelled',
  [status.INVALID_ARGUMENT]: 'invalid-input',
};

/** A call that no gateway answered: the connection, or something else on that port. */
function plainFailure(error: ServiceError): Pick<Failure, 'code' | 'reason' | 'remedy'> {
  const reason = (error.details || error.message).replace(/\s*Resolution note: *$/, '');
  if (/certificate|self.signed|altnames|unable to verify/i.test(reason))
    return {
      code: 'wrong-server',
      reason: `the certificate is not trusted: ${reason}`,
      remedy: "Give the authority's file, or check that the address is one the certificate names.",
    };
  if (/wrong version number|ssl3_|EPROTO|packet length too long|Protocol error|HTTP status/i.test(reason))
    return { code: 'wrong-server', reason, remedy: 'No gRPC gateway answers there, or not with TLS.' };
  if (error.code !== status.UNAVAILABLE) {
    const code = CODES[error.code] ?? 'internal';
    return { code, reason, remedy: code === 'timeout' ? 'Try a shorter window.' : 'Check the gateway.' };
  }
  if (/ECONNREFUSED|ECONNRESET/.test(reason))
    return {
      code: 'refused',
      reason,
      remedy: 'Nothing accepts connections there: check the address, and that the gateway is switched on.',
    };
  return { code: 'unreachable', reason, remedy: 'Check the host name, and the network to it.' };
}

const LOOPBACK = /^(127\.[\d.]+|\[::1\]|localhost):\d+$/;

function credentialsOf({ address, caFile, insecure }: GrpcConnection): ChannelCredentials {
  const refused = (code: FailureCode, target: string, reason: string, remedy: string): FailureError =>
    new FailureError({ code, tried: 'connect to the gateway', target, reason, remedy });
  if (!/^(\[[\da-fA-F:.]+\]|[^\s:/]+):\d{1,5}$/.test(address))
    throw refused('invalid-input', address, 'the address is not host:port', 'Give host:port.');
  if (insecure) {
    if (LOOPBACK.test(address)) return credentials.createInsecure();
    throw refused(
      'invalid-input',
      address,
      'plain text is accepted on loopback only',
      'Switch TLS on, or reach it through SSH.',
    );
  }
  if (caFile === undefined) return credentials.createSsl();
  try {
    return credentials.createSsl(readFileSync(caFile));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused('not-found', caFile, reason, 'Give a PEM file with the authority to trust.');
  }
}
