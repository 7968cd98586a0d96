/**
 * Snappy's block format (google/snappy, format_description.txt). Throws RangeError on anything malformed and
 * where the text would be longer than `limit` bytes.
 */
export function uncompressSnappy(input: Uint8Array, limit: number): Buffer {
  const { length, start } = readLength(input);
  if (length > limit) throw new RangeError(`uncompressed length ${length} exceeds ${limit}`);
  const output = Buffer.allocUnsafe(length);
  let at = start;
  let out = 0;
  while (at < input.length) {
    const tag = input[at++]!;
    if ((tag & 3) === 0) {
      let size = tag >> 2;
      if (size >= 60) {
        const bytes = size - 59;
        size = readLittleEndian(input, at, bytes);
        at += bytes;
      }
      size++;
      if (at + size > input.length || out + size > length) throw new RangeError('literal is too long');
      output.set(input.subarray(at, at + size), out);
      at += size;
      out += size;
      continue;
    }
    const kind = tag & 3;
    const size = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const distance = readLittleEndian(input, at, width) + (kind === 1 ? (tag >> 5) * 256 : 0);
    at += width;
    if (distance === 0 || distance > out || out + size > length)
      throw new RangeError('copy is out of bounds');
    // Source and target may overlap: a copy can repeat what it has just written.
    for (let i = 0; i < size; i++) output[out + i] = output[out + i - distance]!;
    out += size;
  }
  if (out !== length) throw new RangeError('text is shorter than announced');
  return output;
}

function readLength(input: Uint8Array): { readonly length: number; readonly start: number } {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = input[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { length, start: i + 1 };
  }
  throw new RangeError('no length');
}

function readLittleEndian(input: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) {
    const byte = input[at + i];
    if (byte === undefined) throw new RangeError('unexpected end');
    value += byte * 2 ** (8 * i);
  }
  return value;
}
