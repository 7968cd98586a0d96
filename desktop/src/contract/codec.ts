import { FailureError } from '@gumshoe/base/failure';

/**
 * Values as bytes: plain objects, arrays, strings, booleans, undefined, every number (NaN, infinities and
 * negative zero included) and typed arrays. Layout: uint32 length of the header, header (JSON with markers,
 * UTF-8), padding to 8, then the typed arrays, each aligned to 8. Little-endian, as all supported machines.
 */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string };

type Column =
  Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array | BigInt64Array;

const COLUMN_TYPES = [
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Uint16Array,
  Uint8Array,
  BigInt64Array,
] as const;

const MAX_DEPTH = 64;
const align = (offset: number): number => (offset + 7) & ~7;

interface Encoding {
  readonly columns: Column[];
  size: number;
}

function pack(value: unknown, encoding: Encoding, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new TypeError('value is nested too deeply to send');
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $n: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { $u: 1 };
    case 'object':
      return packObject(value, encoding, depth);
    default:
      throw new TypeError(`a ${typeof value} cannot be sent`);
  }
}

function packObject(value: object | null, encoding: Encoding, depth: number): unknown {
  if (value === null) return value;
  if (Array.isArray(value)) return packArray(value, encoding, depth);
  const type = COLUMN_TYPES.findIndex((column) => value instanceof column);
  return type >= 0 ? packColumn(value as Column, type, encoding) : packRecord(value, encoding, depth);
}

function packColumn(column: Column, type: number, encoding: Encoding): unknown {
  const offset = encoding.size;
  encoding.columns.push(column);
  encoding.size = align(offset + column.byteLength);
  return { $a: [type, offset, column.length] };
}

/** Copied from the first item on that JSON cannot carry as it is; most arrays and records never are. */
function packArray(items: readonly unknown[], encoding: Encoding, depth: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const packed = pack(items[i], encoding, depth + 1);
    if (packed !== items[i]) copy ??= items.slice(0, i);
    copy?.push(packed);
  }
  return copy ?? items;
}

function packRecord(value: object, encoding: Encoding, depth: number): unknown {
  const record = value as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(record)) {
    if (key.startsWith('$') || key === '__proto__') return packMarked(record, encoding, depth);
    const item = record[key];
    // JSON leaves a field that is undefined out by itself.
    if (item === undefined) continue;
    const packed = pack(item, encoding, depth + 1);
    if (packed === item) continue;
    copy ??= { ...record };
    copy[key] = packed;
  }
  return copy ?? record;
}

/** A record with a key that could be taken for a marker, as pairs. */
function packMarked(record: Record<string, unknown>, encoding: Encoding, depth: number): unknown {
  const known = Object.entries(record).filter(([, item]) => item !== undefined);
  return { $o: known.map(([key, item]) => [key, pack(item, encoding, depth + 1)]) };
}

export function encodeValue(value: unknown): Uint8Array {
  const encoding: Encoding = { columns: [], size: 0 };
  const header = new TextEncoder().encode(JSON.stringify(pack(value, encoding, 0)));
  const start = align(4 + header.length);
  const bytes = new Uint8Array(start + encoding.size);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  let offset = start;
  for (const column of encoding.columns) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), offset);
    offset = align(offset + column.byteLength);
  }
  return bytes;
}

function corrupt(reason: string): FailureError {
  return new FailureError({ code: 'corrupt', tried: 'read a message', target: 'engine process', reason });
}

function unpackColumn(descriptor: unknown, body: Uint8Array): Column {
  if (!Array.isArray(descriptor)) throw corrupt('a column without a description');
  const [type, offset, length] = descriptor as readonly unknown[];
  const columnType = typeof type === 'number' ? COLUMN_TYPES[type] : undefined;
  if (!columnType || !isCount(offset) || !isCount(length)) throw corrupt('a column of unknown shape');
  const end = offset + length * columnType.BYTES_PER_ELEMENT;
  if (end > body.byteLength) throw corrupt('a column reaches beyond the message');
  // A copy of its own: aligned whatever the frame's offset was, and the frame can be freed.
  return new columnType(body.slice(offset, end).buffer as ArrayBuffer);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Changes the freshly parsed tree in place: nobody else has seen it. */
function unpack(value: unknown, body: Uint8Array): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = unpack(value[i], body);
    return value;
  }
  const record = value as Record<string, unknown>;
  if ('$a' in record) return unpackColumn(record['$a'], body);
  if ('$n' in record) return Number(record['$n']);
  if ('$u' in record) return undefined;
  const marked = record['$o'];
  if (Array.isArray(marked))
    return Object.fromEntries(
      (marked as [string, unknown][]).map(([key, item]) => [key, unpack(item, body)]),
    );
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (typeof item === 'object' && item !== null) record[key] = unpack(item, body);
  }
  return record;
}

/** Rejects with FailureError `corrupt` on bytes that no encoder wrote. */
export function decodeValue(bytes: Uint8Array): unknown {
  if (bytes.byteLength < 4) throw corrupt('shorter than its length field');
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (4 + length > bytes.byteLength) throw corrupt('header longer than the message');
  const text = new TextDecoder().decode(bytes.subarray(4, 4 + length));
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw corrupt('header is not JSON');
  }
  return unpack(header, bytes.subarray(Math.min(align(4 + length), bytes.byteLength)));
}
