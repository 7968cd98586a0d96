/** Rows waiting for a store, bounded; the oldest are shed first and counted. */
export class RowQueue<T> {
  private rows: T[] = [];
  private head = 0;
  private readonly limit: number;
  dropped = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.rows.length - this.head;
  }

  push(added: readonly T[]): void {
    for (const row of added) this.rows.push(row);
    const excess = this.length - this.limit;
    if (excess <= 0) return;
    this.head += excess;
    this.dropped += excess;
    this.compact();
  }

  /** The oldest rows, at most `count`; they stay until `remove`. */
  peek(count: number): readonly T[] {
    return this.rows.slice(this.head, this.head + count);
  }

  /** Removes the oldest `count` rows, less those that were shed since `dropped` was read. */
  remove(count: number, droppedBefore: number): void {
    const left = Math.max(0, count - (this.dropped - droppedBefore));
    this.head += Math.min(left, this.length);
    this.compact();
  }

  private compact(): void {
    if (this.head < 4096 && this.head < this.rows.length) return;
    this.rows = this.rows.slice(this.head);
    this.head = 0;
  }
}
