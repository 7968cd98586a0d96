/**
 * Zeroed arrays for columns, cut from larger ones: a query makes tens of thousands, and each array with memory of its own
 * costs the collector of garbage far more than its bytes. A piece is given away once and never taken back.
 */
class Slab<T extends Float64Array | Uint8Array> {
  private readonly make: (length: number) => T;
  private readonly cut: (from: T, at: number, length: number) => T;
  private current: T;
  private used = 0;

  constructor(make: (length: number) => T, cut: (from: T, at: number, length: number) => T) {
    this.make = make;
    this.cut = cut;
    this.current = make(0);
  }

  take(length: number): T {
    if (length > LARGE) return this.make(length);
    if (this.used + length > this.current.length) {
      this.current = this.make(Math.max(LARGE, length * COLUMNS));
      this.used = 0;
    }
    const piece = this.cut(this.current, this.used, length);
    this.used += length;
    return piece;
  }
}

/** Arrays above this many elements get memory of their own. */
const LARGE = 1024;
/** Columns that share memory, and live as long as any of them. */
const COLUMNS = 32;

const values = new Slab(
  (length) => new Float64Array(length),
  (from, at, length) => new Float64Array(from.buffer, at * 8, length),
);
const presence = new Slab(
  (length) => new Uint8Array(length),
  (from, at, length) => new Uint8Array(from.buffer, at, length),
);

/** One value for each step, 0 at first. */
export const newValues = (points: number): Float64Array => values.take(points);

/** One presence byte for each step, 0 at first. */
export const newPresence = (points: number): Uint8Array => presence.take(points);
