const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
/** The FNV prime is 2^40 + this. */
const PRIME_LOW = 0x1b3;
const encoder = new TextEncoder();

/** FNV-1a 64 of the frames joined by '\n', as decimal text: the identity of a stack in the store. */
export function stackHash(frames: readonly string[]): string {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  for (const byte of encoder.encode(frames.join('\n'))) {
    low ^= byte;
    // the lower word times the prime, in halves: 32 bits hold every step
    const first = (low & 0xffff) * PRIME_LOW;
    const second = (low >>> 16) * PRIME_LOW + (first >>> 16);
    // `low << 8` is the 2^40 part of the prime; it moves into the upper word only.
    high = (Math.imul(high, PRIME_LOW) + (second >>> 16) + (low << 8)) | 0;
    low = (second << 16) | (first & 0xffff);
  }
  return ((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)).toString();
}
