import { EBPF_SCOPE_NAME, SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import type { ProtocolDefinition, RequestDescription } from '../protocols/define.ts';
import { PROTOCOL_BY_NUMBER } from '../protocols/index.ts';
import { PreparedStatements } from '../protocols/prepared-statements.ts';
import { contextOfHttp1 } from '../protocols/trace-context.ts';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import type { RequestEvent } from '../receivers/ebpf/request-event.ts';
import { timestampText } from './clock-offset.ts';
import type { WallTime } from './clock-offset.ts';
import { PARENT_LINKS, withContext } from './span-place.ts';
import type { SpanPlace } from './span-place.ts';

/** Whose span it is. Shared by all spans of a process, so that a row costs no copy. */
export interface SpanOwner {
  readonly serviceName: string;
  readonly resource: Readonly<Record<string, string>>;
}

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
    if (protocol && event.reason === constants.GS_REASON_PREPARES) {
      protocol.describe(event, this.#statements); // remembers the statement; its own span was sampled out
      return undefined;
    }
    return protocol ? this.#row(event, owner, protocol) : undefined;
  }

  #row(event: RequestEvent, owner: SpanOwner, protocol: ProtocolDefinition): TraceRow {
    const description = protocol.describe(event, this.#statements);
    const place = placeOf(event);
    const failed = description.failed || !event.answered;
    return {
      Timestamp: timestampText(this.#wallTime.at(event.time)),
      TraceId: place.traceId,
      SpanId: event.spanId,
      ParentSpanId: place.parentSpanId,
      SpanName: description.spanName,
      SpanKind: kindOf(event),
      ServiceName: owner.serviceName,
      ResourceAttributes: owner.resource,
      ScopeName: EBPF_SCOPE_NAME,
      SpanAttributes: attributesOf(event, description, place),
      Duration: Number(event.durationNs),
      StatusCode: failed ? 'Error' : 'Unset',
      StatusMessage: event.answered ? description.statusMessage : NO_RESPONSE,
    };
  }
}

function placeOf(event: RequestEvent): SpanPlace {
  const { traceId, parentSpanId, parentLink } = event;
  const isHttp = event.protocol === constants.GS_PROTOCOL_HTTP;
  return withContext(
    { traceId, parentSpanId, parentLink },
    isHttp ? contextOfHttp1(event.payload) : undefined,
  );
}

/** Messages that nobody answers are produced by one client of the broker and consumed by another. */
function kindOf(event: RequestEvent): TraceRow['SpanKind'] {
  if (event.direction === 'inbound') return 'Server';
  if (event.method === constants.GS_METHOD_PRODUCE) return 'Producer';
  return event.method === constants.GS_METHOD_CONSUME ? 'Consumer' : 'Client';
}

/** Failed and slow requests are all kept; others as their trace was. */
function samplingRatio(event: RequestEvent): number {
  const exception = (event.reason & (constants.GS_REASON_FAILED | constants.GS_REASON_SLOW)) !== 0;
  return exception ? 1 : event.sampledShare;
}

/** Attributes of the description and of the record; the former are added to in place. */
function attributesOf(
  event: RequestEvent,
  description: RequestDescription,
  place: SpanPlace,
): Record<string, string> {
  const { attributes } = description;
  const inbound = event.direction === 'inbound';
  attributes[SPAN_ATTRIBUTES.serverAddress] = inbound ? event.localAddress : event.remoteAddress;
  attributes[SPAN_ATTRIBUTES.serverPort] = String(inbound ? event.localPort : event.remotePort);
  attributes[SPAN_ATTRIBUTES.clientAddress] = inbound ? event.remoteAddress : event.localAddress;
  attributes[SPAN_ATTRIBUTES.clientPort] = String(inbound ? event.remotePort : event.localPort);
  const link = PARENT_LINKS[place.parentLink];
  if (link && place.parentSpanId) attributes[SPAN_ATTRIBUTES.parentLink] = link;
  const kept = KEPT_BECAUSE[event.reason & 7];
  if (kept) attributes[SPAN_ATTRIBUTES.keptBecause] = kept;
  attributes[SPAN_ATTRIBUTES.samplingRatio] = String(samplingRatio(event));
  return attributes;
}
