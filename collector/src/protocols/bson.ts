import { ByteReader } from './byte-reader.ts';

/** One element of a BSON document. Source: bsonspec.org, version 1.1. */
export interface BsonElement {
  readonly name: string;
  readonly type: number;
  /** Where the value is; `to` is the end of what was captured when it is cut. */
  readonly from: number;
  readonly to: number;
}

export const BSON_DOUBLE = 0x01;
export const BSON_STRING = 0x02;
export const BSON_DOCUMENT = 0x03;
export const BSON_ARRAY = 0x04;
export const BSON_BOOLEAN = 0x08;
export const BSON_INT32 = 0x10;
export const BSON_INT64 = 0x12;

const ELEMENT_LIMIT = 64;
const FIXED_SIZE: ReadonlyMap<number, number> = new Map([
  [0x01, 8],
  [0x06, 0],
  [0x07, 12],
  [0x08, 1],
  [0x09, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
  [0x13, 16],
  [0x7f, 0],
  [0xff, 0],
]);

function skipValue(reader: ByteReader, type: number): void {
  const fixed = FIXED_SIZE.get(type);
  if (fixed !== undefined) return reader.skip(fixed);
  switch (type) {
    case BSON_STRING:
    case 0x0d:
    case 0x0e:
      return reader.skip(reader.little(4));
    case BSON_DOCUMENT:
    case BSON_ARRAY:
    case 0x0f:
      return reader.skip(reader.little(4) - 4);
    case 0x05:
      return reader.skip(reader.little(4) + 1);
    case 0x0b:
      reader.cString();
      reader.cString();
      return undefined;
    case 0x0c:
      return reader.skip(reader.little(4) + 12);
    default:
      return reader.skip(-1);
  }
}

/** Elements of the document at `from`, the last one perhaps cut; ends at the first that cannot be read. */
export function* bsonElements(bytes: Uint8Array, from: number, to = bytes.length): Generator<BsonElement> {
  const size = new ByteReader(bytes, from, to).little(4);
  const reader = new ByteReader(bytes, from + 4, Math.min(from + Math.max(size, 0), to));
  for (let count = 0; count < ELEMENT_LIMIT && reader.left > 1; count++) {
    const type = reader.big(1);
    const name = type === 0 ? '' : reader.cString();
    if (type === 0 || reader.cut) return;
    const start = reader.at;
    skipValue(reader, type);
    yield { name, type, from: start, to: reader.at };
    if (reader.cut) return;
  }
}

/** Text of a string element, undefined for another type or when cut. */
export function bsonText(bytes: Uint8Array, element: BsonElement): string | undefined {
  if (element.type !== BSON_STRING) return undefined;
  const reader = new ByteReader(bytes, element.from, element.to);
  const length = reader.little(4);
  const text = reader.text(length - 1);
  return reader.cut ? undefined : text;
}

/** Value of a number or boolean, undefined for another type or when cut. */
export function bsonNumber(bytes: Uint8Array, { type, from, to }: BsonElement): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, to - from);
  const size = FIXED_SIZE.get(type);
  if (size === undefined || view.byteLength < size) return undefined;
  if (type === BSON_DOUBLE) return view.getFloat64(0, true);
  if (type === BSON_INT32) return view.getInt32(0, true);
  if (type === BSON_INT64) return Number(view.getBigInt64(0, true));
  return type === BSON_BOOLEAN ? view.getUint8(0) : undefined;
}
