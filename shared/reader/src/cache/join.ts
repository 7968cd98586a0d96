import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import type { Labels, Series } from '@gumshoe/base/series';
import { roomOf } from '../snapshot/columns.ts';
import { inTurn } from '../snapshot/join-histograms.ts';
import type { NumberedHistograms, OpenBlock } from './chunk.ts';
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
  readonly #histograms = new Map<number, HistogramSamples[]>();
  readonly #spaces = new Map<readonly Labels[], Int32Array>();
  #slotOf: Map<string, number> | undefined;

  /** `sets[block.ids[i]]` are the labels of the block's i-th series. Blocks come in the order of time. */
  add(sets: readonly Labels[], block: OpenBlock): void {
    const slots = this.#slotsOf(sets);
    for (const id of block.ids)
      if (id >= sets.length) throw new RangeError('a block names labels that its dictionary lacks');
    this.#pieces.push({ slots, block });
  }

  /** Runs of native histograms of the same series, also in the order of time. */
  addHistograms(sets: readonly Labels[], runs: readonly NumberedHistograms[]): void {
    const slots = this.#slotsOf(sets);
    for (const { id, histograms } of runs) {
      if (!(id >= 0 && id < sets.length))
        throw new RangeError('a block names labels that its dictionary lacks');
      const known = this.#histograms.get(slots[id]!);
      if (known) known.push(histograms);
      else this.#histograms.set(slots[id]!, [histograms]);
    }
  }

  /** Series that were just read, in place of a block. */
  addSeries(series: readonly Series[]): void {
    if (series.length === 0) return;
    const sets = series.map(({ labels }) => labels);
    this.add(sets, {
      ids: Uint32Array.from(series, (_, i) => i),
      timesOf: (i) => series[i]!.timestamps,
      constantOf: () => NaN,
      readValues: (i, into, at) => into.values.set(series[i]!.values, at),
    });
    const natives = series.flatMap(({ histograms }, id) => (histograms ? [{ id, histograms }] : []));
    if (natives.length > 0) this.addHistograms(sets, natives);
  }

  #slotsOf(sets: readonly Labels[]): Int32Array {
    let slots = this.#spaces.get(sets);
    if (slots === undefined || slots.length < sets.length) {
      slots = this.#slotsFor(sets);
      this.#spaces.set(sets, slots);
    }
    return slots;
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
    /** The one value that a series has all along, else NaN: many counters never move. */
    const constants = new Float64Array(slots);
    for (const { slots: slotOf, block } of this.#pieces)
      for (let i = 0; i < block.ids.length; i++) {
        const slot = slotOf[block.ids[i]!]!;
        const times = block.timesOf(i);
        const constant = block.constantOf(i);
        constants[slot] = counts[slot] === 0 || constants[slot] === constant ? constant : NaN;
        counts[slot]! += times.length;
        const known = parts[slot];
        if (known) known.push(times);
        else parts[slot] = [times];
      }
    const columns = this.#decode(counts, constants);
    const joined = new JoinedTimes();
    const out: Series[] = [];
    for (let slot = 0; slot < slots; slot++) {
      const histograms = this.#histograms.get(slot);
      if (counts[slot] === 0 && !histograms) continue;
      out.push({
        labels: this.#labels[slot]!,
        timestamps: joined.of(parts[slot] ?? [], counts[slot]!),
        values: columns[slot]!,
        ...(histograms ? { histograms: inTurn(histograms) } : {}),
      });
    }
    return out;
  }

  /** The values of each slot; constants of one value and length are one array. */
  #decode(counts: Uint32Array, constants: Float64Array): Float64Array[] {
    const starts = new Float64Array(counts.length);
    let total = 0;
    for (let slot = 0; slot < counts.length; slot++) {
      starts[slot] = total;
      if (constants[slot] !== constants[slot]) total += counts[slot]!;
    }
    const values = new Float64Array(total);
    const room = roomOf(values);
    const at = starts.slice();
    for (const { slots: slotOf, block } of this.#pieces)
      for (let i = 0; i < block.ids.length; i++) {
        const slot = slotOf[block.ids[i]!]!;
        if (constants[slot] === constants[slot]) continue;
        block.readValues(i, room, at[slot]!);
        at[slot]! += block.timesOf(i).length;
      }
    const shared = new Map<number, Map<number, Float64Array>>();
    return Array.from(starts, (start, slot) => {
      const [count, constant] = [counts[slot]!, constants[slot]!];
      if (constant !== constant) return values.subarray(start, start + count);
      const ofCount = shared.get(count) ?? new Map<number, Float64Array>();
      shared.set(count, ofCount);
      const column = ofCount.get(constant) ?? new Float64Array(count).fill(constant);
      ofCount.set(constant, column);
      return column;
    });
  }
}

/** Columns of timestamps end to end, the same ones once. */
class JoinedTimes {
  readonly #numbers = new Map<Float64Array, number>();
  readonly #joined = new Map<string, Float64Array>();
  /** Series that come one after the other have the same as a rule. */
  #last: { readonly parts: readonly Float64Array[]; readonly joined: Float64Array } | undefined;

  of(parts: readonly Float64Array[], count: number): Float64Array {
    if (parts.length === 1 && parts[0]!.length === count) return parts[0]!;
    const last = this.#last;
    if (last && last.parts.length === parts.length && last.parts.every((part, i) => part === parts[i]))
      return last.joined;
    const joined = this.#join(parts, count);
    this.#last = { parts, joined };
    return joined;
  }

  #join(parts: readonly Float64Array[], count: number): Float64Array {
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
