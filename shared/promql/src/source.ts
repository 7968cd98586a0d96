import type { Series } from '@gumshoe/base/series';
import type { Matcher } from './matchers.ts';

/** Raw samples for the evaluator. Hosts that read asynchronously prefetch what `selectorsOf` names. */
export interface SeriesSource {
  /** Samples with `from < t <= to` (ms) of every series that all matchers accept. */
  select(matchers: readonly Matcher[], from: number, to: number): readonly Series[];
}

/** How far back an instant selector looks, ms (Prometheus: --query.lookback-delta). */
export const LOOKBACK = 300_000;

const LOW = 2;
const HIGH = 0x7ff00000;
const wordsOf = new WeakMap<ArrayBufferLike, Uint32Array>();

/** The bits behind `values`: a NaN's payload does not survive being passed around as a number. */
function words(values: Float64Array): Uint32Array {
  const known = wordsOf.get(values.buffer);
  if (known) return known;
  const made = new Uint32Array(values.buffer);
  wordsOf.set(values.buffer, made);
  return made;
}

/** Whether sample `i` is the stale marker, a NaN with bits 0x7ff0000000000002 (Prometheus, model/value). */
export function isStaleAt(values: Float64Array, i: number): boolean {
  if (!Number.isNaN(values[i])) return false;
  const at = values.byteOffset / 4 + i * 2;
  const all = words(values);
  return all[at] === LOW && all[at + 1] === HIGH;
}

/** Makes sample `i` the stale marker. */
export function markStale(values: Float64Array, i: number): void {
  const at = values.byteOffset / 4 + i * 2;
  const all = words(values);
  all[at] = LOW;
  all[at + 1] = HIGH;
}
