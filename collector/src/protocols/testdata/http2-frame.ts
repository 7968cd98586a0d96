/** An HTTP/2 frame with its header of nine bytes, RFC 9113, section 4.1. */
export function frame(type: number, flags: number, streamId: number, body: readonly number[]): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, Uint8Array.from(body)]);
}
