import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import { boundsReconciled, hintsCollide, mixedSchemas, mixedWithFloats } from '../histogram-notes.ts';
import { sameHistogram } from '../histograms/layout.ts';
import { isReset } from '../histograms/reset.ts';
import { meanOf, totalOf, type Total } from '../histograms/total.ts';
import { NATIVE_RATE_FUNCTIONS } from './native-rate.ts';
import type { MixedWindow, NativeRangeFunction, Sample } from './native-windows.ts';

function summed(of: (all: readonly NativeHistogram[]) => Total): NativeRangeFunction {
  return ({ floats, natives }, notes) => {
    if (floats.hi > floats.lo) {
      notes.warn(mixedWithFloats(notes.metric));
      return undefined;
    }
    const total = of(natives.samples.slice(natives.lo, natives.hi));
    if (!total.histogram) notes.warn(mixedSchemas(notes.metric));
    if (total.hintsCollide) notes.warn(hintsCollide('aggregation'));
    if (total.boundsReconciled) notes.inform(boundsReconciled('aggregation'));
    return total.histogram;
  };
}

/** Samples of both types in the order of their times. */
function inOrder({ floats, natives }: MixedWindow): Sample[] {
  const out: Sample[] = [];
  let f = floats.lo;
  for (let n = natives.lo; n < natives.hi; n++) {
    for (; f < floats.hi && floats.timestamps[f]! < natives.timestamps[n]!; f++) out.push(floats.values[f]!);
    out.push(natives.samples[n]!);
  }
  for (; f < floats.hi; f++) out.push(floats.values[f]!);
  return out;
}

/** How often a sample and the one before it differ in the way asked for; another type always does. */
const transitions =
  (
    ofFloats: (now: number, before: number) => boolean,
    ofHistograms: (now: NativeHistogram, before: NativeHistogram) => boolean,
  ): NativeRangeFunction =>
  (window) => {
    let n = 0;
    const all = inOrder(window);
    for (let i = 1; i < all.length; i++) {
      const [before, now] = [all[i - 1]!, all[i]!];
      if (typeof before === 'number' && typeof now === 'number') n += Number(ofFloats(now, before));
      else if (typeof before === 'number' || typeof now === 'number') n++;
      else n += Number(ofHistograms(now, before));
    }
    return n;
  };

const times = ({ floats, natives }: MixedWindow): readonly number[] =>
  [floats, natives].flatMap(({ timestamps, lo, hi }) =>
    hi > lo ? [timestamps[lo]!, timestamps[hi - 1]!] : [],
  );

/** Functions of ranges that act on native histograms; others see the floats of a range only. */
export const NATIVE_RANGE_FUNCTIONS: ReadonlyMap<string, NativeRangeFunction> = new Map(
  Object.entries<NativeRangeFunction>({
    ...NATIVE_RATE_FUNCTIONS,
    sum_over_time: summed(totalOf),
    avg_over_time: summed(meanOf),
    count_over_time: ({ floats, natives }) => floats.hi - floats.lo + natives.hi - natives.lo,
    present_over_time: () => 1,
    last_over_time: (window) => inOrder(window).at(-1),
    first_over_time: (window) => inOrder(window)[0],
    ts_of_first_over_time: (window) => Math.min(...times(window)) / 1000,
    ts_of_last_over_time: (window) => Math.max(...times(window)) / 1000,
    changes: transitions(
      (now, before) => now !== before && !(Number.isNaN(now) && Number.isNaN(before)),
      (now, before) => !sameHistogram(now, before),
    ),
    resets: transitions((now, before) => now < before, isReset),
  }),
);
