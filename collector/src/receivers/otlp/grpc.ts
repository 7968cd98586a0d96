import { readFileSync } from 'node:fs';
import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { decodeOtlp, type OtlpSignal } from '@gumshoe/schema/otlp/protobuf';
import { protobufAnswer } from './answers.ts';
import { ApiKey } from './api-key.ts';
import { LARGEST_BODY } from './http-body.ts';
import { Overloaded, type Ingest, type Outcome } from './ingest.ts';

export interface GrpcOptions {
  /** host:port; port 0 takes a free one. */
  readonly listen: string;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly apiKey: string | undefined;
  readonly ingest: Ingest;
}

const SERVICES: readonly (readonly [string, OtlpSignal])[] = [
  ['opentelemetry.proto.collector.trace.v1.TraceService', 'resourceSpans'],
  ['opentelemetry.proto.collector.logs.v1.LogsService', 'resourceLogs'],
  ['opentelemetry.proto.collector.metrics.v1.MetricsService', 'resourceMetrics'],
];
const STOP_LIMIT = 2000;

/** Bytes as they came: what is no message is answered, not thrown inside the library. */
const definitionOf = (service: string): ServiceDefinition => ({
  Export: {
    path: `/${service}/Export`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (outcome: Outcome) => Buffer.from(protobufAnswer(outcome)),
    responseDeserialize: (bytes: Buffer) => bytes,
  },
});

/** OTLP over gRPC; grpc-js inflates gzip and deflate by itself. */
export class OtlpGrpcServer {
  readonly #options: GrpcOptions;
  readonly #key: ApiKey;
  readonly #server = new Server({ 'grpc.max_receive_message_length': LARGEST_BODY });

  constructor(options: GrpcOptions) {
    this.#options = options;
    this.#key = new ApiKey(options.apiKey);
    for (const [service, signal] of SERVICES)
      this.#server.addService(definitionOf(service), {
        Export: (call: ServerUnaryCall<Buffer, Outcome>, done: sendUnaryData<Outcome>) =>
          this.#export(signal, call, done),
      });
  }

  /** Resolves with host:port; rejects when the address is taken. */
  start(): Promise<string> {
    const { listen, certFile, keyFile } = this.#options;
    const credentials =
      certFile !== undefined && keyFile !== undefined
        ? ServerCredentials.createSsl(null, [
            { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) },
          ])
        : ServerCredentials.createInsecure();
    return new Promise((resolve, reject) =>
      this.#server.bindAsync(listen, credentials, (error, port) =>
        error
          ? reject(new Error(`cannot listen on ${listen}: ${error.message}`))
          : resolve(`${listen.slice(0, listen.lastIndexOf(':'))}:${port}`),
      ),
    );
  }

  #export(signal: OtlpSignal, call: ServerUnaryCall<Buffer, Outcome>, done: sendUnaryData<Outcome>): void {
    const header = (name: string): string | undefined => call.metadata.get(name)[0]?.toString();
    if (!this.#key.admits(header('x-api-key'), header('authorization')))
      return done({ code: status.UNAUTHENTICATED, details: 'the API key is missing or wrong' });
    let request: Record<string, unknown>;
    try {
      request = decodeOtlp(call.request, signal);
    } catch (error) {
      return done({
        code: status.INVALID_ARGUMENT,
        details: error instanceof Error ? error.message : String(error),
      });
    }
    try {
      done(null, this.#options.ingest.take(signal, request));
    } catch (error) {
      if (error instanceof Overloaded) return done(overloaded(error));
      done({ code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) });
    }
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, STOP_LIMIT);
      this.#server.tryShutdown(() => {
        clearTimeout(limit);
        resolve();
      });
    });
  }
}

/** RESOURCE_EXHAUSTED with RetryInfo: senders that know OTLP come back after that time. */
function overloaded({ message, retryAfter }: Overloaded) {
  const retryInfo = protobuf.Writer.create().uint32(10).fork().uint32(8).int64(retryAfter).ldelim().finish();
  const details = protobuf.Writer.create()
    .uint32(8)
    .int32(status.RESOURCE_EXHAUSTED)
    .uint32(18)
    .string(message)
    .uint32(26)
    .fork()
    .uint32(10)
    .string('type.googleapis.com/google.rpc.RetryInfo')
    .uint32(18)
    .bytes(retryInfo)
    .ldelim()
    .finish();
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(details));
  return { code: status.RESOURCE_EXHAUSTED, details: message, metadata };
}
