/** Calls `visit` for each record of a ring-buffer batch with its offset and length in bytes. */
export function forEachRecord(batch: ArrayBuffer, visit: (offset: number, length: number) => void): void {
  const view = new DataView(batch);
  for (let at = 0; at + 8 <= batch.byteLength;) {
    const length = view.getUint32(at, true);
    visit(at + 8, length);
    at += 8 + ((length + 7) & ~7);
  }
}
