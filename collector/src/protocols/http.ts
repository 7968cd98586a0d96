import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { bounded, indexOfByte, textOf } from './bytes.ts';
import { clickhouseHttp } from './clickhouse-http.ts';
import { defineProtocol, DESCRIPTION_LIMIT } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { routeOf } from './http-route.ts';

const SPACE = 0x20;
const METHODS = new Set(['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'PATCH', 'TRACE']);
const LONGEST_METHOD = 7;

/** Request lines that are kept, at most, and how long they may be. */
const KEPT_LINES = 256;
const KEPT_LENGTH = 128;

interface RequestLine {
  readonly method: string;
  readonly path: string;
  /** `GET /orders/{id}` */
  readonly name: string;
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

/** Most requests are for what others were for. None with a query: those differ, and may hold what nobody should keep. */
const keptLines = new Map<string, RequestLine>();

/** Looks at the first line only. */
function requestLine(payload: Uint8Array): RequestLine | undefined {
  const space = indexOfByte(payload, SPACE, 0, LONGEST_METHOD + 1);
  if (space < 0) return undefined;
  const text = textOf(payload, 0, targetEnd(payload, space + 1));
  const kept = keptLines.get(text);
  if (kept) return kept;
  const line = parsedLine(text, space);
  if (!line || text.length > KEPT_LENGTH || line.target !== line.path) return line;
  if (keptLines.size >= KEPT_LINES) keptLines.clear();
  keptLines.set(text, line);
  return line;
}

function parsedLine(text: string, space: number): RequestLine | undefined {
  const method = text.slice(0, space);
  if (!METHODS.has(method)) return undefined;
  // CONNECT names an authority, not a path.
  const target = method === 'CONNECT' ? '' : text.slice(space + 1);
  const path = bounded(pathOf(target), DESCRIPTION_LIMIT);
  return { method, path, name: `${method} ${routeOf(path)}`.trimEnd(), target };
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
  const spanName = clickhouse?.name ? clickhouse.name : (line?.name ?? 'HTTP');
  return { spanName, attributes, failed, statusMessage: failed ? `HTTP ${status}` : '' };
}

export const http = defineProtocol({
  id: 'http',
  number: 1,
  name: 'HTTP',
  statusLabel: (status) => (status > 0 ? String(status) : 'unknown'),
  describe,
});
