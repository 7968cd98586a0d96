import type { Labels, Series } from '@gumshoe/base/series';
import type { OpenBlock } from './chunk.ts';
import { labelText } from './label-sets.ts';

interface Piece {
  readonly slots: Int32Array;
  readonly block: OpenBlock;
}

/**
 * Puts blocks one after the other into series. Values are decoded once, straight to where they stay; series with the
 * same instants share one array of them.
 */
export class SeriesJoin {
  readonly #labels: Labels[] = [];
  readonly #pieces: Piece[] = [];
  readonly #spaces = new Map<readonly Labels[], Int32Array>();
  #slotOf: Map<string, number> | undefined;

  /** `sets[block.ids[i]]` are the labels of the block's i-th series. Blocks come in the order of time. */
  add(sets: readonly Labels[], block: OpenBlock): void {
    let slots = this.#spaces.get(sets);
    if (slots === undefined || slots.length < sets.length) {
      slots = this.#slotsFor(sets);
      this.#spaces.set(sets, slots);
    }
    for (const id of block.ids)
      if (id >= sets.length) throw new RangeError('a block names labels that its dictionary lacks');
    this.#pieces.push({ slots, block });
  }

  /** Series that were just read, in place of a block. */
  addSeries(series: readonly Series[]): void {
    if (series.length === 0) return;
    const sets = series.map(({ labels }) => labels);
    this.add(sets, {
      ids: Uint32Array.from(series, (_, i) => i),
      timesOf: (i) => series[i]!.timestamps,
      readValues: (i, into) => into.set(series[i]!.values),
    });
  }

  /** The first dictionary's numbers are the slots; those of another day are found by their labels. */
  #slotsFor(sets: readonly Labels[]): Int32Array {
    if (this.#labels.length === 0) {
      for (const labels of sets) this.#labels.push(labels);
      return Int32Array.from(sets, (_, i) => i);
    }
    this.#slotOf ??= new Map(this.#labels.map((labels, i) => [labelText(labels), i]));
    const slotOf = this.#slotOf;
    return Int32Array.from(sets, (labels) => {
      const text = labelText(labels);
      let slot = slotOf.get(text);
      if (slot === undefined) slotOf.set(text, (slot = this.#labels.push(labels) - 1));
      return slot;
    });
  }

  /** @throws RangeError when a block is damaged. */
  series(): Series[] {
    const slots = this.#labels.length;
    const counts = new Uint32Array(slots);
    const parts: (Float64Array[] | undefined)[] = Array.from({ length: slots });
    for (const { slots: slotOf, block } of this.#pieces)
      for (let i = 0; i < block.ids.length; i++) {
        const slot = slotOf[block.ids[i]!]!;
        const times = block.timesOf(i);
        counts[slot]! += times.length;
        const known = parts[slot];
        if (known) known.push(times);
        else parts[slot] = [times];
      }
    const starts = new Float64Array(slots);
    let total = 0;
    for (let slot = 0; slot < slots; slot++) {
      starts[slot] = total;
      total += counts[slot]!;
    }
    const values = new Float64Array(total);
    const at = starts.slice();
    for (const { slots: slotOf, block } of this.#pieces)
      for (let i = 0; i < block.ids.length; i++) {
        const slot = slotOf[block.ids[i]!]!;
        const start = at[slot]!;
        const end = (at[slot] = start + block.timesOf(i).length);
        block.readValues(i, values.subarray(start, end));
      }
    const joined = new JoinedTimes();
    const out: Series[] = [];
    for (let slot = 0; slot < slots; slot++) {
      const own = parts[slot];
      if (own === undefined || counts[slot] === 0) continue;
      const start = starts[slot]!;
      out.push({
        labels: this.#labels[slot]!,
        timestamps: joined.of(own, counts[slot]!),
        values: values.subarray(start, start + counts[slot]!),
      });
    }
    return out;
  }
}

/** Columns of timestamps end to end, the same ones once. */
class JoinedTimes {
  readonly #numbers = new Map<Float64Array, number>();
  readonly #joined = new Map<string, Float64Array>();

  of(parts: readonly Float64Array[], count: number): Float64Array {
    if (parts.length === 1) return parts[0]!;
    let key = '';
    for (const part of parts) {
      let number = this.#numbers.get(part);
      if (number === undefined) this.#numbers.set(part, (number = this.#numbers.size));
      key += `${number},`;
    }
    let joined = this.#joined.get(key);
    if (joined === undefined) {
      joined = new Float64Array(count);
      let at = 0;
      for (const part of parts) {
        joined.set(part, at);
        at += part.length;
      }
      this.#joined.set(key, joined);
    }
    return joined;
  }
}
