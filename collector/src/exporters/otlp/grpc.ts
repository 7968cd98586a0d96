import { readFileSync } from 'node:fs';
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { decodeMessage, type Message } from '@gumshoe/schema/protobuf/decode';
import { encodeOtlp, type OtlpSignal } from '@gumshoe/schema/otlp/protobuf';
import { LONGEST_RETRY, type Delivery, type OtlpPath, type OtlpTransport } from './transport.ts';

const METHODS: Readonly<Record<OtlpPath, readonly [string, OtlpSignal]>> = {
  '/v1/traces': ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'resourceSpans'],
  '/v1/logs': ['/opentelemetry.proto.collector.logs.v1.LogsService/Export', 'resourceLogs'],
  '/v1/metrics': ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'resourceMetrics'],
};
const TIMEOUT = 10_000;
/** Codes after which the specification asks to try again (OTLP/gRPC, failures). */
const RETRYABLE = new Set<number>([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
  status.RESOURCE_EXHAUSTED,
]);

const PARTIAL: Message = { 1: ['rejected', 'int64'], 2: ['message', 'string'] };
const ANSWER: Message = { 1: ['partial', { message: () => PARTIAL }] };
const ANY: Message = { 1: ['type', 'string'], 2: ['value', 'bytes'] };
const STATUS: Message = { 3: ['details', { message: () => ANY }, true] };
const RETRY_INFO: Message = { 1: ['delay', { message: () => ({ 1: ['seconds', 'int64'] }) }] };

export interface GrpcTransportOptions {
  /** host:port */
  readonly address: string;
  readonly key: string | undefined;
  /** PEM authority; without it the machine's. */
  readonly caFile: string | undefined;
  readonly insecure: boolean;
}

/** OTLP/gRPC with protobuf and gzip. */
export class GrpcTransport implements OtlpTransport {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor({ address, key, caFile, insecure }: GrpcTransportOptions) {
    const secure = insecure
      ? credentials.createInsecure()
      : credentials.createSsl(caFile === undefined ? null : readFileSync(caFile));
    // 2: gzip (grpc compression algorithm)
    this.#client = new Client(address, secure, { 'grpc.default_compression_algorithm': 2 });
    if (key !== undefined) this.#metadata.set('x-api-key', key);
  }

  send(path: OtlpPath, json: string): Promise<Delivery> {
    const [method, signal] = METHODS[path];
    const body = Buffer.from(encodeOtlp(JSON.parse(json) as Record<string, unknown>, signal));
    const same = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve) => {
      const deadline = Date.now() + TIMEOUT;
      this.#client.makeUnaryRequest(method, same, same, body, this.#metadata, { deadline }, (error, answer) =>
        resolve(error ? failureOf(error) : takenOf(answer)),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}

function takenOf(answer: Buffer | undefined): Delivery {
  try {
    const { partial } = decodeMessage(answer ?? new Uint8Array(0), ANSWER) as {
      partial?: { rejected?: string; message?: string };
    };
    return { outcome: 'sent', rejected: Number(partial?.rejected ?? 0), reason: partial?.message ?? '' };
  } catch {
    return { outcome: 'sent', rejected: 0, reason: '' };
  }
}

function failureOf(error: ServiceError): Delivery {
  const reason = `${status[error.code]}: ${error.details}`;
  if (!RETRYABLE.has(error.code)) return { outcome: 'refused', reason };
  return { outcome: 'retry', reason, after: retryAfter(error) };
}

/** RetryInfo in the details of the status, seconds; bounded, as a wrong one would silence the exporter. */
function retryAfter(error: ServiceError): number | undefined {
  try {
    const [bytes] = error.metadata.get('grpc-status-details-bin');
    if (!Buffer.isBuffer(bytes)) return undefined;
    const { details = [] } = decodeMessage(bytes, STATUS) as {
      details?: { type: string; value: Uint8Array }[];
    };
    const info = details.find(({ type }) => type.endsWith('google.rpc.RetryInfo'));
    if (!info) return undefined;
    const { delay } = decodeMessage(info.value, RETRY_INFO) as { delay?: { seconds?: string } };
    return delay?.seconds === undefined ? undefined : Math.min(Number(delay.seconds), LONGEST_RETRY);
  } catch {
    return undefined;
  }
}
