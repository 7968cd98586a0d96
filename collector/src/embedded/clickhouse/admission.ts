import { exception } from './exception.ts';

/** How many statements run at once and how many may wait; the rest are refused as ClickHouse does. */
export class Admission {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly slots: number;
  private readonly capacity: number;
  private idle: (() => void)[] = [];
  rejected = 0;

  constructor(slots: number, capacity: number) {
    this.slots = slots;
    this.capacity = capacity;
  }

  /** Resolves with the function that gives the slot back. */
  async enter(): Promise<() => void> {
    if (this.running < this.slots) this.running++;
    else if (this.waiting.length >= this.capacity) {
      this.rejected++;
      throw exception(
        'TOO_MANY_SIMULTANEOUS_QUERIES',
        `Too many simultaneous queries. Maximum: ${this.slots + this.capacity}`,
      );
    } else await new Promise<void>((resolve) => this.waiting.push(resolve));
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.leave();
    };
  }

  /** The slot passes to the next in line without becoming free in between. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next !== undefined) return next();
    this.running--;
    if (this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Resolves when nothing runs or waits. */
  async drained(): Promise<void> {
    if (this.running === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }
}
