import { ByteReader, ByteWriter } from './bytes.ts';

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
const SCALES = Array.from({ length: MOST_DECIMALS + 1 }, (_, k) => 10 ** k);
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
    const reader = new ByteReader(bytes);
    let [last, step] = [0, 0];
    for (let i = 0; i < into.length; i++) {
      step += reader.varint();
      into[i] = last += step;
    }
  } else throw new RangeError(`timestamps have the unknown encoding ${encoding}`);
  for (let i = 1; i < into.length; i++)
    if (!(into[i]! > into[i - 1]!)) throw new RangeError('timestamps do not ascend');
  if (into.length > 0 && !Number.isFinite(into[0]! + into.at(-1)!))
    throw new RangeError('a timestamp is no number');
}

/** Appends values, in whichever encoding is short; every bit comes back, those of NaN included. */
export function writeValues(out: ByteWriter, values: Float64Array): number {
  if (values.length > 0 && allSame(values)) {
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

/** @throws RangeError when the bytes do not hold as many values as `into` has room for. */
export function readValues(bytes: Uint8Array, encoding: number, into: Float64Array): void {
  if (encoding === PLAIN) return readPlain(bytes, into);
  if (encoding === SAME) {
    if (bytes.length !== 8) throw new RangeError('one value takes eight bytes');
    const bits = new BigUint64Array(into.buffer, into.byteOffset, into.length);
    bits.fill(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
    return;
  }
  if (encoding === XOR) return unxor(bytes, into);
  const scale = SCALES[encoding - STEPS];
  if (scale === undefined) throw new RangeError(`values have the unknown encoding ${encoding}`);
  const reader = new ByteReader(bytes);
  let last = 0;
  for (let i = 0; i < into.length; i++) into[i] = (last += reader.varint()) / scale;
}

function readPlain(bytes: Uint8Array, into: Float64Array): void {
  if (bytes.length !== into.byteLength) throw new RangeError('a column has another length than it says');
  bytesOf(into).set(bytes);
}

/** Digits behind the point with which every value comes back exactly from an integer; undefined: there are none. */
function decimalsOf(values: Float64Array): number | undefined {
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

function allSame(values: Float64Array): boolean {
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

function unxor(bytes: Uint8Array, into: Float64Array): void {
  const n = into.length;
  if (bytes.length !== n * 8) throw new RangeError('a column has another length than it says');
  const words = new Uint32Array(into.buffer, into.byteOffset, n * 2);
  let [low, high] = [0, 0];
  for (let i = 0; i < n; i++) {
    low ^= bytes[i]! | (bytes[n + i]! << 8) | (bytes[2 * n + i]! << 16) | (bytes[3 * n + i]! << 24);
    high ^=
      bytes[4 * n + i]! | (bytes[5 * n + i]! << 8) | (bytes[6 * n + i]! << 16) | (bytes[7 * n + i]! << 24);
    words[2 * i] = low;
    words[2 * i + 1] = high;
  }
}
