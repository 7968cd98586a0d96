import type { ProcessMemory } from './process-memory.ts';
import type { PythonProcess } from './python-process.ts';

const MAX_TEXT = 512;
/** PyUnicode state: interned 2 bits, kind 3 bits, compact 1 bit, ascii 1 bit. */
const KIND_SHIFT = 2;
const KIND_MASK = 7;
const COMPACT = 1 << 5;
const ASCII = 1 << 6;

/** `function file.py:line` of a code object, with the line of its definition; undefined when there is none there. */
export function codeFrame(
  memory: ProcessMemory,
  { codeType, layout }: PythonProcess,
  address: number,
): string | undefined {
  if (memory.pointer(address + layout.objectType) !== codeType) return undefined;
  const name = textOf(memory, layout, memory.pointer(address + layout.codeQualifiedName));
  const path = textOf(memory, layout, memory.pointer(address + layout.codeFileName));
  const line = memory.read(address + layout.codeFirstLine, 4)?.readInt32LE();
  if (!name || path === undefined || line === undefined) return undefined;
  return `${name.replaceAll('.<locals>', '')} ${fileName(path)}:${line}`;
}

/** The file's name; packages are named by their folder. */
function fileName(path: string): string {
  const parts = path.split('/');
  const last = parts.at(-1) ?? path;
  return last === '__init__.py' && parts.length > 1 ? `${parts.at(-2)}/${last}` : last;
}

function textOf(
  memory: ProcessMemory,
  layout: PythonProcess['layout'],
  address: number | undefined,
): string | undefined {
  if (address === undefined) return undefined;
  const length = memory.read(address + layout.textLength, 8)?.readBigInt64LE();
  const state = memory.read(address + layout.textState, 4)?.readUInt32LE();
  if (length === undefined || state === undefined || length < 0n || !(state & COMPACT)) return undefined;
  const kind = (state >> KIND_SHIFT) & KIND_MASK;
  const size = Math.min(Number(length), MAX_TEXT) * kind;
  const start = address + (state & ASCII ? layout.asciiBytes : layout.compactBytes);
  const bytes = memory.read(start, size);
  return bytes && decode(bytes, kind);
}

/** Texts hold 1, 2 or 4 bytes for each character, by the widest. */
function decode(bytes: Buffer, kind: number): string | undefined {
  if (kind === 1) return bytes.toString('latin1');
  if (kind === 2) return bytes.toString('utf16le');
  if (kind !== 4) return undefined;
  return Array.from({ length: bytes.length / 4 }, (_, i) =>
    String.fromCodePoint(Math.min(bytes.readUInt32LE(i * 4), 0x10ffff)),
  ).join('');
}
