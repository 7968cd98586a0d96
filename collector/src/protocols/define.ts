import type { Protocol as ProtocolName } from '@gumshoe/schema/metrics/container';
import type { PreparedStatements } from './prepared-statements.ts';

/** As the kernel says: outbound is the client's view of a request, inbound the server's. */
export type Direction = 'inbound' | 'outbound';

/** The bytes of one request that crossed the ring buffer. Either may be cut at any byte, or be empty. */
export interface CapturedRequest {
  /** First bytes of the request (bpf/include/events.h, GS_PAYLOAD_LENGTH). */
  readonly payload: Uint8Array;
  /** First bytes of the response (GS_RESPONSE_LENGTH). */
  readonly response: Uint8Array;
  /** HTTP status code; for other protocols 0 ok, 1 failed. */
  readonly status: number;
  readonly direction: Direction;
  /** Text that names the connection; equal for all requests of one connection of one process. */
  connection(): string;
}

/** What a span says about a request. Holds no literal of a query, no header, no query string. */
export interface RequestDescription {
  /** Few distinct values: a method and route, an operation and table, a command. */
  readonly spanName: string;
  /** Made anew for each request: the caller may add to it. */
  readonly attributes: Record<string, string>;
  /** As OpenTelemetry's semantic conventions judge it for this side of the request. */
  readonly failed: boolean;
  /** '' unless failed. */
  readonly statusMessage: string;
}

/** One L7 protocol as user space knows it. `number` is enum gs_protocol. */
export interface ProtocolDefinition {
  readonly id: ProtocolName;
  readonly number: number;
  /** As people write it. */
  readonly name: string;
  /** Label `status` of the request metrics. */
  statusLabel(status: number): string;
  /** Linear in the bytes, bounded in its answer, never throws. */
  describe(request: CapturedRequest, statements: PreparedStatements): RequestDescription;
}

/** Upper bound of any text that a description holds. */
export const DESCRIPTION_LIMIT = 512;

export const defineProtocol = (definition: ProtocolDefinition): ProtocolDefinition => definition;

/** Status label of protocols whose kernel classifier only tells success from failure. */
export const okOrFailed = (status: number): string => (status === 0 ? 'ok' : 'failed');
