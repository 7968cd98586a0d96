import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import { labelText } from '../cache/label-sets.ts';

/**
 * Series with the native histograms that belong to them; what has no floats comes behind. `natives` are runs, those of one
 * series in the order of time. @throws RangeError when they are not.
 */
export function joinHistograms(floats: readonly Series[], natives: readonly Series[]): readonly Series[] {
  if (natives.length === 0) return floats;
  const runs = Map.groupBy(natives, ({ labels }) => labelText(labels));
  const own = (key: string): HistogramSamples => {
    const parts = runs.get(key)!.flatMap(({ histograms }) => histograms ?? []);
    runs.delete(key);
    return inTurn(parts);
  };
  const joined = floats.map((series): Series => {
    const key = labelText(series.labels);
    return runs.has(key) ? { ...series, histograms: own(key) } : series;
  });
  const rest = [...runs].map(([key, [first]]): Series => ({ ...first!, histograms: own(key) }));
  return [...joined, ...rest];
}

/** @throws RangeError when a part does not begin after the one before it. */
export function inTurn(parts: readonly HistogramSamples[]): HistogramSamples {
  if (parts.length === 1) return parts[0]!;
  const timestamps = new Float64Array(parts.reduce((sum, one) => sum + one.timestamps.length, 0));
  let [at, last] = [0, -Infinity];
  for (const part of parts) {
    if (part.timestamps.length > 0 && !(part.timestamps[0]! > last))
      throw new RangeError('runs of native histograms do not ascend');
    timestamps.set(part.timestamps, at);
    at += part.timestamps.length;
    last = part.timestamps.at(-1) ?? last;
  }
  return { timestamps, samples: parts.flatMap(({ samples }) => samples) };
}
