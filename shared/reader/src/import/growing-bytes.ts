/** Bytes that are put together piece by piece and cut out again. */
export class GrowingBytes {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  length = 0;

  add(piece: Uint8Array): void {
    if (this.length + piece.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + piece.length));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(piece, this.length);
    this.length += piece.length;
  }

  text(from = 0, to = this.length): string {
    return this.#bytes.toString('utf8', from, to);
  }

  /** Keeps some stretches, one after the other. */
  keep(stretches: readonly (readonly [from: number, to: number])[]): void {
    let at = 0;
    for (const [from, to] of stretches) {
      this.#bytes.copyWithin(at, from, to);
      at += to - from;
    }
    this.length = at;
  }

  clear(): void {
    this.length = 0;
    // what one large piece took is not held for the small ones after it
    if (this.#bytes.length > 2 ** 25) this.#bytes = Buffer.allocUnsafe(64 * 1024);
  }
}
