import { isCustom, NO_BUCKETS, type NativeHistogram } from '@gumshoe/base/native-histogram';
import { boundsReconciled, mixedSchemas, mixedWithFloats, notCounter, notGauge } from '../histogram-notes.ts';
import { asGauge, combine, divide, scale } from '../histograms/arithmetic.ts';
import { reduceResolution } from '../histograms/layout.ts';
import { isReset } from '../histograms/reset.ts';
import type { MixedWindow, NativeRangeFunction, NativeWindow, Notes } from './native-windows.ts';
import { extrapolation } from './rate.ts';

/** `a + sign * b`; undefined, with a warning, where their buckets are of different kinds. */
function combined(
  a: NativeHistogram,
  b: NativeHistogram,
  sign: 1 | -1,
  notes: Notes,
): NativeHistogram | undefined {
  const made = combine(a, b, sign);
  if (!made) notes.warn(mixedSchemas(notes.metric));
  else if (made.boundsReconciled) notes.inform(boundsReconciled(sign === 1 ? 'addition' : 'subtraction'));
  return made?.histogram;
}

/** A histogram of nothing in the layout of another. */
const emptyLike = (histogram: NativeHistogram): NativeHistogram => ({
  ...histogram,
  count: 0,
  sum: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
  hint: 'unknown',
});

/**
 * What a window counted, or by how much a gauge changed, before extrapolation (Prometheus, histogramRate). The first sample
 * does not matter where the counter starts anew right after it.
 */
function growth(
  { samples, lo, hi }: NativeWindow,
  counter: boolean,
  notes: Notes,
): NativeHistogram | undefined {
  const last = samples[hi - 1]!;
  let before = samples[lo]!;
  const second = samples[lo + 1]!;
  const all = samples.slice(lo, hi);
  if (counter && all.some(({ hint }) => hint === 'gauge')) notes.warn(notCounter(notes.metric));
  if (!counter && (before.hint !== 'gauge' || last.hint !== 'gauge')) notes.warn(notGauge(notes.metric));
  if (counter && isReset(second, before)) before = emptyLike(second);
  const middle = counter ? samples.slice(lo + 1, hi - 1) : [];
  if ([...middle, before].some((one) => isCustom(one) !== isCustom(last))) {
    notes.warn(mixedSchemas(notes.metric));
    return undefined;
  }
  const coarsest = Math.min(...[...middle, before, last].map(({ schema }) => schema));
  let result = combined(reduceResolution(last, coarsest), before, -1, notes);
  for (let i = lo + 1; counter && i < hi && result; i++) {
    const now = samples[i]!;
    if (isReset(now, before)) result = combined(result, before, 1, notes);
    before = now;
  }
  return result && asGauge(result);
}

function extrapolated(perSecond: boolean, counter: boolean): NativeRangeFunction {
  return ({ floats, natives }, notes) => {
    if (floats.hi > floats.lo) {
      notes.warn(mixedWithFloats(notes.metric));
      return undefined;
    }
    if (natives.hi - natives.lo < 2) return undefined;
    const result = growth(natives, counter, notes);
    if (!result) return undefined;
    const factor = extrapolation(natives, counter, result.count);
    return scale(result, perSecond ? factor / ((natives.end - natives.start) / 1000) : factor);
  };
}

interface Timed {
  readonly time: number;
  readonly sample: number | NativeHistogram;
}

/** The last two samples of whatever type. */
function lastTwo({ floats, natives }: MixedWindow): readonly Timed[] {
  const all: Timed[] = [];
  for (let i = Math.max(floats.lo, floats.hi - 2); i < floats.hi; i++)
    all.push({ time: floats.timestamps[i]!, sample: floats.values[i]! });
  for (let i = Math.max(natives.lo, natives.hi - 2); i < natives.hi; i++)
    all.push({ time: natives.timestamps[i]!, sample: natives.samples[i]! });
  return all.sort((a, b) => a.time - b.time).slice(-2);
}

function instant(counter: boolean): NativeRangeFunction {
  return (window, notes) => {
    const [before, now] = lastTwo(window);
    if (!before || !now || before.time === now.time) return undefined;
    const seconds = (now.time - before.time) / 1000;
    if (typeof before.sample === 'number' && typeof now.sample === 'number') {
      const fell = counter && now.sample < before.sample;
      const difference = fell ? now.sample : now.sample - before.sample;
      return counter ? difference / seconds : difference;
    }
    if (typeof before.sample === 'number' || typeof now.sample === 'number') {
      notes.warn(mixedWithFloats(notes.metric));
      return undefined;
    }
    const hints = [before.sample.hint, now.sample.hint];
    if (counter && hints.includes('gauge')) notes.warn(notCounter(notes.metric));
    if (!counter && hints.some((hint) => hint !== 'gauge')) notes.warn(notGauge(notes.metric));
    const anew = counter && isReset(now.sample, before.sample);
    const result = anew ? now.sample : combined(now.sample, before.sample, -1, notes);
    if (!result) return undefined;
    return counter ? divide(asGauge(result), seconds) : asGauge(result);
  };
}

export const NATIVE_RATE_FUNCTIONS: Readonly<Record<string, NativeRangeFunction>> = {
  rate: extrapolated(true, true),
  increase: extrapolated(false, true),
  delta: extrapolated(false, false),
  irate: instant(true),
  idelta: instant(false),
};
