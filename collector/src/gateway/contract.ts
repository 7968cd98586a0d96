import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** Largest message either side takes, bytes. Answers come in parts, so only queries could be this large. */
export const MAX_MESSAGE = 4 * 1024 * 1024;
/** Trailer with the Failure of a call, JSON in UTF-8. */
export const FAILURE_TRAILER = 'gumshoe-failure-bin';

const PROTO = fileURLToPath(
  new URL('../../../shared/schema/proto/gumshoe/v1/gateway.proto', import.meta.url),
);

export interface StatusAnswer {
  readonly version: string;
  readonly statusJson: Buffer;
}

export interface SqlQuery {
  readonly query: string;
  readonly paramsJson: string;
  readonly maxRows: number;
  readonly timeoutMs: number;
}

export interface SqlBatch {
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  readonly rowsJson: Buffer;
  readonly truncated?: boolean;
}

export interface PrometheusQuery {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface JsonPart {
  readonly json: Buffer;
}

/** Service `gumshoe.v1.Gateway` of shared/schema/proto. */
export function gatewayService(): ServiceDefinition {
  const definitions = loadSync(PROTO, { defaults: true, longs: Number });
  return definitions['gumshoe.v1.Gateway'] as ServiceDefinition;
}
