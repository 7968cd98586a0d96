import { EBPF_SCOPE_NAME, SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { TraceRow } from '@gumshoe/schema/tables/traces';
import { bounded } from '../protocols/bytes.ts';
import { DESCRIPTION_LIMIT } from '../protocols/define.ts';
import { routeOf } from '../protocols/http-route.ts';
import type { Http2Request } from '../protocols/http2/connection.ts';
import { constants } from '../receivers/ebpf/layout.generated.ts';
import { timestampText } from './clock-offset.ts';
import type { WallTime } from './clock-offset.ts';
import type { Http2Exchange } from './http2-requests.ts';
import { hexOrNone, spanIdOf, traceIdOf } from './span-identity.ts';
import { PARENT_LINKS, withContext } from './span-place.ts';
import type { SpanOwner } from './spans.ts';

/** Codes that are the server's fault: OpenTelemetry semantic conventions for gRPC. */
const SERVER_FAULTS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);
const SECOND = 1_000_000_000n;

export interface Http2SpanLimits {
  /** ns from which a request counts as slow. */
  readonly slowNs: number;
  /** Spans of failed and slow requests per second, beyond the sampled ones. */
  readonly exceptionsPerSecond: number;
}

/** Label `status` of the request metrics. */
export function http2Status({ grpcStatus, status }: Http2Request): string {
  if (grpcStatus !== undefined) return `grpc:${grpcStatus}`;
  return status > 0 ? String(status) : 'failed';
}

/** ns until the answer began, as for other protocols. */
export const http2Duration = ({ started, answered }: Http2Request): number => Number(answered - started);

function isFailed(request: Http2Request, inbound: boolean): boolean {
  const { grpcStatus, status } = request;
  if (grpcStatus !== undefined) return inbound ? SERVER_FAULTS.has(grpcStatus) : grpcStatus !== 0;
  return status === 0 || status >= (inbound ? 500 : 400);
}

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
  build({ request, socket, identity }: Http2Exchange, owner: SpanOwner): TraceRow | undefined {
    const failed = isFailed(request, socket.inbound);
    const slow = http2Duration(request) >= this.#limits.slowNs;
    const sampled = identity !== undefined && identity.sampledShare > 0;
    const exception = (failed || slow) && this.#hasRoom(request.ended);
    if (!identity || !(sampled || exception)) {
      this.#sampledOut++;
      return undefined;
    }
    const attributes = attributesOf(request);
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
      SpanName: nameOf(request),
      SpanKind: socket.inbound ? 'Server' : 'Client',
      ServiceName: owner.serviceName,
      ResourceAttributes: owner.resource,
      ScopeName: EBPF_SCOPE_NAME,
      SpanAttributes: attributes,
      Duration: Number(request.ended - request.started),
      StatusCode: failed ? 'Error' : 'Unset',
      StatusMessage: failed ? messageOf(request) : '',
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

/** Path without its query: nothing of it is shown. */
const pathOf = ({ path }: Http2Request): string => bounded(path.split(/[?#]/, 1)[0]!, DESCRIPTION_LIMIT);

function nameOf(request: Http2Request): string {
  const path = pathOf(request);
  if (request.isGrpc && path) return path.slice(1);
  return path ? `${request.method} ${routeOf(path)}`.trim() : request.method || 'HTTP';
}

function messageOf({ grpcStatus, status, outcome }: Http2Request): string {
  if (grpcStatus !== undefined) return `gRPC ${grpcStatus}`;
  if (status > 0) return `HTTP ${status}`;
  return outcome === 'reset' ? 'stream reset' : 'connection closed before a response';
}

function attributesOf(request: Http2Request): Record<string, string> {
  const path = pathOf(request);
  const attributes: Record<string, string> = {
    [SPAN_ATTRIBUTES.protocol]: 'http',
    [SPAN_ATTRIBUTES.protocolVersion]: '2',
  };
  if (request.method) attributes[SPAN_ATTRIBUTES.httpMethod] = request.method;
  if (request.status > 0) attributes[SPAN_ATTRIBUTES.httpStatus] = String(request.status);
  if (path) attributes[SPAN_ATTRIBUTES.urlPath] = path;
  if (!request.isGrpc) return attributes;
  attributes[SPAN_ATTRIBUTES.rpcSystem] = 'grpc';
  const slash = path.lastIndexOf('/');
  if (slash > 0) {
    attributes[SPAN_ATTRIBUTES.rpcService] = path.slice(1, slash);
    attributes[SPAN_ATTRIBUTES.rpcMethod] = path.slice(slash + 1);
  }
  if (request.grpcStatus !== undefined)
    attributes[SPAN_ATTRIBUTES.rpcGrpcStatus] = String(request.grpcStatus);
  return attributes;
}

/** Protocol number of the requests that Http2Requests tells. */
export const HTTP2 = constants.GS_PROTOCOL_HTTP2;
