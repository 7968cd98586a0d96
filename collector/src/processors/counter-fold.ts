/** A kernel hash map read at once: `count` keys and values, each packed without gaps. */
export interface MapDump {
  readonly count: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
}

/** Where the growth of entries goes. */
export interface FoldTarget {
  /** As long as the value has counters. */
  readonly totals: Float64Array;
  /** Time of the last fold that saw an entry of it, in the unit of `fold`'s `now`. */
  seenAt: number;
}

/** The owner of an entry; undefined leaves the entry for a later fold, nothing of it is lost. */
export type TargetOf = (key: DataView, offset: number) => FoldTarget | undefined;

interface Entry {
  readonly last: Float64Array;
  readonly target: FoldTarget;
  generation: number;
}

const WORD = 4294967296;

/**
 * Turns monotonic kernel counters per process into monotonic totals of whatever owns the process. Each value
 * is an array of u64. An entry that shrank was evicted and began again at zero, so all of it is growth.
 * Totals survive entries: a process may exit and its entry be deleted.
 */
export class CounterFold {
  readonly #fields: number;
  readonly #entries = new Map<string, Entry>();
  #generation = 0;

  constructor(fields: number) {
    this.#fields = fields;
  }

  fold(dump: MapDump, now: number, targetOf: TargetOf): void {
    this.#generation++;
    const keys = new DataView(dump.keys.buffer, dump.keys.byteOffset, dump.count * dump.keySize);
    const values = new DataView(dump.values.buffer, dump.values.byteOffset, dump.count * dump.valueSize);
    for (let i = 0; i < dump.count; i++) {
      const entry = this.#entryAt(dump, keys, i * dump.keySize, targetOf);
      if (!entry) continue;
      entry.target.seenAt = now;
      this.#grow(entry, values, i * dump.valueSize);
    }
    for (const [key, entry] of this.#entries) {
      if (entry.generation !== this.#generation) this.#entries.delete(key);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  #entryAt(dump: MapDump, keys: DataView, offset: number, targetOf: TargetOf): Entry | undefined {
    const key = Buffer.from(dump.keys.buffer, dump.keys.byteOffset + offset, dump.keySize).toString('latin1');
    const known = this.#entries.get(key);
    if (known) return known;
    const target = targetOf(keys, offset);
    if (!target) return undefined;
    const entry = { last: new Float64Array(this.#fields), target, generation: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #grow(entry: Entry, values: DataView, offset: number): void {
    entry.generation = this.#generation;
    const { last } = entry;
    const { totals } = entry.target;
    for (let field = 0; field < this.#fields; field++) {
      const at = offset + field * 8;
      const value = values.getUint32(at, true) + values.getUint32(at + 4, true) * WORD;
      const before = last[field]!;
      totals[field]! += value >= before ? value - before : value;
      last[field] = value;
    }
  }
}
