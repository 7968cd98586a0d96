import type { Labels, Series } from '@gumshoe/base/series';
import type { TimeGrid } from '@gumshoe/base/time';
import type { DraftRegistry } from './drafts.ts';
import type { KubernetesState } from './kubernetes.ts';
import { mergeInstants, type Instants } from './presence.ts';
import { Resampler } from './resample.ts';

/** What every builder needs: the series by name, the grid and how to judge freshness. */
export class BuildContext {
  readonly groups: ReadonlyMap<string, readonly Series[]>;
  readonly grid: TimeGrid;
  readonly resampler: Resampler;
  /** ms between samples, typically. */
  readonly interval: number;
  /** ms without a sample after which a subject counts as silent. */
  readonly staleness: number;
  /** '' for samples that name no cluster. */
  readonly clusterOf: (labels: Labels) => string;
  readonly #heartbeats = new Map<string, Instants>();

  constructor(
    groups: ReadonlyMap<string, readonly Series[]>,
    grid: TimeGrid,
    interval: number,
    clusterOf: (labels: Labels) => string,
  ) {
    this.groups = groups;
    this.clusterOf = clusterOf;
    this.grid = grid;
    this.interval = interval;
    this.staleness = Math.max(2.5 * interval, 8000);
    this.resampler = new Resampler(grid);
    this.#findHeartbeats();
  }

  named(metric: { readonly name: string } | string): readonly Series[] {
    return this.groups.get(typeof metric === 'string' ? metric : metric.name) ?? [];
  }

  /** Sample times of everything a node reports. */
  heartbeat(node: string): Instants {
    return this.#heartbeats.get(node) ?? NO_INSTANTS;
  }

  get nodes(): readonly string[] {
    return [...this.#heartbeats.keys()];
  }

  #findHeartbeats(): void {
    const parts = new Map<string, Float64Array[]>();
    for (const name of HEARTBEAT_METRICS) {
      for (const series of this.named(name)) {
        const node = series.labels.machine_id ?? '';
        const list = parts.get(node);
        if (list) list.push(series.timestamps);
        else parts.set(node, [series.timestamps]);
      }
    }
    for (const [node, list] of parts) this.#heartbeats.set(node, mergeInstants(list));
  }

  /** ms without a sample after which this series is silent: some are scraped less often than most. */
  stalenessOf({ timestamps }: Pick<Series, 'timestamps'>): number {
    return Math.max(this.staleness, 2.5 * Math.min(paceOf(timestamps), MAX_PACE));
  }

  /** Whether a series began while its node was already watched. */
  isBorn({ timestamps, labels }: Series): boolean {
    const observedSince = this.heartbeat(labels.machine_id ?? '')[0] ?? Infinity;
    return timestamps[0]! > observedSince + 1.5 * Math.max(this.interval, paceOf(timestamps));
  }

  /** Rate of a counter of events, which starts at zero when its series is born under observation. */
  eventRate(series: Series): Float64Array {
    const maxGap = 2 * this.stalenessOf(series);
    const zeroAt = series.timestamps[0]! - this.interval;
    return this.resampler.rate(series, this.isBorn(series) ? { maxGap, zeroAt } : { maxGap });
  }

  /** Rate of a counter that may have run long before it was first seen. */
  counterRate(series: Series): Float64Array {
    return this.resampler.rate(series, { maxGap: 2 * this.stalenessOf(series) });
  }

  gauge(series: Series): Float64Array {
    return this.resampler.last(series, this.stalenessOf(series));
  }

  /** As `gauge`, with the highest of several samples in a cell. */
  peak(series: Series): Float64Array {
    return this.resampler.highest(series, this.stalenessOf(series));
  }
}

/** Scraping less often than this is no scraping but an outage, ms. */
const MAX_PACE = 5 * 60_000;

/** Distance of samples in ms by the first and the last two; 0 when there are too few to tell. */
function paceOf(timestamps: Float64Array): number {
  const n = timestamps.length;
  if (n < 3) return 0;
  return Math.min(timestamps[1]! - timestamps[0]!, timestamps[n - 1]! - timestamps[n - 2]!);
}

const NO_INSTANTS = new Float64Array(0);
const HEARTBEAT_METRICS = [
  'node_info',
  'node_resources_cpu_usage_seconds_total',
  'container_info',
  'container_resources_cpu_usage_seconds_total',
] as const;

/** Everything a builder may read and fill. */
export interface Building {
  readonly context: BuildContext;
  readonly registry: DraftRegistry;
  readonly kubernetes: KubernetesState;
}
