import { EBPF_SCOPE_NAME, SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import type { Http2Request } from '../protocols/http2/connection.ts';
import { describeHttp2, http2Failed } from '../protocols/http2/describe.ts';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import { timestampText } from './clock-offset.ts';
import type { WallTime } from './clock-offset.ts';
import type { Http2Exchange } from './http2-requests.ts';
import { hexOrNone, spanIdOf, traceIdOf } from './span-identity.ts';
import { PARENT_LINKS, withContext } from './span-place.ts';
import type { SpanOwner } from './spans.ts';

const SECOND = 1_000_000_000n;

export interface Http2SpanLimits {
  /** ns from which a request counts as slow. */
  readonly slowNs: number;
  /** Spans of failed and slow requests per second, beyond the sampled ones. */
  readonly exceptionsPerSecond: number;
}

/** ns until the answer began, as for other protocols. */
export const http2Duration = ({ started, answered }: Http2Request): number => Number(answered - started);

/** Makes rows of otel_traces from requests of HTTP/2; keeps whole sampled traces, failed and slow requests. */
export class Http2Spans {
  readonly #wallTime: WallTime;
  readonly #limits: Http2SpanLimits;
  #second = 0n;
  #exceptions = 0;
  #sampledOut = 0;

  constructor(wallTime: WallTime, limits: Http2SpanLimits) {
    this.#wallTime = wallTime;
    this.#limits = limits;
  }

  get sampledOut(): number {
    return this.#sampledOut;
  }

  /** undefined when it is not kept. */
  build({ request, socket, identity, streaming }: Http2Exchange, owner: SpanOwner): TraceRow | undefined {
    const direction = socket.inbound ? 'inbound' : 'outbound';
    const failed = http2Failed(request, direction);
    const slow = !streaming && http2Duration(request) >= this.#limits.slowNs;
    const sampled = identity !== undefined && identity.sampledShare > 0;
    const exception = (failed || slow) && this.#hasRoom(request.ended);
    if (!identity || !(sampled || exception)) {
      this.#sampledOut++;
      return undefined;
    }
    const { attributes, spanName, statusMessage } = describeHttp2(request, direction);
    const place = withContext(
      {
        traceId: traceIdOf(identity.traceHigh, identity.traceLow),
        parentSpanId: hexOrNone(identity.parentSpanId),
        parentLink: identity.parentLink,
      },
      request.traceContext,
    );
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
      Timestamp: timestampText(this.#wallTime.at(request.started)),
      TraceId: place.traceId,
      SpanId: spanIdOf(identity.wireId, socket.inbound),
      ParentSpanId: place.parentSpanId,
      SpanName: spanName,
      SpanKind: socket.inbound ? 'Server' : 'Client',
      ServiceName: owner.serviceName,
      ResourceAttributes: owner.resource,
      ScopeName: EBPF_SCOPE_NAME,
      SpanAttributes: attributes,
      Duration: Number(request.ended - request.started),
      StatusCode: failed ? 'Error' : 'Unset',
      StatusMessage: statusMessage,
    };
  }

  #hasRoom(now: bigint): boolean {
    const second = now / SECOND;
    if (second !== this.#second) this.#exceptions = 0;
    this.#second = second;
    return this.#exceptions++ < this.#limits.exceptionsPerSecond;
  }
}

function keptBecause(sampled: boolean, failed: boolean, slow: boolean): string {
  return [sampled ? 'sampled' : '', failed ? 'failed' : '', slow ? 'slow' : '']
    .filter((reason) => reason !== '')
    .join(',');
}

/** Protocol number of the requests that Http2Requests tells. */
export const HTTP2 = constants.GS_PROTOCOL_HTTP2;
