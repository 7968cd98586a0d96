/** Spread of latencies around their mean: a log-normal distribution. */
const SIGMA = 0.6;

const MEAN_OF_NORMAL = (SIGMA * SIGMA) / 2;
/** Standard normal distribution, after Abramowitz and Stegun 26.2.17. */
function normal(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x > 0 ? 1 - tail : tail;
}

/** Share of requests that take at most `limit`, both in the same unit. */
export const shareWithin = (mean: number, limit: number): number =>
  normal((Math.log(limit / mean) + MEAN_OF_NORMAL) / SIGMA);

/** 50, 90, 95 and 99 % are 0, 1.2816, 1.6449 and 2.3263 deviations. */
export const quantileOf = (mean: number, deviations: number): number =>
  mean * Math.exp(SIGMA * deviations - MEAN_OF_NORMAL);

/** One latency; `a` and `b` uniform in 0..1. */
export const sampleOf = (mean: number, a: number, b: number): number =>
  quantileOf(mean, Math.sqrt(-2 * Math.log(Math.max(a, 1e-9))) * Math.cos(2 * Math.PI * b));
