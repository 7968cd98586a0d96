import { labelsKey } from '@gumshoe/base/series';
import type { Labels, Series } from '@gumshoe/base/series';
import type { Matcher } from '@gumshoe/promql/matchers';
import type { SeriesSource } from '@gumshoe/promql/source';
import { HistogramStore, type IncomingHistograms } from './histogram-store.ts';
import {
  MetricStore,
  type AppendResult,
  type IncomingSeries,
  type MetricStoreOptions,
} from './metric-store.ts';

/** Of the memory for samples, what native histograms may have. */
const HISTOGRAM_SHARE = 0.25;

/** All samples of the embedded store: floats and native histograms, one series where both have its labels. */
export class SampleStore implements SeriesSource {
  readonly floats: MetricStore;
  readonly histograms: HistogramStore;

  constructor(directory: string, options: MetricStoreOptions) {
    const histograms = Math.floor(options.memoryLimit * HISTOGRAM_SHARE);
    this.floats = MetricStore.open(directory, { ...options, memoryLimit: options.memoryLimit - histograms });
    this.histograms = new HistogramStore(directory, { ...options, memoryLimit: histograms });
  }

  get seriesCount(): number {
    return this.floats.seriesCount + this.histograms.seriesCount;
  }

  select(matchers: readonly Matcher[], from: number, to: number): readonly Series[] {
    const floats = this.floats.select(matchers, from, to);
    if (this.histograms.seriesCount === 0) return floats;
    const natives = new Map(
      this.histograms.select(matchers, from, to).map((one) => [labelsKey(one.labels), one]),
    );
    if (natives.size === 0) return floats;
    const both = floats.map((one) => {
      const histograms = natives.get(labelsKey(one.labels))?.histograms;
      if (!histograms) return one;
      natives.delete(labelsKey(one.labels));
      return { ...one, histograms };
    });
    return [...both, ...natives.values()];
  }

  /** Label sets with any sample in the closed interval; one that has both types may be there twice. */
  labelSets(matchers: readonly Matcher[], from: number, to: number): readonly Labels[] {
    return [...this.floats.labelSets(matchers, from, to), ...this.histograms.labelSets(matchers, from, to)];
  }

  labelNames(): readonly string[] {
    return merged(this.floats.labelNames(), this.histograms.labelNames());
  }

  labelValues(name: string): readonly string[] {
    return merged(this.floats.labelValues(name), this.histograms.labelValues(name));
  }

  /** Throws RangeError on histograms that are none, before anything is accepted. */
  append(series: readonly (IncomingSeries & IncomingHistograms)[]): AppendResult {
    const natives = this.histograms.append(series.filter(({ histograms }) => histograms.length > 0));
    const floats = this.floats.append(series.filter(({ timestamps }) => timestamps.length > 0));
    const refused = new Map(floats.refused);
    for (const [reason, count] of natives.refused) refused.set(reason, (refused.get(reason) ?? 0) + count);
    return {
      appended: floats.appended + natives.appended,
      duplicates: floats.duplicates + natives.duplicates,
      refused,
    };
  }

  close(): void {
    this.floats.close();
    this.histograms.close();
  }
}

const merged = (a: readonly string[], b: readonly string[]): readonly string[] =>
  b.length === 0 ? a : [...new Set([...a, ...b])].sort();
