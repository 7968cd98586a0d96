/** What matters of one instruction when looking for the ends of a function. */
export interface Instruction {
  /** Bytes. */
  readonly length: number;
  /** `tail`: jumps to where the code cannot tell. */
  readonly kind: 'other' | 'return' | 'jump' | 'tail';
  /** Offset in the code where a `jump` goes, from the start of the code. */
  readonly target: number;
}

const NONE = 0;
/** Has a ModRM byte. */
const M = 1;
/** One immediate byte. */
const B = 2;
/** Four immediate bytes, two with the operand size prefix. */
const Z = 4;
/** Two immediate bytes. */
const W = 8;
/** Not an instruction in 64-bit mode, or one that compilers do not write. */
const X = 16;

/** How the instructions of the first opcode map go on; Intel SDM volume 2, appendix A. */
const ONE_BYTE = tableOf([
  [0x00, 0x3f, X],
  ...Array.from({ length: 8 }, (_, i): readonly Row[] => [
    [8 * i, 8 * i + 3, M],
    [8 * i + 4, 8 * i + 4, B],
    [8 * i + 5, 8 * i + 5, Z],
  ]).flat(),
  [0x60, 0x62, X],
  [0x63, 0x63, M],
  [0x68, 0x68, Z],
  [0x69, 0x69, M | Z],
  [0x6a, 0x6a, B],
  [0x6b, 0x6b, M | B],
  [0x70, 0x7f, B],
  [0x80, 0x80, M | B],
  [0x81, 0x81, M | Z],
  [0x82, 0x82, X],
  [0x83, 0x83, M | B],
  [0x84, 0x8f, M],
  [0x9a, 0x9a, X],
  [0xa8, 0xa8, B],
  [0xa9, 0xa9, Z],
  [0xb0, 0xb7, B],
  [0xb8, 0xbf, Z],
  [0xc0, 0xc1, M | B],
  [0xc2, 0xc2, W],
  [0xc4, 0xc5, X],
  [0xc6, 0xc6, M | B],
  [0xc7, 0xc7, M | Z],
  [0xc8, 0xc8, W | B],
  [0xca, 0xca, W],
  [0xcd, 0xcd, B],
  [0xce, 0xce, X],
  [0xd0, 0xd3, M],
  [0xd4, 0xd6, X],
  [0xd8, 0xdf, M],
  [0xe0, 0xe7, B],
  [0xe8, 0xe9, Z],
  [0xea, 0xea, X],
  [0xeb, 0xeb, B],
  [0xf6, 0xf7, M],
  [0xfe, 0xff, M],
]);

/** Those behind 0F. */
const TWO_BYTES = tableOf([
  [0x00, 0xff, M],
  [0x04, 0x04, X],
  [0x05, 0x09, NONE],
  [0x0a, 0x0a, X],
  [0x0b, 0x0b, NONE],
  [0x0c, 0x0c, X],
  [0x0e, 0x0e, NONE],
  [0x0f, 0x0f, M | B],
  [0x24, 0x27, X],
  [0x30, 0x35, NONE],
  [0x36, 0x36, X],
  [0x37, 0x37, NONE],
  [0x39, 0x39, X],
  [0x3b, 0x3f, X],
  [0x70, 0x73, M | B],
  [0x77, 0x77, NONE],
  [0x7a, 0x7b, X],
  [0x80, 0x8f, Z],
  [0xa0, 0xa2, NONE],
  [0xa4, 0xa4, M | B],
  [0xa6, 0xa7, X],
  [0xa8, 0xaa, NONE],
  [0xac, 0xac, M | B],
  [0xba, 0xba, M | B],
  [0xc2, 0xc2, M | B],
  [0xc4, 0xc6, M | B],
  [0xc8, 0xcf, NONE],
]);

type Row = readonly [first: number, last: number, shape: number];

function tableOf(rows: readonly Row[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [first, last, shape] of rows) table.fill(shape, first, last + 1);
  return table;
}

const LONGEST = 15;

/** Prefixes as they matter to lengths. */
interface Prefixes {
  /** Offset of the opcode. */
  readonly at: number;
  readonly operand16: boolean;
  readonly address32: boolean;
  readonly wide: boolean;
}

function prefixesAt(code: Uint8Array, start: number): Prefixes {
  let at = start;
  let operand16 = false;
  let address32 = false;
  for (; at < start + LONGEST; at++) {
    const byte = code[at];
    if (byte === 0x66) operand16 = true;
    else if (byte === 0x67) address32 = true;
    else if (!isPlainPrefix(byte)) break;
  }
  const rex = code[at] ?? 0;
  const hasRex = (rex & 0xf0) === 0x40;
  return { at: hasRex ? at + 1 : at, operand16, address32, wide: hasRex && (rex & 8) !== 0 };
}

/** Segments, lock, repeat. */
const isPlainPrefix = (byte: number | undefined): boolean =>
  byte === 0x26 ||
  byte === 0x2e ||
  byte === 0x36 ||
  byte === 0x3e ||
  byte === 0x64 ||
  byte === 0x65 ||
  byte === 0xf0 ||
  byte === 0xf2 ||
  byte === 0xf3;

/** Bytes of a ModRM byte with what it brings: SIB and displacement. */
function modrmLength(code: Uint8Array, at: number): number {
  const modrm = code[at] ?? 0;
  const [mode, base] = [modrm >> 6, modrm & 7];
  if (mode === 3) return 1;
  const hasSib = base === 4;
  const sibBase = hasSib ? (code[at + 1] ?? 0) & 7 : base;
  const displacement = mode === 1 ? 1 : mode === 2 || sibBase === 5 ? 4 : 0;
  return 1 + Number(hasSib) + displacement;
}

/** VEX and EVEX: bytes in front of the opcode, and its map. */
function vectorPrefix(
  code: Uint8Array,
  at: number,
): { readonly size: number; readonly map: number } | undefined {
  const [first, second = 0] = [code[at], code[at + 1]];
  if (first === 0xc5) return { size: 2, map: 1 };
  if (first === 0xc4) return { size: 3, map: second & 0x1f };
  if (first === 0x62) return { size: 4, map: second & 7 };
  return undefined;
}

function vectorInstruction(code: Uint8Array, start: number, at: number): Instruction | undefined {
  const prefix = vectorPrefix(code, at)!;
  const opcode = code[at + prefix.size];
  if (opcode === undefined || prefix.map === 0 || prefix.map > 6 || prefix.map === 4) return undefined;
  const shape = prefix.map === 1 ? TWO_BYTES[opcode]! : prefix.map === 3 ? M | B : M;
  const behind = at + prefix.size + 1;
  const end = behind + (shape & M ? modrmLength(code, behind) : 0) + (shape & B ? 1 : 0);
  return finished(code, start, end);
}

const finished = (code: Uint8Array, start: number, end: number): Instruction | undefined =>
  end <= code.length && end - start <= LONGEST
    ? { length: end - start, kind: 'other', target: -1 }
    : undefined;

function jumpTo(code: Uint8Array, start: number, end: number, width: 1 | 4): Instruction | undefined {
  const whole = finished(code, start, end);
  if (!whole) return undefined;
  const view = new DataView(code.buffer, code.byteOffset + end - width, width);
  return {
    length: whole.length,
    kind: 'jump',
    target: end + (width === 1 ? view.getInt8(0) : view.getInt32(0, true)),
  };
}

function immediateLength(shape: number, { operand16, wide }: Prefixes): number {
  const z = operand16 && !wide ? 2 : 4;
  return (shape & B ? 1 : 0) + (shape & W ? 2 : 0) + (shape & Z ? z : 0);
}

function secondMap(code: Uint8Array, start: number, prefixes: Prefixes): Instruction | undefined {
  const at = prefixes.at + 1;
  const opcode = code[at] ?? 0;
  if (opcode === 0x38) return finished(code, start, at + 2 + modrmLength(code, at + 2));
  if (opcode === 0x3a) return finished(code, start, at + 2 + modrmLength(code, at + 2) + 1);
  const shape = TWO_BYTES[opcode]!;
  if (shape & X) return undefined;
  if (opcode >= 0x80 && opcode <= 0x8f) return jumpTo(code, start, at + 5, 4);
  const modrm = shape & M ? modrmLength(code, at + 1) : 0;
  return finished(code, start, at + 1 + modrm + immediateLength(shape, prefixes));
}

function firstMap(code: Uint8Array, start: number, prefixes: Prefixes): Instruction | undefined {
  const { at, address32, wide } = prefixes;
  const opcode = code[at] ?? 0;
  const shape = ONE_BYTE[opcode]!;
  const modrm = shape & M ? modrmLength(code, at + 1) : 0;
  const group = ((code[at + 1] ?? 0) >> 3) & 7;
  if (shape & X || (opcode === 0x8f && group !== 0)) return undefined;
  if ((opcode >= 0x70 && opcode <= 0x7f) || (opcode >= 0xe0 && opcode <= 0xe3) || opcode === 0xeb)
    return jumpTo(code, start, at + 2, 1);
  if (opcode === 0xe9) return jumpTo(code, start, at + 5, 4);
  let immediate = immediateLength(shape, prefixes);
  if (opcode >= 0xa0 && opcode <= 0xa3) immediate = address32 ? 4 : 8;
  if (opcode >= 0xb8 && opcode <= 0xbf && wide) immediate = 8;
  if (opcode === 0xe8) immediate = 4;
  if (opcode === 0xf6 && group < 2) immediate = 1;
  if (opcode === 0xf7 && group < 2) immediate = immediateLength(Z, prefixes);
  const whole = finished(code, start, at + 1 + modrm + immediate);
  if (!whole) return undefined;
  if (opcode === 0xc2 || opcode === 0xc3) return { ...whole, kind: 'return' };
  if (opcode === 0xff && (group === 4 || group === 5)) return { ...whole, kind: 'tail' };
  return whole;
}

/** The x86-64 instruction at an offset; undefined where there is none that is known. */
export function x86InstructionAt(code: Uint8Array, start: number): Instruction | undefined {
  const prefixes = prefixesAt(code, start);
  const opcode = code[prefixes.at];
  if (opcode === undefined) return undefined;
  if (opcode === 0x0f) return secondMap(code, start, prefixes);
  if (vectorPrefix(code, prefixes.at)) return vectorInstruction(code, start, prefixes.at);
  return firstMap(code, start, prefixes);
}
