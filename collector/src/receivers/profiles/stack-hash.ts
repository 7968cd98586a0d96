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
    low = (low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    const carry = Math.floor(product / 0x1_0000_0000);
    // `low << 8` is the 2^40 part of the prime; it moves into the upper word only.
    high = (high * PRIME_LOW + carry + low * 256) % 0x1_0000_0000;
    low = product % 0x1_0000_0000;
  }
  return ((BigInt(high) << 32n) | BigInt(low)).toString();
}
