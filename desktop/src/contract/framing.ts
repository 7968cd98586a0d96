/**
 * Frames on a byte stream between the shell and the engine process: uint32 length (little-endian, of what
 * follows), one byte channel, payload.
 */
export const CHANNEL = {
  /** Renderer's calls; the shell passes them on without looking inside. */
  renderer: 0,
  /** Between the shell and the engine: secrets. */
  shell: 1,
} as const;
export type Channel = (typeof CHANNEL)[keyof typeof CHANNEL];

export interface Frame {
  readonly channel: number;
  readonly payload: Uint8Array;
}

/** Larger frames are refused: a broken peer must not make the receiver allocate without bound. */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024;

export function writeFrame(channel: Channel, payload: Uint8Array): Uint8Array {
  if (payload.byteLength + 1 > MAX_FRAME_BYTES) throw new RangeError('frame is too large to send');
  const bytes = new Uint8Array(5 + payload.byteLength);
  new DataView(bytes.buffer).setUint32(0, payload.byteLength + 1, true);
  bytes[4] = channel;
  bytes.set(payload, 5);
  return bytes;
}

/** Cuts a stream into frames, whatever the chunks are. Throws RangeError on a frame above the limit. */
export class FrameSplitter {
  private readonly chunks: Uint8Array[] = [];
  private buffered = 0;

  push(chunk: Uint8Array): Frame[] {
    this.chunks.push(chunk);
    this.buffered += chunk.byteLength;
    const frames: Frame[] = [];
    for (;;) {
      const length = this.nextLength();
      if (length === undefined || this.buffered < 4 + length) return frames;
      const bytes = this.take(4 + length);
      frames.push({ channel: bytes[4]!, payload: bytes.subarray(5) });
    }
  }

  private nextLength(): number | undefined {
    if (this.buffered < 4) return undefined;
    if (this.chunks[0]!.byteLength < 4) this.join();
    const head = this.chunks[0]!;
    const length = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0, true);
    if (length < 1 || length > MAX_FRAME_BYTES) throw new RangeError(`frame of ${length} bytes`);
    return length;
  }

  private take(length: number): Uint8Array {
    if (this.chunks[0]!.byteLength < length) this.join();
    const head = this.chunks[0]!;
    const rest = head.subarray(length);
    if (rest.byteLength > 0) this.chunks[0] = rest;
    else this.chunks.shift();
    this.buffered -= length;
    return head.slice(0, length);
  }

  private join(): void {
    const all = new Uint8Array(this.buffered);
    let offset = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, offset);
      offset += chunk.byteLength;
    }
    this.chunks.splice(0, this.chunks.length, all);
  }
}
