import { EBPF_SCOPE_NAME, SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import type { ProtocolDefinition, RequestDescription } from '../protocols/define.ts';
import { PROTOCOL_BY_NUMBER } from '../protocols/index.ts';
import { PreparedStatements } from '../protocols/prepared-statements.ts';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import type { RequestEvent } from '../receivers/ebpf/request-event.ts';
import { timestampText } from './clock-offset.ts';
import type { WallTime } from './clock-offset.ts';

/** Whose span it is. Shared by all spans of a process, so that a row costs no copy. */
export interface SpanOwner {
  readonly serviceName: string;
  readonly resource: Readonly<Record<string, string>>;
}

const PARENT_LINKS: readonly (string | undefined)[] = (() => {
  const names: string[] = [];
  names[constants.GS_PARENT_WIRE] = 'wire';
  names[constants.GS_PARENT_THREAD] = 'thread';
  names[constants.GS_PARENT_ORDER] = 'order';
  return names;
})();

/** By the bits GS_REASON_*: eight texts, made once. */
const KEPT_BECAUSE: readonly string[] = Array.from({ length: 8 }, (_, bits) =>
  [
    bits & constants.GS_REASON_SAMPLED ? 'sampled' : '',
    bits & constants.GS_REASON_FAILED ? 'failed' : '',
    bits & constants.GS_REASON_SLOW ? 'slow' : '',
  ]
    .filter((reason) => reason !== '')
    .join(','),
);

const NO_RESPONSE = 'connection closed before a response';

/** Makes rows of otel_traces from request records. One pass per record, nothing kept but prepared statements. */
export class SpanBuilder {
  readonly #wallTime: WallTime;
  readonly #statements = new PreparedStatements();

  constructor(wallTime: WallTime) {
    this.#wallTime = wallTime;
  }

  /** undefined for a protocol that user space does not know. */
  build(event: RequestEvent, owner: SpanOwner): TraceRow | undefined {
    const protocol = PROTOCOL_BY_NUMBER[event.protocol];
    return protocol ? this.#row(event, owner, protocol) : undefined;
  }

  #row(event: RequestEvent, owner: SpanOwner, protocol: ProtocolDefinition): TraceRow {
    const description = protocol.describe(event, this.#statements);
    const failed = description.failed || !event.answered;
    return {
      Timestamp: timestampText(this.#wallTime.at(event.time)),
      TraceId: event.traceId,
      SpanId: event.spanId,
      ParentSpanId: event.parentSpanId,
      SpanName: description.spanName,
      SpanKind: event.direction === 'inbound' ? 'Server' : 'Client',
      ServiceName: owner.serviceName,
      ResourceAttributes: owner.resource,
      ScopeName: EBPF_SCOPE_NAME,
      SpanAttributes: attributesOf(event, description),
      Duration: Number(event.durationNs),
      StatusCode: failed ? 'Error' : 'Unset',
      StatusMessage: event.answered ? description.statusMessage : NO_RESPONSE,
    };
  }
}

/** Attributes of the description and of the record; the former are added to in place. */
function attributesOf(event: RequestEvent, description: RequestDescription): Record<string, string> {
  const { attributes } = description;
  const inbound = event.direction === 'inbound';
  attributes[SPAN_ATTRIBUTES.serverAddress] = inbound ? event.localAddress : event.remoteAddress;
  attributes[SPAN_ATTRIBUTES.serverPort] = String(inbound ? event.localPort : event.remotePort);
  attributes[SPAN_ATTRIBUTES.clientAddress] = inbound ? event.remoteAddress : event.localAddress;
  attributes[SPAN_ATTRIBUTES.clientPort] = String(inbound ? event.remotePort : event.localPort);
  const link = PARENT_LINKS[event.parentLink];
  if (link && event.parentSpanId) attributes[SPAN_ATTRIBUTES.parentLink] = link;
  const kept = KEPT_BECAUSE[event.reason & 7];
  if (kept) attributes[SPAN_ATTRIBUTES.keptBecause] = kept;
  return attributes;
}
