import { decodeMessage, type Kind, type Message } from '../protobuf/decode.ts';
import { encodeMessage } from '../protobuf/encode.ts';

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
const EVENT: Message = { 1: ['timeUnixNano', 'fixed64'], 2: ['name', 'string'], ...attributes(3) };
const LINK: Message = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  ...attributes(4),
};
const SPAN: Message = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'uint32'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  ...attributes(9),
  11: ['events', of(() => EVENT), true],
  13: ['links', of(() => LINK), true],
  15: ['status', of(() => ({ 2: ['message', 'string'], 3: ['code', 'uint32'] }))],
};
const LOG: Message = {
  1: ['timeUnixNano', 'fixed64'],
  2: ['severityNumber', 'uint32'],
  3: ['severityText', 'string'],
  5: ['body', of(() => ANY)],
  ...attributes(6),
  8: ['flags', 'fixed32'],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
  11: ['observedTimeUnixNano', 'fixed64'],
};
const NUMBER_POINT: Message = {
  3: ['timeUnixNano', 'fixed64'],
  4: ['asDouble', 'double'],
  6: ['asInt', 'sfixed64'],
  ...attributes(7),
  8: ['flags', 'uint32'],
};
const HISTOGRAM_POINT: Message = {
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['bucketCounts', { packed: 'fixed64' }],
  7: ['explicitBounds', { packed: 'double' }],
  ...attributes(9),
  10: ['flags', 'uint32'],
};
const BUCKETS: Message = { 1: ['offset', 'sint32'], 2: ['bucketCounts', { packed: 'uint64' }] };
const EXPONENTIAL_POINT: Message = {
  ...attributes(1),
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['scale', 'sint32'],
  7: ['zeroCount', 'fixed64'],
  8: ['positive', of(() => BUCKETS)],
  9: ['negative', of(() => BUCKETS)],
  10: ['flags', 'uint32'],
  14: ['zeroThreshold', 'double'],
};
const QUANTILE: Message = { 1: ['quantile', 'double'], 2: ['value', 'double'] };
const SUMMARY_POINT: Message = {
  3: ['timeUnixNano', 'fixed64'],
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['quantileValues', of(() => QUANTILE), true],
  ...attributes(7),
  8: ['flags', 'uint32'],
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
  10: ['exponentialHistogram', of(() => points(EXPONENTIAL_POINT))],
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

/**
 * Decodes one Export…ServiceRequest into the shape of OTLP/JSON (ids in hexadecimal, 64-bit integers as text).
 * @throws RangeError when the bytes are no such message.
 */
export const decodeOtlp = (bytes: Uint8Array, signal: OtlpSignal): Record<string, unknown> =>
  decodeMessage(bytes, REQUESTS[signal]);

/** The same back into protobuf: a request in the shape of OTLP/JSON, with numbers for kinds and codes. */
export const encodeOtlp = (request: Readonly<Record<string, unknown>>, signal: OtlpSignal): Uint8Array =>
  encodeMessage(request, REQUESTS[signal]);
