/** Rows of figures under their headings, right-aligned. */
export function figures(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((text, i) => Math.max(text.length, ...rows.map((row) => (row[i] ?? '').length)));
  return [header, ...rows]
    .map((row) => row.map((text, i) => text.padStart(widths[i] ?? 0)).join('  '))
    .join('\n');
}

/** The middle one, or the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The value that `share` of the values are below. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? NaN;
}
