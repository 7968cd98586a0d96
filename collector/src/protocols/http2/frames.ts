/** Types and flags of frames (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  goaway: 7,
  continuation: 9,
} as const;
export const FLAG = { endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;
export const WITH_BODY: ReadonlySet<number> = new Set([
  FRAME.headers,
  FRAME.rstStream,
  FRAME.settings,
  FRAME.pushPromise,
  FRAME.goaway,
  FRAME.continuation,
]);
export const FRAME_HEADER = 9;

/** The block fragment of a frame: behind the pad length and `extra` bytes, before the padding. */
export function withoutPadding(payload: Uint8Array, flags: number, extra: number): Uint8Array | undefined {
  const padded = (flags & FLAG.padded) !== 0;
  const start = (padded ? 1 : 0) + extra;
  const end = payload.length - (padded ? (payload[0] ?? 0) : 0);
  // the buffer it is part of belongs to the kernel's batch
  return start <= end ? payload.slice(start, end) : undefined;
}

export const startsWith = (bytes: Uint8Array, prefix: Uint8Array): boolean =>
  bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte);

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
