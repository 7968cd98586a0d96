import type { Labels } from '@gumshoe/base/series';
import { sortedNames } from './labels.ts';

const MASK = 0xffffffffffffffffn;
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];

const times = (a: bigint, b: bigint): bigint => (a * b) & MASK;
const rotated = (a: bigint, by: bigint): bigint => ((a << by) | (a >> (64n - by))) & MASK;
const round = (state: bigint, input: bigint): bigint =>
  times(rotated((state + times(input, P2)) & MASK, 31n), P1);
const merged = (state: bigint, lane: bigint): bigint => (times(state ^ round(0n, lane), P1) + P4) & MASK;

/** XXH64 with seed 0 (xxhash specification, section XXH64). */
export function xxh64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = P5;
  if (bytes.length >= 32) {
    const lanes = [(P1 + P2) & MASK, P2, 0n, (MASK + 1n - P1) & MASK];
    for (; at + 32 <= bytes.length; at += 32)
      for (let lane = 0; lane < 4; lane++)
        lanes[lane] = round(lanes[lane]!, view.getBigUint64(at + lane * 8, true));
    const [a, b, c, d] = lanes as [bigint, bigint, bigint, bigint];
    hash = (rotated(a, 1n) + rotated(b, 7n) + rotated(c, 12n) + rotated(d, 18n)) & MASK;
    for (const lane of lanes) hash = merged(hash, lane);
  }
  hash = (hash + BigInt(bytes.length)) & MASK;
  for (; at + 8 <= bytes.length; at += 8)
    hash = (times(rotated(hash ^ round(0n, view.getBigUint64(at, true)), 27n), P1) + P4) & MASK;
  if (at + 4 <= bytes.length) {
    hash = (times(rotated(hash ^ times(BigInt(view.getUint32(at, true)), P1), 23n), P2) + P3) & MASK;
    at += 4;
  }
  for (; at < bytes.length; at++) hash = times(rotated(hash ^ times(BigInt(bytes[at]!), P5), 11n), P1);
  hash = times(hash ^ (hash >> 33n), P2);
  hash = times(hash ^ (hash >> 29n), P3);
  return hash ^ (hash >> 32n);
}

/** Hash of a label set as Prometheus keeps it: names and values in order, each behind its length in bytes. */
export function labelHash(labels: Labels): bigint {
  const bytes: number[] = [];
  const encoder = new Utf8();
  for (const name of sortedNames(labels))
    for (const text of [name, labels[name]!]) {
      const encoded = encoder.encode(text);
      if (encoded.length < 255) bytes.push(encoded.length);
      else bytes.push(255, encoded.length & 255, (encoded.length >> 8) & 255, (encoded.length >> 16) & 255);
      for (const byte of encoded) bytes.push(byte);
    }
  return xxh64(Uint8Array.from(bytes));
}

/** UTF-8 without a platform's encoder: this floor has none. */
class Utf8 {
  encode(text: string): number[] {
    const out: number[] = [];
    for (const char of text) {
      const point = char.codePointAt(0)!;
      if (point < 0x80) out.push(point);
      else if (point < 0x800) out.push(0xc0 | (point >> 6), 0x80 | (point & 63));
      else if (point < 0x10000)
        out.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
      else
        out.push(
          0xf0 | (point >> 18),
          0x80 | ((point >> 12) & 63),
          0x80 | ((point >> 6) & 63),
          0x80 | (point & 63),
        );
    }
    return out;
  }
}
