import { isIPv4 } from 'node:net';
import { layout } from '../../collector/src/receivers/ebpf/layout.generated.ts';

export type StructName = keyof typeof layout;
export type Value = number | bigint | Uint8Array | Struct;
/** A decoded struct by field name: u64 as bigint, arrays of bytes or numbers as Uint8Array or their first level. */
export interface Struct {
  readonly [field: string]: Value | readonly bigint[];
}

interface Field {
  readonly offset: number;
  readonly size: number;
  readonly kind: string;
  readonly count?: number;
}

function scalar(view: DataView, at: number, kind: string): number | bigint {
  switch (kind) {
    case 'u8':
      return view.getUint8(at);
    case 'u16':
      return view.getUint16(at, true);
    case 'u32':
      return view.getUint32(at, true);
    case 's32':
      return view.getInt32(at, true);
    case 'u64':
      return view.getBigUint64(at, true);
    default:
      throw new TypeError(`no scalar ${kind}`);
  }
}

function isStruct(kind: string): kind is StructName {
  return kind in layout;
}

function decodeField(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  field: Field,
): Value | readonly bigint[] {
  const at = start + field.offset;
  if (isStruct(field.kind)) return decode(field.kind, bytes, at);
  if (field.count === undefined) return scalar(view, at, field.kind);
  if (field.kind === 'u8') return bytes.slice(at, at + field.count);
  const width = field.size / field.count;
  return Array.from({ length: field.count }, (_, index) =>
    BigInt(scalar(view, at + index * width, field.kind)),
  );
}

/** One struct of bpf/include/events.h. Throws a RangeError when the bytes are too few. */
export function decode(name: StructName, bytes: Uint8Array, start = 0): Struct {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Record<string, Field> = layout[name].fields;
  return Object.fromEntries(
    Object.entries(fields).map(([field, where]) => [field, decodeField(bytes, view, start, where)]),
  );
}

/** `127.0.0.1` for the v4-mapped address, else the eight groups. */
export function addressText(bytes: Uint8Array): string {
  const ipv4 = [...bytes.subarray(12)].join('.');
  if (bytes[10] === 0xff && bytes[11] === 0xff && isIPv4(ipv4)) return ipv4;
  return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16)).join(
    ':',
  );
}

/** Text up to the first zero byte. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('latin1');
}
