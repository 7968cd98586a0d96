/** Values of a JVM's performance counters: numbers, and texts of string entries. */
export type PerfData = ReadonlyMap<string, number | string>;

const MAGIC = 0xcafec0c0;
const PROLOGUE = 32;
const ENTRY_HEADER = 20;
const MAX_ENTRIES = 4096;
const LONG = 0x4a;
const BYTE = 0x42;

/**
 * The file that HotSpot maps as /tmp/hsperfdata_<user>/<pid>: PerfDataPrologue and PerfDataEntry of
 * hotspot/share/runtime/perfMemory.hpp, version 2.0, in the byte order it names.
 * Returns the reason as a string when it is none of it, or not filled in yet. Never throws.
 */
export function parsePerfData(bytes: Uint8Array): PerfData | string {
  if (bytes.length < PROLOGUE) return 'hsperfdata is shorter than its head';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== MAGIC) return 'not hsperfdata';
  const little = view.getUint8(4) === 1;
  const version = `${view.getUint8(5)}.${view.getUint8(6)}`;
  if (view.getUint8(5) !== 2) return `hsperfdata of version ${version}; only 2.x is known`;
  if (view.getUint8(7) !== 1) return 'the JVM is still starting';
  const values = new Map<string, number | string>();
  const count = Math.min(view.getInt32(28, little), MAX_ENTRIES);
  let at = view.getInt32(24, little);
  for (let i = 0; i < count && at >= PROLOGUE && at + ENTRY_HEADER <= bytes.length; i++) {
    const length = view.getInt32(at, little);
    if (length < ENTRY_HEADER || at + length > bytes.length) break;
    const entry = new DataView(view.buffer, view.byteOffset + at, length);
    const name = textAt(entry, entry.getInt32(4, little), length);
    const value = valueOf(entry, little);
    if (name && value !== undefined) values.set(name, value);
    at += length;
  }
  return values;
}

function valueOf(entry: DataView, little: boolean): number | string | undefined {
  const elements = entry.getInt32(8, little);
  const type = entry.getUint8(12);
  const at = entry.getInt32(16, little);
  if (at < ENTRY_HEADER) return undefined;
  if (type === LONG && elements === 0 && at + 8 <= entry.byteLength)
    return Number(entry.getBigInt64(at, little));
  if (type === BYTE && elements > 0) return textAt(entry, at, Math.min(at + elements, entry.byteLength));
  return undefined;
}

/** Up to the next zero byte, or `end`. */
function textAt(view: DataView, start: number, end: number): string {
  if (start < ENTRY_HEADER || start >= end) return '';
  const bytes = Buffer.from(view.buffer, view.byteOffset + start, end - start);
  const zero = bytes.indexOf(0);
  return bytes.toString('utf8', 0, zero < 0 ? bytes.length : zero);
}
