import { zstdDecompressSync } from 'node:zlib';

const MAGIC = 0xfd2fb528;
/** A claim beyond this is not believed in advance, bytes. */
const MOST_AT_ONCE = 64 * 1024 ** 2;
/** The decoder takes a buffer that is full for a sign that there is more. */
const SPARE = 16;

/**
 * The bytes of a zstd frame. Room is made for what its header claims, since growing piece by piece takes several times
 * as long.
 * @throws Error when the frame is damaged, or holds more than `most` bytes.
 */
export function inflate(frame: Uint8Array, most: number): Uint8Array {
  const claimed = contentSize(frame);
  const room = claimed === undefined || claimed > Math.min(most, MOST_AT_ONCE) ? undefined : claimed + SPARE;
  const bytes = zstdDecompressSync(frame, {
    maxOutputLength: most,
    ...(room === undefined ? {} : { chunkSize: Math.max(64, room) }),
  });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Frame_Content_Size, RFC 8878, 3.1.1.1; undefined where the header does not say. */
function contentSize(frame: Uint8Array): number | undefined {
  if (frame.length < 18) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = frame[4]!;
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (isSingle ? 0 : 1) + dictionary;
  switch (descriptor >> 6) {
    case 0:
      return isSingle ? frame[at]! : undefined;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
