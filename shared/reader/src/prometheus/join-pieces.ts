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
  return [...parts.values()].map((own) =>
    own.length === 1
      ? own[0]!
      : {
          labels: own[0]!.labels,
          timestamps: concatenated(own.map(({ timestamps }) => timestamps)),
          values: concatenated(own.map(({ values }) => values)),
        },
  );
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

/** Parts of a grid one after the other; `points` of each, NaN where a series is not in a part. */
export function joinGrids(
  parts: readonly { readonly series: readonly GridSeries[]; readonly points: number }[],
): readonly GridSeries[] {
  if (parts.length === 1) return parts[0]!.series;
  const total = parts.reduce((sum, { points }) => sum + points, 0);
  const joined = new Map<string, { readonly labels: GridSeries['labels']; readonly values: Float64Array }>();
  let at = 0;
  for (const { series, points } of parts) {
    for (const { labels, values } of series) {
      const key = labelText(labels);
      let known = joined.get(key);
      if (known === undefined)
        joined.set(key, (known = { labels, values: new Float64Array(total).fill(NaN) }));
      known.values.set(values, at);
    }
    at += points;
  }
  return [...joined.values()];
}
