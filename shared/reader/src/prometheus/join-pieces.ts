import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { GridSeries, Series } from '@gumshoe/base/series';
import { labelText } from '../cache/label-sets.ts';

/** Pieces of time one after the other, none overlapping: each series once, in the order first seen. */
export function joinPieces(pieces: readonly (readonly Series[])[]): readonly Series[] {
  if (pieces.length === 1) return pieces[0]!;
  const parts = new Map<string, Series[]>();
  for (const piece of pieces)
    for (const series of piece) {
      const key = labelText(series.labels);
      const known = parts.get(key);
      if (known) known.push(series);
      else parts.set(key, [series]);
    }
  return [...parts.values()].map((own) => (own.length === 1 ? own[0]! : joined(own)));
}

function joined(parts: readonly Series[]): Series {
  const floats = {
    labels: parts[0]!.labels,
    timestamps: concatenated(parts.map(({ timestamps }) => timestamps)),
    values: concatenated(parts.map(({ values }) => values)),
  };
  const natives = parts.flatMap(({ histograms }) => histograms ?? []);
  if (natives.length === 0) return floats;
  const histograms = {
    timestamps: concatenated(natives.map(({ timestamps }) => timestamps)),
    samples: natives.flatMap(({ samples }) => samples),
  };
  return { ...floats, histograms };
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

interface JoinedGrid extends GridSeries {
  histograms?: (NativeHistogram | undefined)[];
}

/** Parts of a grid one after the other; `points` of each, NaN where a series is not in a part. */
export function joinGrids(
  parts: readonly { readonly series: readonly GridSeries[]; readonly points: number }[],
): readonly GridSeries[] {
  if (parts.length === 1) return parts[0]!.series;
  const total = parts.reduce((sum, { points }) => sum + points, 0);
  const whole = new Map<string, JoinedGrid>();
  let at = 0;
  for (const { series, points } of parts) {
    for (const { labels, values, histograms } of series) {
      const key = labelText(labels);
      let known = whole.get(key);
      if (known === undefined)
        whole.set(key, (known = { labels, values: new Float64Array(total).fill(NaN) }));
      known.values.set(values, at);
      if (histograms === undefined) continue;
      const all = (known.histograms ??= Array.from({ length: total }));
      histograms.forEach((one, i) => (all[at + i] = one));
    }
    at += points;
  }
  return [...whole.values()];
}
