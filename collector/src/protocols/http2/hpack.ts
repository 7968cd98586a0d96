import { FIELD, nameAt, UNKNOWN_NAME, valueAt } from './fields.ts';
import type { FieldName, Fields } from './fields.ts';
import { huffmanLength } from './huffman.ts';
import { HpackTable } from './hpack-table.ts';
import { STATIC_ENTRIES, STATIC_NAMES, STATIC_VALUES } from './static-table.ts';
import type { Text } from './text.ts';

/** A table never grows beyond this, whatever the peer announces. */
const MOST_SIZE = 64 * 1024;
/** Of longer values only the size is kept. */
const LONGEST_VALUE = 2048;
const NO_BYTES = new Uint8Array(0);
const DAMAGED = -1;

/**
 * One direction of HPACK (RFC 7541). A decoder that joins a connection late does not know what was indexed before:
 * such fields come out without a value, never with a wrong one.
 */
export class HpackDecoder {
  readonly #table = new HpackTable();
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  #end = 0;
  /** Of the string read last: where its bytes begin, what it stands for, and how. */
  #start = 0;
  #length = 0;
  #huffman = false;

  /** Forgets the table: bytes were lost. */
  reset(): void {
    this.#table.reset();
  }

  /**
   * Adds the fields of one whole block, `bytes` from `at` to `end`, to `into`; what stands before a damaged place, after
   * which the table is forgotten.
   */
  decode(bytes: Uint8Array, at: number, end: number, into: Fields): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    while (this.#at < end)
      if (!this.#next(into)) {
        this.reset();
        break;
      }
    this.#bytes = NO_BYTES;
  }

  /** One representation (section 6). False when it is damaged. */
  #next(into: Fields): boolean {
    const first = this.#bytes[this.#at]!;
    if (first & 0x80) {
      const index = this.#integer(0x7f);
      if (index <= 0) return false;
      const value = this.#valueOf(index);
      if (value) into.add(this.#nameOf(index).field, value);
      return true;
    }
    if (first & 0x40) return this.#literal(0x3f, true, into);
    if ((first & 0x20) === 0) return this.#literal(0x0f, false, into);
    const limit = this.#integer(0x1f);
    if (limit === DAMAGED || limit > MOST_SIZE) return false;
    this.#table.resize(limit);
    return true;
  }

  #literal(mask: number, remember: boolean, into: Fields): boolean {
    const index = this.#integer(mask);
    if (index === DAMAGED || (index === 0 && !this.#string())) return false;
    const name = index === 0 ? this.#literalName() : this.#nameOf(index);
    if (!this.#string()) return false;
    const value = this.#literalValue(name.field);
    if (value) into.add(name.field, value);
    if (remember) this.#table.insert(name, value, this.#length);
    return true;
  }

  #literalName(): FieldName {
    return nameAt(this.#bytes, this.#start, this.#at, this.#huffman, this.#length);
  }

  /** undefined when it is not wanted, or too long. */
  #literalValue(field: number): Text | undefined {
    if (field === FIELD.none || this.#length > LONGEST_VALUE) return undefined;
    return valueAt(this.#bytes, this.#start, this.#at, this.#huffman, field);
  }

  #nameOf(index: number): FieldName {
    if (index <= STATIC_ENTRIES) return STATIC_NAMES[index]!;
    return this.#table.nameAt(index - STATIC_ENTRIES - 1) ?? UNKNOWN_NAME;
  }

  #valueOf(index: number): Text | undefined {
    return index <= STATIC_ENTRIES ? STATIC_VALUES[index] : this.#table.valueAt(index - STATIC_ENTRIES - 1);
  }

  /** Section 5.2. False when it is damaged. */
  #string(): boolean {
    this.#huffman = this.#at < this.#end && (this.#bytes[this.#at]! & 0x80) !== 0;
    const length = this.#integer(0x7f);
    if (length === DAMAGED || this.#at + length > this.#end) return false;
    this.#start = this.#at;
    this.#at += length;
    this.#length = this.#huffman ? huffmanLength(this.#bytes, this.#start, this.#at) : length;
    return this.#length >= 0;
  }

  /** Section 5.1; more than five further bytes make no sensible number. `mask` are the bits of its first byte. */
  #integer(mask: number): number {
    if (this.#at >= this.#end) return DAMAGED;
    let value = this.#bytes[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 28; shift += 7) {
      if (this.#at >= this.#end) return DAMAGED;
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return DAMAGED;
  }
}
