import type { Labels, Series } from '@gumshoe/base/series';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { LabelledColumn } from '../database-target.ts';
import type { Column } from '../world.ts';
import type { BuildContext } from './context.ts';
import { compareText } from './dependency-draft.ts';
import { addInto, maxInto } from './resample.ts';

/** Series of one probed address, by metric name. */
type Target = ReadonlyMap<string, readonly Series[]>;
type Named = Pick<MetricDefinition, 'name'>;

/** Every probed address with the series of its probe, whose names begin with `prefix`. */
export function readTargets(context: BuildContext, prefix: string): readonly TargetReader[] {
  const targets = new Map<string, { address: string; cluster: string; series: Map<string, Series[]> }>();
  for (const [name, group] of context.groups) {
    if (!name.startsWith(prefix)) continue;
    for (const series of group) {
      const { address } = series.labels;
      if (!address) continue;
      const cluster = context.clusterOf(series.labels);
      const key = `${address}\u0000${cluster}`;
      let target = targets.get(key);
      if (target === undefined) targets.set(key, (target = { address, cluster, series: new Map() }));
      const list = target.series.get(name);
      if (list) list.push(series);
      else target.series.set(name, [series]);
    }
  }
  return [...targets]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { address, cluster, series }]) => new TargetReader(context, address, series, cluster));
}

/** A probe may come round less often than the collectors: a sample of it holds until two more are missing. */
function stalenessOf(context: BuildContext, group: readonly Series[]): number {
  let interval = Infinity;
  for (const series of group.slice(0, 8)) interval = Math.min(interval, typicalDistance(series.timestamps));
  return Math.max(context.staleness, interval < Infinity ? Math.min(2.5 * interval, MAX_STALENESS) : 0);
}

/** Median of the newest ones; Infinity for a series too short to tell. */
function typicalDistance(timestamps: Float64Array): number {
  if (timestamps.length < 3) return Infinity;
  const newest = timestamps.slice(-16);
  const deltas = newest.subarray(1).map((at, i) => at - newest[i]!);
  return deltas.sort()[deltas.length >> 1]!;
}

/** ms */
const MAX_STALENESS = 5 * 60_000;

export class TargetReader {
  readonly address: string;
  /** '' where samples name no cluster. */
  readonly cluster: string;
  readonly #context: BuildContext;
  readonly #target: Target;
  readonly #staleness = new Map<string, number>();

  constructor(context: BuildContext, address: string, target: Target, cluster = '') {
    this.address = address;
    this.cluster = cluster;
    this.#context = context;
    this.#target = target;
  }

  series(metric: Named): readonly Series[] {
    return this.#target.get(metric.name) ?? [];
  }

  sum(metric: Named): Column {
    const out = this.#context.resampler.column();
    for (const series of this.series(metric)) addInto(out, this.#last(series));
    return out;
  }

  /** Columns by the value of a label, in label order. */
  by(metric: Named, label: string, kind: 'gauge' | 'counter'): Map<string, Column> {
    const out = new Map<string, Column>();
    for (const series of this.series(metric)) {
      const key = series.labels[label] ?? '';
      let column = out.get(key);
      if (column === undefined) out.set(key, (column = this.#context.resampler.column()));
      if (kind === 'gauge')
        maxInto(column, this.#context.resampler.highest(series, this.#stalenessOf(series)));
      else addInto(column, this.#rate(series));
    }
    return new Map([...out].sort(([a], [b]) => compareText(a, b)));
  }

  /** Each series of the metrics by itself: rates of counters, values of gauges and of what `positions` holds. */
  signals(
    metrics: readonly MetricDefinition[],
    positions: ReadonlySet<MetricDefinition>,
  ): ReadonlyMap<string, readonly LabelledColumn[]> {
    const out = new Map<string, readonly LabelledColumn[]>();
    for (const metric of metrics) {
      const group = this.series(metric);
      if (group.length === 0) continue;
      const counted = metric.type === 'counter' && !positions.has(metric);
      const columns = group.map((series) => ({
        labels: ownLabels(series.labels),
        values: (counted ? this.#rate(series) : this.#last(series)).slice(),
      }));
      out.set(metric.name, columns);
    }
    return out;
  }

  /** Newest error text with a value above zero. */
  error(metric: Named, label: string): string | undefined {
    const failing = this.series(metric).filter((one) => (one.values.at(-1) ?? 0) > 0 && one.labels[label]);
    failing.sort((a, b) => b.timestamps.at(-1)! - a.timestamps.at(-1)!);
    return failing[0]?.labels[label];
  }

  get lastSeen(): number {
    let last = 0;
    for (const group of this.#target.values()) {
      for (const series of group) last = Math.max(last, series.timestamps.at(-1)!);
    }
    return last;
  }

  #last(series: Series): Column {
    return this.#context.resampler.last(series, this.#stalenessOf(series));
  }

  #stalenessOf({ labels }: Series): number {
    const name = labels.__name__ ?? '';
    let staleness = this.#staleness.get(name);
    if (staleness === undefined)
      this.#staleness.set(name, (staleness = stalenessOf(this.#context, this.#target.get(name) ?? [])));
    return staleness;
  }

  #rate(series: Series): Column {
    return this.#context.resampler.rate(series, { maxGap: 2 * this.#stalenessOf(series) });
  }
}

function ownLabels(labels: Labels): Labels {
  const { __name__: _name, address: _address, ...own } = labels;
  return own;
}
