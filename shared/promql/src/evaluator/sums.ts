/**
 * Sum of one window with what rounding loses added at the end (Kahan-Neumaier, as Prometheus: util/kahansum). The loss of an
 * addition is found without a branch (Knuth's two-sum), which is the same number.
 */
export function sumOf(values: Float64Array, lo: number, hi: number): number {
  let sum = 0;
  let rest = 0;
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    const next = sum + value;
    const part = next - sum;
    rest += sum - (next - part) + (value - part);
    sum = next;
  }
  const total = sum + rest;
  return total - total === 0 ? total : sum;
}

/** Mean: from the sum while that is finite, else step by step, so that it does not overflow where the mean does not. */
export function meanOf(values: Float64Array, lo: number, hi: number): number {
  const n = hi - lo;
  const sum = sumOf(values, lo, hi);
  return sum - sum === 0 ? sum / n : stepwiseMean(values, lo, hi);
}

function stepwiseMean(values: Float64Array, lo: number, hi: number): number {
  let mean = 0;
  for (let i = lo; i < hi; i++) {
    const n = i - lo + 1;
    mean = ((n - 1) / n) * mean + values[i]! / n;
  }
  return mean;
}

/** Population variance, by Welford's method with compensated sums. */
export function varianceOf(values: Float64Array, lo: number, hi: number): number {
  let mean = 0;
  let meanRest = 0;
  let squares = 0;
  let squaresRest = 0;
  for (let i = lo; i < hi; i++) {
    const value = values[i]!;
    const delta = value - (mean + meanRest);
    const step = delta / (i - lo + 1);
    const nextMean = mean + step;
    if (nextMean - nextMean !== 0) meanRest = 0;
    else meanRest += Math.abs(mean) >= Math.abs(step) ? mean - nextMean + step : step - nextMean + mean;
    mean = nextMean;
    const square = delta * (value - (mean + meanRest));
    const nextSquares = squares + square;
    if (nextSquares - nextSquares !== 0) squaresRest = 0;
    else
      squaresRest +=
        Math.abs(squares) >= Math.abs(square)
          ? squares - nextSquares + square
          : square - nextSquares + squares;
    squares = nextSquares;
  }
  return (squares + squaresRest) / (hi - lo);
}

/** Interpolated quantile of the first `n` values, ascending, NaN first (Prometheus, promql/quantile.go). */
export function quantileOf(share: number, sorted: Float64Array, n = sorted.length): number {
  if (n === 0 || Number.isNaN(share)) return NaN;
  if (share < 0) return -Infinity;
  if (share > 1) return Infinity;
  const rank = share * (n - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(n - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return sorted[lower]! * (1 - weight) + sorted[upper]! * weight;
}

/** Up to this many values sorting by insertion is faster than the general way. */
const FEW = 48;

/** Puts the first `n` values in ascending order with NaN first. A typed array's own order has NaN last. */
export function sortNanFirst(values: Float64Array, n = values.length): void {
  if (n > FEW) return sortMany(values.subarray(0, n));
  for (let i = 1; i < n; i++) {
    const value = values[i]!;
    let at = i;
    while (at > 0) {
      const before = values[at - 1]!;
      // NaN goes before everything but NaN.
      if (before <= value || before !== before) break;
      values[at] = before;
      at--;
    }
    values[at] = value;
  }
}

function sortMany(values: Float64Array): void {
  values.sort();
  let nans = 0;
  while (nans < values.length && Number.isNaN(values[values.length - 1 - nans]!)) nans++;
  if (nans === 0) return;
  values.copyWithin(nans, 0, values.length - nans);
  values.fill(NaN, 0, nans);
}
