/** Instants with `from < t <= to`, ms since the epoch. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

export const floorTo = (at: number, step: number): number => Math.floor(at / step) * step;
export const ceilTo = (at: number, step: number): number => Math.ceil(at / step) * step;

/** What of `whole` none of `held` covers: ascending, disjoint. */
export function missingOf(whole: Interval, held: readonly Interval[]): Interval[] {
  const missing: Interval[] = [];
  let reached = whole.from;
  for (const { from, to } of [...held].sort((a, b) => a.from - b.from)) {
    if (to <= reached) continue;
    if (from >= whole.to) break;
    if (from > reached) missing.push({ from: reached, to: from });
    reached = to;
  }
  if (reached < whole.to) missing.push({ from: reached, to: whole.to });
  return missing;
}

/** Sorted, with those that touch or overlap made one. */
export function union(intervals: readonly Interval[]): Interval[] {
  const out: Interval[] = [];
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    if (to <= from) continue;
    const last = out.at(-1);
    if (last && from <= last.to) out[out.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else out.push({ from, to });
  }
  return out;
}

/** The parts of an interval between multiples of `step`. */
export function slotsOf({ from, to }: Interval, step: number): Interval[] {
  const out: Interval[] = [];
  for (let at = from; at < to;) {
    const end = Math.min(to, floorTo(at, step) + step);
    out.push({ from: at, to: end });
    at = end;
  }
  return out;
}
