import type { Samples } from './flame-graph.ts';

/** A frame whose share of all samples changed between two profiles. Shares are 0..1. */
export interface FrameShift {
  readonly frame: string;
  /** Share of samples with the frame anywhere on the stack, before and after. */
  readonly baseline: number;
  readonly current: number;
  /** Share of samples with the frame on top, after. */
  readonly self: number;
}

/**
 * Frames that grew most against a baseline, by growth. Among frames of one call chain that grew alike, the
 * innermost comes first: it is where the time is spent. An empty baseline counts as no samples at all.
 */
export function diffTopFrames(current: Samples, baseline: Samples, limit = 5): readonly FrameShift[] {
  const now = sharesOf(current);
  const before = sharesOf(baseline);
  const shifts = [...now].map(([frame, share]) => ({
    frame,
    baseline: before.get(frame)?.total ?? 0,
    current: share.total,
    self: share.self,
  }));
  const grown = shifts.filter((shift) => shift.current - shift.baseline > 0.01);
  grown.sort((a, b) => growth(b) - growth(a) || b.self - a.self || (a.frame < b.frame ? -1 : 1));
  return grown.slice(0, limit);
}

/** Frames of interpreted code, from perf maps: `py::name:file`, `JS:*name file:line`, `name file.py:12`. */
const OWN_CODE = /^py::|^JS:|\.(py|js|mjs|cjs|ts|rb|php)\b/;

/**
 * Growth where the frame itself runs counts double: callers grow with it and explain less. The program's own
 * code counts double as well: an interpreter's inner loop grows with any of it.
 */
const growth = (shift: FrameShift): number =>
  (shift.current - shift.baseline) * (1 + shift.self) * (OWN_CODE.test(shift.frame) ? 2 : 1);

function sharesOf(samples: Samples): Map<string, { total: number; self: number }> {
  const shares = new Map<string, { total: number; self: number }>();
  const all = samples.values.reduce((sum, value) => sum + value, 0);
  if (!(all > 0)) return shares;
  const entry = (frame: number) => {
    const name = samples.frames[frame] ?? '?';
    let found = shares.get(name);
    if (found === undefined) shares.set(name, (found = { total: 0, self: 0 }));
    return found;
  };
  samples.stacks.forEach((stack, i) => {
    const share = (samples.values[i] ?? 0) / all;
    const names = new Set([...stack].map((frame) => entry(frame)));
    for (const found of names) found.total += share;
    const top = stack[0];
    if (top !== undefined) entry(top).self += share;
  });
  return shares;
}
