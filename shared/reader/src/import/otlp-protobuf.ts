import protobuf from 'protobufjs/minimal.js';

type Kind =
  | 'string'
  | 'bool'
  | 'double'
  | 'fixed64'
  | 'sfixed64'
  | 'uint64'
  | 'sint32'
  | 'uint32'
  | 'fixed32'
  | 'hex'
  | 'bytes'
  | 'int64'
  | { readonly message: () => Message }
  | { readonly packed: 'fixed64' | 'double' | 'uint64' };

interface Message {
  readonly [field: number]: readonly [name: string, kind: Kind, repeated?: boolean];
}

const of = (message: () => Message): Kind => ({ message });

/** The parts of opentelemetry-proto 1.x that are read, field number by field number; the rest is skipped. */
const ANY: Message = {
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
  5: ['arrayValue', of(() => ({ 1: ['values', of(() => ANY), true] }))],
  6: ['kvlistValue', of(() => ({ 1: ['values', of(() => KEY_VALUE), true] }))],
  7: ['bytesValue', 'bytes'],
};
const KEY_VALUE: Message = { 1: ['key', 'string'], 2: ['value', of(() => ANY)] };
const attributes = (field: number): Message => ({ [field]: ['attributes', of(() => KEY_VALUE), true] });
const RESOURCE: Message = attributes(1);
const SCOPE: Message = { 1: ['name', 'string'], 2: ['version', 'string'] };
const SPAN: Message = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'uint32'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  ...attributes(9),
  15: ['status', of(() => ({ 2: ['message', 'string'], 3: ['code', 'uint32'] }))],
};
const LOG: Message = {
  1: ['timeUnixNano', 'fixed64'],
  2: ['severityNumber', 'uint32'],
  3: ['severityText', 'string'],
  5: ['body', of(() => ANY)],
  ...attributes(6),
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
  11: ['observedTimeUnixNano', 'fixed64'],
};
const NUMBER_POINT: Message = {
  3: ['timeUnixNano', 'fixed64'],
  4: ['asDouble', 'double'],
  6: ['asInt', 'sfixed64'],
  ...attributes(7),
};
const HISTOGRAM_POINT: Message = {
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['bucketCounts', { packed: 'fixed64' }],
  7: ['explicitBounds', { packed: 'double' }],
  ...attributes(9),
};
const SUMMARY_POINT: Message = {
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  ...attributes(7),
};
const points = (point: Message): Message => ({
  1: ['dataPoints', of(() => point), true],
  2: ['aggregationTemporality', 'uint32'],
  3: ['isMonotonic', 'bool'],
});
const METRIC: Message = {
  1: ['name', 'string'],
  3: ['unit', 'string'],
  5: ['gauge', of(() => points(NUMBER_POINT))],
  7: ['sum', of(() => points(NUMBER_POINT))],
  9: ['histogram', of(() => points(HISTOGRAM_POINT))],
  11: ['summary', of(() => points(SUMMARY_POINT))],
};
const scoped = (name: string, record: Message): Message => ({
  1: ['scope', of(() => SCOPE)],
  2: [name, of(() => record), true],
});
const ofResource = (name: string, scope: Message): Message => ({
  1: ['resource', of(() => RESOURCE)],
  2: [name, of(() => scope), true],
});

export type OtlpSignal = 'resourceSpans' | 'resourceLogs' | 'resourceMetrics';

const REQUESTS: Readonly<Record<OtlpSignal, Message>> = {
  resourceSpans: { 1: ['resourceSpans', of(() => ofResource('scopeSpans', scoped('spans', SPAN))), true] },
  resourceLogs: { 1: ['resourceLogs', of(() => ofResource('scopeLogs', scoped('logRecords', LOG))), true] },
  resourceMetrics: {
    1: ['resourceMetrics', of(() => ofResource('scopeMetrics', scoped('metrics', METRIC))), true],
  },
};

const MAX_DEPTH = 24;

/**
 * Decodes one Export…ServiceRequest into the shape of OTLP/JSON (ids in hexadecimal, 64-bit integers as text).
 * @throws RangeError when the bytes are no such message.
 */
export const decodeOtlp = (bytes: Uint8Array, signal: OtlpSignal): Record<string, unknown> =>
  decode(protobuf.Reader.create(bytes), bytes.length, REQUESTS[signal], 0);

function decode(
  reader: protobuf.Reader,
  end: number,
  message: Message,
  depth: number,
): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
  const out: Record<string, unknown> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = message[tag >>> 3];
    if (!field || !fits(field[1], tag & 7)) {
      reader.skipType(tag & 7);
      continue;
    }
    const [name, kind, repeated] = field;
    const value = read(reader, kind, tag & 7, depth);
    if (!repeated) out[name] = value;
    else if (Array.isArray(out[name])) out[name].push(value);
    else out[name] = [value];
  }
  if (reader.pos !== end) throw new RangeError('a field runs past its message');
  return out;
}

const WIRE: Readonly<Record<string, number>> = {
  bool: 0,
  uint64: 0,
  int64: 0,
  sint32: 0,
  uint32: 0,
  double: 1,
  fixed64: 1,
  sfixed64: 1,
  fixed32: 5,
};

const fits = (kind: Kind, wire: number): boolean =>
  typeof kind === 'string' ? wire === (WIRE[kind] ?? 2) : wire === 2 || ('packed' in kind && wire !== 5);

function read(reader: protobuf.Reader, kind: Kind, wire: number, depth: number): unknown {
  if (typeof kind !== 'string') {
    if ('packed' in kind) return readPacked(reader, kind.packed, wire);
    const end = reader.uint32() + reader.pos;
    if (end > reader.len) throw new RangeError('a message runs past the end');
    return decode(reader, end, kind.message(), depth + 1);
  }
  if (kind === 'string') return reader.string();
  if (kind === 'hex') return Buffer.from(reader.bytes()).toString('hex');
  if (kind === 'bytes') return Buffer.from(reader.bytes()).toString('base64');
  if (kind === 'bool') return reader.bool();
  if (kind === 'double') return reader.double();
  if (kind === 'uint32') return reader.uint32();
  if (kind === 'sint32') return reader.sint32();
  if (kind === 'fixed32') return reader.fixed32();
  if (kind === 'int64' || kind === 'uint64') return readVarint(reader);
  return read64(reader, kind === 'sfixed64');
}

function readPacked(reader: protobuf.Reader, kind: 'fixed64' | 'double' | 'uint64', wire: number): unknown[] {
  const one = (): unknown => (kind === 'double' ? reader.double() : read64(reader, false));
  if (wire !== 2) return [one()];
  const end = reader.uint32() + reader.pos;
  if (end > reader.len || (end - reader.pos) % 8 !== 0) throw new RangeError('a list runs past the end');
  const out: unknown[] = [];
  while (reader.pos < end) out.push(one());
  return out;
}

function read64(reader: protobuf.Reader, signed: boolean): string {
  const low = BigInt(reader.fixed32());
  const value = (BigInt(reader.fixed32()) << 32n) | low;
  return String(signed ? BigInt.asIntN(64, value) : value);
}

/** protobufjs reads 64-bit varints as floats without a helper library. */
function readVarint(reader: protobuf.Reader): string {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.buf[reader.pos++];
    if (byte === undefined || reader.pos > reader.len) throw new RangeError('a number runs past the end');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return String(BigInt.asIntN(64, value));
  }
  throw new RangeError('a number is longer than 10 bytes');
}
