import { EBPF_SCOPE_NAME, SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { describeHttp2, http2Failed } from '../protocols/http2/describe.ts';
import type { RequestIdentity } from '../protocols/http2/identity.ts';
import type { Http2Socket } from '../receivers/ebpf/http2-event.ts';
import { timestampText } from './clock-offset.ts';
import type { WallTime } from './clock-offset.ts';
import { http2Duration } from './http2-requests.ts';
import type { Http2Exchange } from './http2-requests.ts';
import { rootTraceIdOf, spanIdOf } from './span-identity.ts';
import { PARENT_LINKS, withContext } from './span-place.ts';
import type { SpanPlace } from './span-place.ts';
import type { SpanOwner } from './spans.ts';

const SECOND = 1_000_000_000;

export interface Http2SpanLimits {
  /** ns from which a request counts as slow. */
  readonly slowNs: number;
  /** Spans of failed and slow requests per second, beyond the sampled ones. */
  readonly exceptionsPerSecond: number;
}

/** Makes rows of otel_traces from requests of HTTP/2; keeps whole sampled traces, failed and slow requests. */
export class Http2Spans {
  readonly #wallTime: WallTime;
  readonly #limits: Http2SpanLimits;
  #second = 0;
  #exceptions = 0;
  #sampledOut = 0;
  #ownerless = 0;

  constructor(wallTime: WallTime, limits: Http2SpanLimits) {
    this.#wallTime = wallTime;
    this.#limits = limits;
  }

  get sampledOut(): number {
    return this.#sampledOut;
  }

  /** Spans that would have been kept, of processes that belong to no container. */
  get ownerless(): number {
    return this.#ownerless;
  }

  /** undefined when it is not kept, or nobody owns it; `ownerOf` is asked only for those that are. */
  build(
    { request, socket, streaming }: Http2Exchange,
    ownerOf: (socket: Http2Socket) => SpanOwner | undefined,
  ): TraceRow | undefined {
    const { identity } = request;
    const direction = socket.inbound ? 'inbound' : 'outbound';
    const failed = http2Failed(request, direction);
    const slow = !streaming && http2Duration(request) >= this.#limits.slowNs;
    const sampled = identity !== undefined && identity.sampledShare > 0;
    const exception = (failed || slow) && this.#hasRoom(request.ended);
    if (!identity || !(sampled || exception)) {
      this.#sampledOut++;
      return undefined;
    }
    const owner = ownerOf(socket);
    if (!owner) {
      this.#ownerless++;
      return undefined;
    }
    const { attributes, spanName, statusMessage } = describeHttp2(request, direction);
    const place = withContext(placeOf(identity), request.traceContext);
    const link = PARENT_LINKS[place.parentLink];
    if (link && place.parentSpanId) attributes[SPAN_ATTRIBUTES.parentLink] = link;
    if (streaming) attributes[SPAN_ATTRIBUTES.blocking] = 'true';
    attributes[SPAN_ATTRIBUTES.keptBecause] = keptBecause(sampled, failed, slow);
    attributes[SPAN_ATTRIBUTES.samplingRatio] = String(exception ? 1 : identity.sampledShare);
    const [server, client] = socket.inbound ? (['local', 'remote'] as const) : (['remote', 'local'] as const);
    attributes[SPAN_ATTRIBUTES.serverAddress] = socket[`${server}Address`];
    attributes[SPAN_ATTRIBUTES.serverPort] = String(socket[`${server}Port`]);
    attributes[SPAN_ATTRIBUTES.clientAddress] = socket[`${client}Address`];
    attributes[SPAN_ATTRIBUTES.clientPort] = String(socket[`${client}Port`]);
    return {
      Timestamp: timestampText(this.#wallTime.at(BigInt(request.started))),
      TraceId: place.traceId,
      SpanId: identity.spanId ?? spanIdOf(identity.wireId, socket.inbound),
      ParentSpanId: place.parentSpanId,
      SpanName: spanName,
      SpanKind: socket.inbound ? 'Server' : 'Client',
      ServiceName: owner.serviceName,
      ResourceAttributes: owner.resource,
      ScopeName: EBPF_SCOPE_NAME,
      SpanAttributes: attributes,
      Duration: request.ended - request.started,
      StatusCode: failed ? 'Error' : 'Unset',
      StatusMessage: statusMessage,
    };
  }

  #hasRoom(now: number): boolean {
    const second = Math.floor(now / SECOND);
    if (second !== this.#second) this.#exceptions = 0;
    this.#second = second;
    return this.#exceptions++ < this.#limits.exceptionsPerSecond;
  }
}

const placeOf = (identity: RequestIdentity): SpanPlace => ({
  traceId: identity.traceId ?? rootTraceIdOf(identity.wireId),
  parentSpanId: identity.parentSpanId,
  parentLink: identity.parentLink,
});

function keptBecause(sampled: boolean, failed: boolean, slow: boolean): string {
  return [sampled ? 'sampled' : '', failed ? 'failed' : '', slow ? 'slow' : '']
    .filter((reason) => reason !== '')
    .join(',');
}
