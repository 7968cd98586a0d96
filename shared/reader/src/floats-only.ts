import type { Series } from '@gumshoe/base/series';

/**
 * Series for a place that holds floats only: native histograms are taken off, and told to `left` with their number. What
 * has nothing else is left out.
 */
export function floatsOnly(
  all: readonly Series[],
  left: (metric: string, samples: number) => void,
): readonly Series[] {
  if (all.every(({ histograms }) => histograms === undefined)) return all;
  return all.flatMap((series) => {
    const { labels, timestamps, values, histograms } = series;
    if (histograms === undefined) return series;
    left(labels['__name__'] ?? '', histograms.samples.length);
    return values.length > 0 ? { labels, timestamps, values } : [];
  });
}
