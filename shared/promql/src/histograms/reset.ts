import { isCustom } from '@gumshoe/base/native-histogram';
import type { NativeHistogram, SparseBuckets } from '@gumshoe/base/native-histogram';
import { commonBounds, reduceResolution, sameBounds, withBounds } from './layout.ts';
import { widenZeroBucket } from './zero-bucket.ts';

/**
 * Whether a counter started anew between two samples: the later one says so, or it misses something that the earlier one
 * had counted (Prometheus, FloatHistogram.DetectReset). A finer schema or a narrower zero bucket only come with a restart.
 */
export function isReset(now: NativeHistogram, before: NativeHistogram): boolean {
  if (now.hint === 'reset') return true;
  if (now.hint === 'none') return false;
  if (now.count < before.count || isCustom(now) !== isCustom(before)) return true;
  if (isCustom(now)) return customReset(now, before);
  if (now.schema > before.schema || now.zeroThreshold < before.zeroThreshold) return true;
  const earlier = widenZeroBucket(before, now.zeroThreshold);
  if (earlier.zeroThreshold !== now.zeroThreshold || now.zeroCount < earlier.zeroCount) return true;
  const coarse = reduceResolution(earlier, now.schema);
  return falls(now.positive, coarse.positive) || falls(now.negative, coarse.negative);
}

/** Different bounds are no restart by themselves: what lies between those that both have is compared. */
function customReset(now: NativeHistogram, before: NativeHistogram): boolean {
  if (sameBounds(now, before)) return falls(now.positive, before.positive);
  const bounds = commonBounds(now, before);
  return falls(withBounds(now, bounds).positive, withBounds(before, bounds).positive);
}

/** Whether any bucket has less than it had. */
function falls(now: SparseBuckets, before: SparseBuckets): boolean {
  let at = 0;
  for (let i = 0; i < before.indexes.length; i++) {
    const index = before.indexes[i]!;
    while (at < now.indexes.length && now.indexes[at]! < index) at++;
    const count = now.indexes[at] === index ? now.counts[at]! : 0;
    if (count < before.counts[i]!) return true;
  }
  return false;
}
