import type { Labels } from '@gumshoe/base/series';
import type { IncomingHistograms } from '../metrics/histogram-store.ts';
import type { IncomingSeries } from '../metrics/metric-store.ts';

export interface MetricMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** Floats and native histograms of one series. */
export type WrittenSeries = IncomingSeries & IncomingHistograms;

export interface WriteRequest {
  readonly series: readonly WrittenSeries[];
  readonly metadata: ReadonlyMap<string, MetricMetadata>;
}

const TYPES = ['unknown', 'counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset'];

/**
 * prometheus.WriteRequest (remote write 1.0, prompb/remote.proto and types.proto), already decompressed. Label
 * sets are only decoded on demand: most series of a request are known by the bytes of their labels. Throws
 * RangeError on bytes that are not such a message.
 */
export function decodeWriteRequest(bytes: Buffer): WriteRequest {
  const series: WrittenSeries[] = [];
  const metadata = new Map<string, MetricMetadata>();
  for (const field of fieldsOf(bytes, 0, bytes.length)) {
    if (field.number === 1) series.push(decodeSeries(bytes, lengthDelimited(field)));
    else if (field.number === 3) decodeMetadata(bytes, lengthDelimited(field), metadata);
  }
  return { series, metadata };
}

interface Field {
  readonly number: number;
  readonly wire: number;
  /** Varints: the value. Others: where the bytes are. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

function lengthDelimited(field: Field): Field {
  if (field.wire !== 2) throw new RangeError(`field ${field.number} has wire type ${field.wire}`);
  return field;
}

function* fieldsOf(bytes: Buffer, from: number, to: number): Generator<Field> {
  const cursor = { at: from };
  while (cursor.at < to) {
    const tag = varint(bytes, cursor, to);
    const wire = tag & 7;
    const number = Math.floor(tag / 8);
    let value = 0;
    let start = cursor.at;
    if (wire === 0) value = varint(bytes, cursor, to);
    else if (wire === 1) cursor.at += 8;
    else if (wire === 5) cursor.at += 4;
    else if (wire === 2) {
      const size = varint(bytes, cursor, to);
      start = cursor.at;
      cursor.at += size;
    } else throw new RangeError(`wire type ${wire}`);
    if (cursor.at > to || number === 0) throw new RangeError('field reaches beyond its message');
    yield { number, wire, value, start, end: cursor.at };
  }
}

/** Unsigned up to 2^53; a negative int64 (ten bytes) becomes its negative value. */
function varint(bytes: Buffer, cursor: { at: number }, to: number): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= to) throw new RangeError('varint reaches beyond its message');
    const byte = bytes[cursor.at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return i === 9 ? negative(bytes, cursor.at - 10) : value;
    scale *= 0x80;
  }
  throw new RangeError('varint is too long');
}

function negative(bytes: Buffer, start: number): number {
  let value = 0n;
  for (let i = 0; i < 10; i++) value |= BigInt(bytes[start + i]! & 0x7f) << BigInt(7 * i);
  return Number(BigInt.asIntN(64, value));
}

function decodeSeries(bytes: Buffer, message: Field): WrittenSeries {
  const timestamps: number[] = [];
  const histograms: Uint8Array[] = [];
  const positions: number[] = [];
  let labelsStart = -1;
  let labelsEnd = -1;
  for (const field of fieldsOf(bytes, message.start, message.end)) {
    if (field.number === 1) {
      if (labelsStart < 0) labelsStart = field.start;
      labelsEnd = lengthDelimited(field).end;
    } else if (field.number === 2) {
      const sample = decodeSample(bytes, lengthDelimited(field));
      timestamps.push(sample.time);
      positions.push(sample.position);
    } else if (field.number === 4) {
      const { start, end } = lengthDelimited(field);
      histograms.push(bytes.subarray(start, end));
    }
  }
  const values = new Uint8Array(timestamps.length * 8);
  positions.forEach((position, i) => {
    if (position >= 0) values.set(bytes.subarray(position, position + 8), i * 8);
  });
  const start = labelsStart < 0 ? message.start : labelsStart;
  return {
    key: labelsStart < 0 ? '' : bytes.toString('latin1', start, labelsEnd),
    labels: () => decodeLabels(bytes, message),
    timestamps,
    values,
    histograms,
  };
}

/** Position of the value's eight bytes; -1 where the value is left out, which means zero. */
function decodeSample(bytes: Buffer, message: Field): { readonly time: number; readonly position: number } {
  let time = 0;
  let position = -1;
  for (const field of fieldsOf(bytes, message.start, message.end)) {
    if (field.number === 1 && field.wire === 1) position = field.start;
    else if (field.number === 2 && field.wire === 0) time = field.value;
    else throw new RangeError(`unexpected field ${field.number} in a sample`);
  }
  return { time, position };
}

/** Undefined for what Prometheus refuses: no label, an unnamed one, or a name twice. */
function decodeLabels(bytes: Buffer, message: Field): Labels | undefined {
  const labels: Record<string, string> = {};
  for (const field of fieldsOf(bytes, message.start, message.end)) {
    if (field.number !== 1) continue;
    let name = '';
    let value = '';
    for (const part of fieldsOf(bytes, field.start, field.end)) {
      if (part.number === 1) name = utf8(bytes, lengthDelimited(part));
      else if (part.number === 2) value = utf8(bytes, lengthDelimited(part));
    }
    if (name === '' || Object.hasOwn(labels, name)) return undefined;
    if (value !== '') labels[name] = value;
  }
  return Object.keys(labels).length === 0 ? undefined : labels;
}

const utf8 = (bytes: Buffer, field: Field): string => bytes.toString('utf8', field.start, field.end);

function decodeMetadata(bytes: Buffer, message: Field, into: Map<string, MetricMetadata>): void {
  let name = '';
  let type = 0;
  let help = '';
  let unit = '';
  for (const field of fieldsOf(bytes, message.start, message.end)) {
    if (field.number === 1) type = field.value;
    else if (field.number === 2) name = utf8(bytes, lengthDelimited(field));
    else if (field.number === 4) help = utf8(bytes, lengthDelimited(field));
    else if (field.number === 5) unit = utf8(bytes, lengthDelimited(field));
  }
  if (name !== '') into.set(name, { type: TYPES[type] ?? 'unknown', help, unit });
}
