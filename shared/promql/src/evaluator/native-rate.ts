import { isCustom, NO_BUCKETS, type NativeHistogram } from '@gumshoe/base/native-histogram';
import { boundsReconciled, mixedSchemas, mixedWithFloats, notCounter, notGauge } from '../histogram-notes.ts';
import { asGauge, combine, divide, scale } from '../histograms/arithmetic.ts';
import { reduceResolution } from '../histograms/layout.ts';
import { isReset } from '../histograms/reset.ts';
import type { MixedWindow, NativeRangeFunction, NativeWindow, Notes } from './native-windows.ts';
import { extrapolation } from './rate.ts';

/** `a + sign * b`; undefined, with a warning, where their buckets are of different kinds. */
export function combined(
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
function growth(window: NativeWindow, counter: boolean, notes: Notes): NativeHistogram | undefined {
  const { samples, lo, hi, resetAt } = window;
  const last = samples[hi - 1]!;
  const anew = counter && resetAt(lo + 1);
  const first = anew ? emptyLike(samples[lo + 1]!) : samples[lo]!;
  noteKind(window, counter, notes);
  let coarsest = Math.min(first.schema, last.schema);
  let mixed = isCustom(first) !== isCustom(last);
  for (let i = lo + 1; counter && i < hi - 1; i++) {
    coarsest = Math.min(coarsest, samples[i]!.schema);
    if (isCustom(samples[i]!) !== isCustom(last)) mixed = true;
  }
  if (mixed) {
    notes.warn(mixedSchemas(notes.metric));
    return undefined;
  }
  let result = combined(reduceResolution(last, coarsest), first, -1, notes);
  for (let i = anew ? lo + 2 : lo + 1; counter && i < hi && result; i++)
    if (resetAt(i)) result = combined(result, samples[i - 1]!, 1, notes);
  return result && asGauge(result);
}

/** Says where a rate is taken of a gauge, or a difference of a counter. */
function noteKind({ samples, lo, hi }: NativeWindow, counter: boolean, notes: Notes): void {
  if (!counter) {
    const gauges = samples[lo]!.hint === 'gauge' && samples[hi - 1]!.hint === 'gauge';
    if (!gauges) notes.warn(notGauge(notes.metric));
    return;
  }
  for (let i = lo; i < hi; i++) if (samples[i]!.hint === 'gauge') return notes.warn(notCounter(notes.metric));
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
