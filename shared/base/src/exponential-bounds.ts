/**
 * `2^(index * 2^-schema)`, the upper bound of a bucket of an exponential histogram. Beyond the largest double the last
 * bucket ends at that, as in Prometheus (model/histogram, getBoundExponential), and further ones at infinity.
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) return powerOfTwo(index * 2 ** -schema);
  const parts = 2 ** schema;
  const whole = Math.floor(index / parts);
  const part = index - whole * parts;
  // For every fraction of every schema V8's power is the nearest double, as Prometheus's table is.
  return part === 0 ? powerOfTwo(whole) : scaled(2 ** (part / parts), whole);
}

const powerOfTwo = (exponent: number): number => (exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent);

/** Below the normal numbers in two steps: the power alone would be 0. */
const scaled = (fraction: number, exponent: number): number =>
  exponent < -1022 ? fraction * 2 ** -1022 * 2 ** (exponent + 1022) : fraction * 2 ** exponent;
