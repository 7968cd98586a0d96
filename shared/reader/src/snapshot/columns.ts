import type { ByteWriter } from './bytes.ts';

/**
 * How one column of a series is written. PLAIN: float64 each. SAME: one float64 for all. XOR: each value's bits
 * against those of the one before, the eight bytes of all values by their significance. STEPS + k: integers of
 * value * 10^k as zigzag varints, the first as it is, then differences (values) or differences of differences (times).
 */
export const PLAIN = 0;
export const SAME = 1;
export const XOR = 2;
export const STEPS = 16;

const MOST_DECIMALS = 9;
export const SCALES = Array.from({ length: MOST_DECIMALS + 1 }, (_, k) => 10 ** k);
const bytesOf = (column: Float64Array): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength);

/** Appends timestamps (ms, ascending); the encoding. */
export function writeTimes(out: ByteWriter, times: Float64Array): number {
  if (!times.every((at) => Number.isSafeInteger(at) && Math.abs(at) < 2 ** 50)) {
    out.raw(bytesOf(times));
    return PLAIN;
  }
  let [last, step] = [0, 0];
  for (const at of times) {
    out.varint(at - last - step);
    step = at - last;
    last = at;
  }
  return STEPS;
}

/** @throws RangeError when the bytes do not hold `count` ascending instants. */
export function readTimes(bytes: Uint8Array, encoding: number, into: Float64Array): void {
  if (encoding === PLAIN) readPlain(bytes, into);
  else if (encoding === STEPS) {
    readSteps({ bytes, from: 0, to: bytes.length, encoding }, into, 0, into.length, 1);
    for (let i = 1; i < into.length; i++) into[i]! += into[i - 1]!;
  } else throw new RangeError(`timestamps have the unknown encoding ${encoding}`);
  for (let i = 1; i < into.length; i++)
    if (!(into[i]! > into[i - 1]!)) throw new RangeError('timestamps do not ascend');
  if (into.length > 0 && !Number.isFinite(into[0]! + into.at(-1)!))
    throw new RangeError('a timestamp is no number');
}

/** Appends values, in whichever encoding is short; every bit comes back, those of NaN included. */
export function writeValues(out: ByteWriter, values: Float64Array): number {
  if (values.length > 0 && isSame(values)) {
    out.raw(bytesOf(values.subarray(0, 1)));
    return SAME;
  }
  const decimals = decimalsOf(values);
  if (decimals === undefined) {
    out.raw(xored(values));
    return XOR;
  }
  let last = 0;
  for (const value of values) {
    const integer = Math.round(value * SCALES[decimals]!);
    out.varint(integer - last);
    last = integer;
  }
  return STEPS + decimals;
}

/** Where values are decoded to: the same memory as numbers and, for their bits, as words. */
export interface Room {
  readonly values: Float64Array;
  readonly words: Uint32Array;
}

export const roomOf = (values: Float64Array): Room => ({
  values,
  words: new Uint32Array(values.buffer, values.byteOffset, values.length * 2),
});

/** @throws RangeError when the bytes do not hold as many values as `into` has room for. */
export const readValues = (bytes: Uint8Array, encoding: number, into: Float64Array): void =>
  readValuesAt({ bytes, from: 0, to: bytes.length, encoding }, roomOf(into), 0, into.length);

/** A column within the bytes of a block. */
export interface EncodedValues {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly encoding: number;
}

/** Decodes `count` values to `at`; views are not made, since columns are short and many. @throws RangeError */
export function readValuesAt(column: EncodedValues, room: Room, at: number, count: number): void {
  const { encoding } = column;
  const scale = SCALES[encoding - STEPS];
  if (scale !== undefined) readSteps(column, room.values, at, count, scale);
  else if (encoding === SAME) readSame(column, room, at, count);
  else if (encoding === XOR) unxor(column, room.words, at, count);
  else if (encoding === PLAIN)
    readPlain(column.bytes.subarray(column.from, column.to), room.values.subarray(at, at + count));
  else throw new RangeError(`values have the unknown encoding ${encoding}`);
}

/** A NaN's bits would not come through as a number. */
function readSame(
  { bytes, from, to }: EncodedValues,
  { values, words }: Room,
  at: number,
  count: number,
): void {
  if (to - from !== 8) throw new RangeError('one value takes eight bytes');
  if (count === 0) return;
  const word = (i: number): number =>
    bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
  const [low, high] = [word(from), word(from + 4)];
  words[2 * at] = low;
  words[2 * at + 1] = high;
  const value = values[at]!;
  if (value === value) values.fill(value, at, at + count);
  else
    for (let i = at; i < at + count; i++) {
      words[2 * i] = low;
      words[2 * i + 1] = high;
    }
}

/** Sums of zigzag varints, as `ByteWriter.varint` writes them. Most take one byte or two. */
function readSteps(
  { bytes, from, to }: EncodedValues,
  values: Float64Array,
  at: number,
  count: number,
  scale: number,
): void {
  let last = 0;
  let next = from;
  for (let i = at; i < at + count; i++) {
    if (next >= to) throw new RangeError('a number runs past the end of its column');
    let byte = bytes[next++]!;
    if (byte < 0x80) last += (byte >>> 1) ^ -(byte & 1);
    else {
      let sum = byte & 0x7f;
      for (let unit = 0x80; byte >= 0x80; unit *= 0x80) {
        if (next >= to || unit > 2 ** 49) throw new RangeError('a number is too long');
        byte = bytes[next++]!;
        sum += (byte & 0x7f) * unit;
      }
      last += sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
    }
    values[i] = last;
  }
  if (scale !== 1) for (let i = at; i < at + count; i++) values[i]! /= scale;
}

function readPlain(bytes: Uint8Array, into: Float64Array): void {
  if (bytes.length !== into.byteLength) throw new RangeError('a column has another length than it says');
  bytesOf(into).set(bytes);
}

/** Digits behind the point with which every value comes back exactly from an integer; undefined: there are none. */
export function decimalsOf(values: Float64Array): number | undefined {
  let decimals = 0;
  for (const value of values) {
    if (Object.is(value, -0)) return undefined;
    for (; ; decimals++) {
      const scale = SCALES[decimals];
      if (scale === undefined) return undefined;
      const integer = Math.round(value * scale);
      if (!(Math.abs(integer) < 2 ** 50)) return undefined;
      if (integer / scale === value) break;
    }
  }
  // a value that came back with fewer digits does so with more, unless rounding is against it
  const scale = SCALES[decimals]!;
  for (const value of values) {
    const integer = Math.round(value * scale);
    if (integer / scale !== value || !(Math.abs(integer) < 2 ** 50)) return undefined;
  }
  return decimals;
}

/** Bit by bit. */
export function isSame(values: Float64Array): boolean {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let i = 2; i < words.length; i++) if (words[i] !== words[i - 2]) return false;
  return true;
}

function xored(values: Float64Array): Uint8Array {
  const n = values.length;
  const words = new Uint32Array(values.buffer, values.byteOffset, n * 2);
  const out = new Uint8Array(n * 8);
  let [low, high] = [0, 0];
  for (let i = 0; i < n; i++) {
    const a = words[2 * i]! ^ low;
    const b = words[2 * i + 1]! ^ high;
    low = words[2 * i]!;
    high = words[2 * i + 1]!;
    for (let byte = 0; byte < 4; byte++) {
      out[byte * n + i] = a >>> (8 * byte);
      out[(byte + 4) * n + i] = b >>> (8 * byte);
    }
  }
  return out;
}

function unxor({ bytes, from, to }: EncodedValues, words: Uint32Array, at: number, n: number): void {
  if (to - from !== n * 8) throw new RangeError('a column has another length than it says');
  let [low, high] = [0, 0];
  for (let i = 0; i < n; i++) {
    const k = from + i;
    low ^= bytes[k]! | (bytes[n + k]! << 8) | (bytes[2 * n + k]! << 16) | (bytes[3 * n + k]! << 24);
    high ^=
      bytes[4 * n + k]! | (bytes[5 * n + k]! << 8) | (bytes[6 * n + k]! << 16) | (bytes[7 * n + k]! << 24);
    words[2 * (at + i)] = low;
    words[2 * (at + i) + 1] = high;
  }
}
