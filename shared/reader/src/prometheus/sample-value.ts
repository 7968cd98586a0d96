const INFINITY: Readonly<Record<string, number>> = { '+Inf': Infinity, Inf: Infinity, '-Inf': -Infinity };

/** A sample as the HTTP API writes it; NaN also for what is no number. */
export function sampleValue(text: string): number {
  const value = Number(text);
  // a look at the table would keep every text in memory
  return Number.isNaN(value) ? (INFINITY[text] ?? NaN) : value;
}
