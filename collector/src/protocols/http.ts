import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { bounded, indexOfByte, textOf } from './bytes.ts';
import { clickhouseHttp } from './clickhouse-http.ts';
import { defineProtocol, DESCRIPTION_LIMIT } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { routeOf } from './http-route.ts';

const SPACE = 0x20;
const METHODS = new Set(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'PATCH', 'TRACE']);
const LONGEST_METHOD = 7;

interface RequestLine {
  readonly method: string;
  readonly path: string;
  /** As it was sent: with the query string. */
  readonly target: string;
}

/** End of the request target: the next space or line end, or the end of what was captured. */
function targetEnd(payload: Uint8Array, from: number): number {
  for (let i = from; i < payload.length; i++) if (payload[i]! <= SPACE) return i;
  return payload.length;
}

/** Path of an origin-form or absolute-form target, without query and fragment. */
function pathOf(target: string): string {
  const cut = target.search(/[?#]/);
  const bare = cut < 0 ? target : target.slice(0, cut);
  const scheme = bare.indexOf('://');
  if (scheme < 0 || bare.startsWith('/')) return bare;
  const slash = bare.indexOf('/', scheme + 3);
  return slash < 0 ? '/' : bare.slice(slash);
}

/** Looks at the first line only. */
function requestLine(payload: Uint8Array): RequestLine | undefined {
  const space = indexOfByte(payload, SPACE, 0, LONGEST_METHOD + 1);
  if (space < 0) return undefined;
  const method = textOf(payload, 0, space);
  if (!METHODS.has(method)) return undefined;
  const end = targetEnd(payload, space + 1);
  // CONNECT names an authority, not a path.
  if (method === 'CONNECT') return { method, path: '', target: '' };
  const target = textOf(payload, space + 1, end);
  return { method, path: bounded(pathOf(target), DESCRIPTION_LIMIT), target };
}

function describe(request: CapturedRequest): RequestDescription {
  const line = requestLine(request.payload);
  const { status } = request;
  const failed = status >= (request.direction === 'inbound' ? 500 : 400);
  const attributes: Record<string, string> = { [SPAN_ATTRIBUTES.protocol]: 'http' };
  if (status > 0) attributes[SPAN_ATTRIBUTES.httpStatus] = String(status);
  if (line) {
    attributes[SPAN_ATTRIBUTES.httpMethod] = line.method;
    if (line.path) attributes[SPAN_ATTRIBUTES.urlPath] = line.path;
  }
  const clickhouse =
    line?.path === '/' && (line.method === 'POST' || line.method === 'GET')
      ? clickhouseHttp(request.payload, line.target, request.response)
      : undefined;
  if (clickhouse) Object.assign(attributes, clickhouse.attributes);
  const spanName = clickhouse?.name
    ? clickhouse.name
    : line
      ? `${line.method} ${routeOf(line.path)}`.trimEnd()
      : 'HTTP';
  return { spanName, attributes, failed, statusMessage: failed ? `HTTP ${status}` : '' };
}

export const http = defineProtocol({
  id: 'http',
  number: 1,
  name: 'HTTP',
  statusLabel: (status) => (status > 0 ? String(status) : 'unknown'),
  describe,
});
