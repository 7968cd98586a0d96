import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import { combine, divide, scale } from './arithmetic.ts';

/** A sum or mean of several, with what an annotation has to say of it. */
export interface Total {
  /** Undefined where exponential and custom buckets meet. */
  readonly histogram: NativeHistogram | undefined;
  readonly hintsCollide: boolean;
  readonly boundsReconciled: boolean;
}

/** Sum of at least one histogram. */
export function totalOf(all: readonly NativeHistogram[]): Total {
  return folded(all, (sum, next) => combine(sum, next, 1));
}

/** Mean of at least one histogram: from the sum while that is finite, else step by step. */
export function meanOf(all: readonly NativeHistogram[]): Total {
  const total = totalOf(all);
  if (!total.histogram) return total;
  if (isFinite(total.histogram)) return { ...total, histogram: divide(total.histogram, all.length) };
  let n = 1;
  return folded(all, (mean, next) => {
    n++;
    return combine(scale(mean, (n - 1) / n), divide(next, n), 1);
  });
}

const isFinite = ({ count, sum }: NativeHistogram): boolean =>
  Math.abs(count) !== Infinity && Math.abs(sum) !== Infinity;

function folded(
  all: readonly NativeHistogram[],
  put: (so: NativeHistogram, next: NativeHistogram) => ReturnType<typeof combine>,
): Total {
  let histogram = all[0];
  let boundsReconciled = false;
  for (let i = 1; i < all.length && histogram; i++) {
    const made = put(histogram, all[i]!);
    histogram = made?.histogram;
    if (made?.boundsReconciled) boundsReconciled = true;
  }
  const hints = new Set(all.map(({ hint }) => hint));
  return { histogram, hintsCollide: hints.has('reset') && hints.has('none'), boundsReconciled };
}
