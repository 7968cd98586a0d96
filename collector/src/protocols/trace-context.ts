import { indexOfByte, textOf } from './bytes.ts';

/** The caller's span as a request names it, lowercase hexadecimal. */
export interface TraceContext {
  /** 32 digits */
  readonly traceId: string;
  /** 16 digits */
  readonly spanId: string;
  /** undefined when the caller left the decision open */
  readonly sampled: boolean | undefined;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const B3 = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-([0-9a-f]{16}))?)?$/i;
const ZERO = /^0+$/;

/** W3C Trace Context, level 1: version ff is invalid, version 00 has nothing behind the flags. */
export function parseTraceparent(value: string): TraceContext | undefined {
  const match = TRACEPARENT.exec(value.trim());
  if (!match) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ZERO.test(traceId) || ZERO.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 };
}

/** B3 single header: `{trace}-{span}[-{sampled}[-{parent}]]`; a lone `0` or `1` names no span. */
export function parseB3(value: string): TraceContext | undefined {
  const match = B3.exec(value.trim());
  if (!match) return undefined;
  const [, traceId = '', spanId = '', sampled] = match;
  return b3Context(traceId, spanId, sampled === undefined ? undefined : sampled !== '0');
}

function b3Context(traceId: string, spanId: string, sampled: boolean | undefined): TraceContext | undefined {
  if (ZERO.test(traceId) || ZERO.test(spanId)) return undefined;
  return { traceId: traceId.toLowerCase().padStart(32, '0'), spanId: spanId.toLowerCase(), sampled };
}

const HEX16 = /^[0-9a-f]{16}$/i;
const HEX32 = /^([0-9a-f]{16}|[0-9a-f]{32})$/i;

/** From headers by lowercase name. `traceparent` wins over `b3`, and that over the `x-b3-*` headers. */
export function contextOfHeaders(header: (name: string) => string | undefined): TraceContext | undefined {
  const w3c = header('traceparent');
  const b3 = header('b3');
  return (
    (w3c === undefined ? undefined : parseTraceparent(w3c)) ??
    (b3 === undefined ? undefined : parseB3(b3)) ??
    multiHeader(header)
  );
}

function multiHeader(header: (name: string) => string | undefined): TraceContext | undefined {
  const traceId = header('x-b3-traceid')?.trim() ?? '';
  const spanId = header('x-b3-spanid')?.trim() ?? '';
  if (!HEX32.test(traceId) || !HEX16.test(spanId)) return undefined;
  const sampled = header('x-b3-sampled')?.trim().toLowerCase();
  const debug = header('x-b3-flags')?.trim() === '1';
  const kept = debug || sampled === '1' || sampled === 'true';
  return b3Context(traceId, spanId, kept ? true : sampled === '0' || sampled === 'false' ? false : undefined);
}

const LF = 0x0a;
const COLON = 0x3a;
const NAMES: ReadonlySet<string> = new Set([
  'traceparent',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-sampled',
  'x-b3-flags',
]);
const LONGEST_NAME = 'x-b3-traceid'.length;
const LENGTHS: ReadonlySet<number> = new Set([...NAMES].map((name) => name.length));
const INITIALS: ReadonlySet<number> = new Set([...NAMES].map((name) => name.charCodeAt(0)));
const LOWER_CASE = 0x20;

/** Most headers are told from ours without becoming text. */
const mayBeName = (payload: Uint8Array, from: number, to: number): boolean =>
  LENGTHS.has(to - from) && INITIALS.has(payload[from]! | LOWER_CASE);

/** From the head of an HTTP/1 request, which may be cut anywhere. No other header becomes text. */
export function contextOfHttp1(payload: Uint8Array): TraceContext | undefined {
  let found: Map<string, string> | undefined;
  for (let line = indexOfByte(payload, LF, 0) + 1; line > 0 && line < payload.length;) {
    const end = indexOfByte(payload, LF, line);
    // a line that is cut may hold a cut value
    if (end < 0) break;
    if (end - line <= 1) break;
    const colon = indexOfByte(payload, COLON, line, Math.min(end, line + LONGEST_NAME + 1));
    if (colon > 0 && mayBeName(payload, line, colon)) {
      const name = textOf(payload, line, colon).toLowerCase();
      if (NAMES.has(name) && !found?.has(name))
        (found ??= new Map()).set(name, textOf(payload, colon + 1, end).trim());
    }
    line = end + 1;
  }
  return found && contextOfHeaders((name) => found.get(name));
}
