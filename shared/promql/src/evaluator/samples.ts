import type { GridHistograms, Labels } from '@gumshoe/base/series';
import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import { newPresence, newValues } from './slab.ts';
import type { Column } from './values.ts';

/** Whether a column has a sample of any type at a step. */
export const isThere = ({ present, histograms }: Column, i: number): boolean =>
  present[i] !== 0 || histograms?.[i] !== undefined;

/** Where a column has a sample of any type. Not to be written to. */
export function presenceOf({ present, histograms }: Column): Uint8Array {
  if (!histograms) return present;
  return present.map((there, i) => (histograms[i] === undefined ? there : 1));
}

/** The sample of a step at which there is one. */
export const sampleAt = ({ values, histograms }: Column, i: number): number | NativeHistogram =>
  histograms?.[i] ?? values[i]!;

const hasAny = (histograms: GridHistograms): boolean => histograms.some((one) => one !== undefined);

/** Columns that hold anything at all. */
export const nonEmpty = (columns: readonly Column[]): readonly Column[] =>
  columns.filter((one) => one.present.includes(1) || one.histograms !== undefined);

export const relabelled = ({ values, present, histograms }: Column, labels: Labels): Column =>
  histograms ? { labels, values, present, histograms } : { labels, values, present };

/** The samples of the steps that `mask` has a 1 at. */
export function masked({ labels, values, present, histograms }: Column, mask: Uint8Array): Column {
  const kept = newPresence(present.length);
  for (let i = 0; i < kept.length; i++) kept[i] = present[i]! & mask[i]!;
  return histograms
    ? withHistograms(
        { labels, values, present: kept },
        histograms.map((one, i) => (mask[i] === 0 ? undefined : one)),
      )
    : { labels, values, present: kept };
}

/** Only the floats; the same column where it has nothing else. */
export const floatsOf = (column: Column): Column =>
  column.histograms ? { labels: column.labels, values: column.values, present: column.present } : column;

export function withHistograms(column: Column, histograms: GridHistograms): Column {
  const { labels, values, present } = column;
  return hasAny(histograms) ? { labels, values, present, histograms } : { labels, values, present };
}

/** A column to be filled with samples of either type. */
export class MixedColumn {
  readonly values: Float64Array;
  readonly present: Uint8Array;
  readonly histograms: (NativeHistogram | undefined)[];

  constructor(points: number) {
    this.values = newValues(points);
    this.present = newPresence(points);
    this.histograms = Array.from({ length: points });
  }

  float(i: number, value: number): void {
    this.values[i] = value;
    this.present[i] = 1;
  }

  histogram(i: number, histogram: NativeHistogram): void {
    this.histograms[i] = histogram;
  }

  /** Undefined when nothing was put in. */
  column(labels: Labels): Column | undefined {
    const made = withHistograms({ labels, values: this.values, present: this.present }, this.histograms);
    return made.histograms || made.present.includes(1) ? made : undefined;
  }
}
