import type { FieldName } from './fields.ts';
import type { Text } from './text.ts';

/** What an entry takes beside its name and value (RFC 7541, section 4.1). */
const ENTRY_OVERHEAD = 32;
const DEFAULT_SIZE = 4096;
/** Entries that have room at first. A power of two. */
const FIRST_ROOM = 16;

/** The dynamic table (RFC 7541, section 2.3.2). Values that nobody wants are not in it, only how long they are. */
export class HpackTable {
  /** Round: the newest stands at `#newest`, older ones behind it. */
  #names: (FieldName | undefined)[] = emptyOf(FIRST_ROOM);
  #values: (Text | undefined)[] = emptyOf(FIRST_ROOM);
  #sizes: number[] = Array.from({ length: FIRST_ROOM }, () => 0);
  #newest = 0;
  #count = 0;
  #size = 0;
  #limit = DEFAULT_SIZE;

  reset(): void {
    this.#names.fill(undefined);
    this.#values.fill(undefined);
    this.#count = 0;
    this.#size = 0;
  }

  /** 0 is the newest; undefined beyond what is known. */
  nameAt(index: number): FieldName | undefined {
    return index < this.#count ? this.#names[this.#place(index)] : undefined;
  }

  valueAt(index: number): Text | undefined {
    return index < this.#count ? this.#values[this.#place(index)] : undefined;
  }

  resize(limit: number): void {
    this.#limit = limit;
    this.#evict(0);
  }

  insert(name: FieldName, value: Text | undefined, valueLength: number): void {
    const size = name.length + valueLength + ENTRY_OVERHEAD;
    this.#evict(size);
    if (size > this.#limit) return;
    if (this.#count === this.#names.length) this.#grow();
    this.#newest = (this.#newest - 1) & (this.#names.length - 1);
    this.#names[this.#newest] = name;
    this.#values[this.#newest] = value;
    this.#sizes[this.#newest] = size;
    this.#count++;
    this.#size += size;
  }

  #place(index: number): number {
    return (this.#newest + index) & (this.#names.length - 1);
  }

  #evict(room: number): void {
    while (this.#count > 0 && this.#size + room > this.#limit) {
      const oldest = this.#place(--this.#count);
      this.#size -= this.#sizes[oldest]!;
      this.#names[oldest] = undefined;
      this.#values[oldest] = undefined;
    }
  }

  /** To twice the room, in order. */
  #grow(): void {
    const order = Array.from({ length: this.#count }, (_, index) => this.#place(index));
    const room = this.#names.length;
    this.#names = [...order.map((place) => this.#names[place]), ...emptyOf<FieldName>(room)];
    this.#values = [...order.map((place) => this.#values[place]), ...emptyOf<Text>(room)];
    this.#sizes = [...order.map((place) => this.#sizes[place]!), ...order.map(() => 0)];
    this.#newest = 0;
  }
}

const emptyOf = <T>(length: number): (T | undefined)[] => Array.from({ length }, () => undefined);
