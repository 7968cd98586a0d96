import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { attributesFrom, nameOrNone } from '../database-description.ts';
import type { Direction, RequestDescription } from '../define.ts';
import { routeOf } from '../http-route.ts';
import type { Http2Request } from './connection.ts';

/** Of gRPC, statuscodes.md. */
const CODES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

const NO_ANSWER = 'connection closed before a response';

/** Codes that blame the server; OpenTelemetry's conventions fail a server's span by these only. */
const SERVER_FAILURES: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/**
 * Label `status` of the request metrics: `grpc:CODE` for gRPC, by name, since readers take all but `grpc:OK` for failed;
 * else the HTTP status, `failed` without an answer.
 */
export function http2StatusLabel(request: Http2Request): string {
  const { grpcStatus, status } = request;
  if (grpcStatus !== undefined) return GRPC_LABELS[grpcStatus] ?? 'grpc:UNKNOWN';
  return status > 0 ? String(status) : 'failed';
}

const GRPC_LABELS = CODES.map((code) => `grpc:${code}`);

/** Codes beyond the list are one: peers may send any number. */
const codeName = (code: number): string => CODES[code] ?? 'UNKNOWN';

/** Did it fail, as the side that is looked at sees it? */
export function http2Failed(request: Http2Request, direction: Direction): boolean {
  const { grpcStatus, status, outcome } = request;
  if (grpcStatus !== undefined)
    return direction === 'inbound' ? SERVER_FAILURES.has(grpcStatus) : grpcStatus !== 0;
  // who resets a stream of his own has seen enough
  return status === 0 ? outcome === 'closed' : status >= (direction === 'inbound' ? 500 : 400);
}

/** Of HTTP/2 the method and route; of gRPC `package.Service/Method`. */
export function describeHttp2(request: Http2Request, direction: Direction): RequestDescription {
  return request.isGrpc ? describeGrpc(request, direction) : describePlain(request, direction);
}

function describePlain(request: Http2Request, direction: Direction): RequestDescription {
  const { status } = request;
  const method = /^[A-Z]{1,16}$/.test(request.method) ? request.method : '';
  const path = nameOrNone(request.path.split(/[?#]/, 1)[0]!);
  const failed = http2Failed(request, direction);
  return {
    spanName: method || path ? `${method || 'HTTP'} ${routeOf(path)}`.trimEnd() : 'HTTP',
    attributes: attributesFrom({
      [SPAN_ATTRIBUTES.protocol]: 'http',
      [SPAN_ATTRIBUTES.protocolVersion]: '2',
      [SPAN_ATTRIBUTES.httpMethod]: method,
      [SPAN_ATTRIBUTES.httpStatus]: status > 0 ? String(status) : '',
      [SPAN_ATTRIBUTES.urlPath]: path,
    }),
    failed,
    statusMessage: failed ? (status > 0 ? `HTTP ${status}` : NO_ANSWER) : '',
  };
}

function describeGrpc(request: Http2Request, direction: Direction): RequestDescription {
  const { grpcStatus, status } = request;
  const [, service = '', method = ''] = /^\/([\w.$-]{1,120})\/([\w$-]{1,100})$/.exec(request.path) ?? [];
  const failed = http2Failed(request, direction);
  const code = grpcStatus === undefined ? '' : codeName(grpcStatus);
  return {
    spanName: service ? `${service}/${method}` : 'gRPC',
    attributes: attributesFrom({
      [SPAN_ATTRIBUTES.protocol]: 'http',
      [SPAN_ATTRIBUTES.protocolVersion]: '2',
      [SPAN_ATTRIBUTES.urlPath]: service ? request.path : '',
      [SPAN_ATTRIBUTES.rpcSystem]: 'grpc',
      [SPAN_ATTRIBUTES.rpcService]: service,
      [SPAN_ATTRIBUTES.rpcMethod]: method,
      [SPAN_ATTRIBUTES.rpcGrpcStatus]: grpcStatus === undefined ? '' : String(grpcStatus),
      [SPAN_ATTRIBUTES.httpStatus]: status > 0 ? String(status) : '',
      [SPAN_ATTRIBUTES.errorType]: failed ? code : '',
    }),
    failed,
    // the message may quote values of the request: only its code is told
    statusMessage: failed ? code || (status > 0 ? `HTTP ${status}` : NO_ANSWER) : '',
  };
}
