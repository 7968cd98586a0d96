/** Encoded run of samples of one series. Times in ms. */
export interface Chunk {
  readonly minTime: number;
  readonly maxTime: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

const scratch = new Uint8Array(120 * 24);

/**
 * Delta-of-delta times and XORed values after Gorilla (Pelkonen et al., VLDB 2015), on whole bytes: one flag
 * byte per sample (low four bits: significant bytes of the XOR, next three: zero bytes below them, highest bit:
 * a zigzag varint follows with the change of the time step). A steady sample takes one byte. Values are handled
 * as bytes only, so that stale markers keep their bits. At most 120 samples.
 */
export function encodeChunk(timestamps: Float64Array, values: Float64Array, count: number): Chunk {
  const raw = new Uint8Array(values.buffer, values.byteOffset, count * 8);
  let at = 0;
  let step = 0;
  let time = timestamps[0]!;
  for (let i = 0; i < count; i++) {
    const change = timestamps[i]! - time - step;
    step += change;
    time = timestamps[i]!;
    let low = 0;
    let high = 7;
    while (high >= 0 && raw[i * 8 + high] === before(raw, i, high)) high--;
    while (low < high && raw[i * 8 + low] === before(raw, i, low)) low++;
    const width = high < 0 ? 0 : high - low + 1;
    scratch[at++] = width | (width === 0 ? 0 : low << 4) | (change === 0 ? 0 : 0x80);
    if (change !== 0) at = writeVarint(at, change < 0 ? -change * 2 - 1 : change * 2);
    for (let b = low; b < low + width; b++) scratch[at++] = raw[i * 8 + b]! ^ before(raw, i, b);
  }
  return { minTime: timestamps[0]!, maxTime: time, count, bytes: scratch.slice(0, at) };
}

const before = (raw: Uint8Array, sample: number, byte: number): number =>
  sample === 0 ? 0 : raw[(sample - 1) * 8 + byte]!;

function writeVarint(start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    scratch[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  scratch[at++] = rest;
  return at;
}

/** Writes every sample of the chunk at `offset` of both columns; `values` through its bytes. */
export function decodeChunk(
  chunk: Chunk,
  timestamps: Float64Array,
  values: Uint8Array,
  offset: number,
): void {
  const { bytes, count } = chunk;
  let at = 0;
  let step = 0;
  let time = chunk.minTime;
  for (let i = offset; i < offset + count; i++) {
    const flags = bytes[at++]!;
    if (flags & 0x80) {
      let value = 0;
      let scale = 1;
      for (;;) {
        const byte = bytes[at++]!;
        value += (byte & 0x7f) * scale;
        if (byte < 0x80) break;
        scale *= 0x80;
      }
      step += value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    time += step;
    timestamps[i] = time;
    const target = i * 8;
    if (i > offset) values.copyWithin(target, target - 8, target);
    else values.fill(0, target, target + 8);
    const width = flags & 0x0f;
    const low = target + ((flags >> 4) & 7);
    for (let b = low; b < low + width; b++) values[b] = values[b]! ^ bytes[at++]!;
  }
}
