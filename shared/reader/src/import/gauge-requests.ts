import type { Labels, Series } from '@gumshoe/base/series';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { podOf } from './foreign-labels.ts';
import type { Gauge, GaugeKind } from './gauge-kinds.ts';
import { secondsOf, shareOf } from './gauge-units.ts';
import { latencyGauge, latencyHistogram, type LatencyGauge } from './latency-histogram.ts';
import { isCounter, valueAt } from './rates.ts';

/** Requests a second of services of which nobody says how many they get. */
export const ASSUMED_RATE = 10;

/** Requests of each service, or of each of its pods, out of its rate, errors and latencies. */
export function requestsOf(
  byKind: ReadonlyMap<GaugeKind, readonly Gauge[]>,
  covered: ReadonlySet<string>,
): { readonly series: readonly Series[]; readonly assumed: readonly string[] } {
  const kinds = (['latency', 'errors', 'success', 'workload'] as const).flatMap(
    (kind) => byKind.get(kind) ?? [],
  );
  const groups = Map.groupBy(
    kinds.filter(({ service }) => !covered.has(service)),
    (one) => `${one.service}\u0000${podOf(one.series.labels) ?? ''}`,
  );
  const latencies = (byKind.get('latency') ?? []).map(({ series }) => series);
  const errors = (byKind.get('errors') ?? []).map(({ series }) => series);
  const out: Series[] = [];
  const assumed = new Set<string>();
  for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const requests = new ServiceRequests(group, latencies, errors);
    out.push(...requests.series());
    if (requests.assumed) assumed.add(group[0]!.service);
  }
  return { series: out, assumed: [...assumed] };
}

/** One service's gauges of requests, put on the instants of the one that has most. */
class ServiceRequests {
  readonly #group: readonly Gauge[];
  readonly #latencies: readonly Series[];
  readonly #errors: readonly Series[];

  constructor(group: readonly Gauge[], latencies: readonly Series[], errors: readonly Series[]) {
    this.#group = group;
    this.#latencies = latencies;
    this.#errors = errors;
  }

  #of(kind: GaugeKind): readonly Gauge[] {
    return this.#group.filter((one) => one.kind === kind);
  }

  get assumed(): boolean {
    return this.#of('workload').length === 0;
  }

  series(): readonly Series[] {
    const { timestamps } = this.#group.reduce((a, b) =>
      b.series.timestamps.length > a.series.timestamps.length ? b : a,
    ).series;
    const seconds = timestamps.map((at, i) => (i === 0 ? 0 : (at - timestamps[i - 1]!) / 1000));
    const [first] = this.#group;
    const labels = { ...placeLabels(first!), service_name: first!.service };
    const workload = this.#of('workload').map(({ series }) => rateAt(series));
    const failedShare = this.#failedShare();
    const ok = new Float64Array(timestamps.length);
    const failed = new Float64Array(timestamps.length);
    const requests = timestamps.map((at, i) => {
      const rate = this.assumed ? ASSUMED_RATE : workload.reduce((sum, one) => sum + (one(at) || 0), 0);
      const share = Math.min(1, Math.max(0, failedShare(at, rate)));
      ok[i] = (ok[i - 1] ?? 0) + rate * (1 - share) * seconds[i]!;
      failed[i] = (failed[i - 1] ?? 0) + rate * share * seconds[i]!;
      return rate * seconds[i]!;
    });
    const both = (to: string, more: Labels): Series[] =>
      (
        [
          ['ok', ok],
          ['failed', failed],
        ] as const
      ).map(([status, values]) => ({
        labels: { ...labels, ...more, status, __name__: to },
        timestamps,
        values,
      }));
    const gauges = this.#latencyGauges();
    return [
      ...both(T.requests.name, { client_service_name: '' }),
      ...both(T.spans.name, { span_name: '' }),
      ...(gauges.length === 0
        ? []
        : latencyHistogram({ ...labels, client_service_name: '' }, gauges, timestamps, requests)),
    ];
  }

  /** Share of the requests that fail, at an instant and a rate. */
  #failedShare(): (at: number, rate: number) => number {
    const [errors] = this.#of('errors');
    const [success] = this.#of('success');
    if (errors) {
      const at = rateAt(errors.series);
      const share = shareOf(errors.words, this.#errors);
      return share === undefined
        ? (instant, rate) => (rate > 0 ? (at(instant) || 0) / rate : 0)
        : (instant) => (at(instant) || 0) * share;
    }
    if (!success) return () => 0;
    const at = valueAt(success.series);
    const percent = success.series.values.some((value) => value > 1.5);
    return (instant) => {
      const value = at(instant);
      return value === value ? 1 - value / (percent ? 100 : 1) : 0;
    };
  }

  #latencyGauges(): readonly LatencyGauge[] {
    return this.#of('latency').flatMap(({ series, words, quantile }) =>
      latencyGauge(series, secondsOf(words, this.#latencies), quantile),
    );
  }
}

/** Which pod a group of gauges is of; its other labels differ from one to the next. */
function placeLabels({ series }: Gauge): Labels {
  const pod = podOf(series.labels);
  return pod ? { pod } : {};
}

/** Requests a second: of a counter what it grew by. */
function rateAt(series: Series): (at: number) => number {
  if (!isCounter(series)) return valueAt(series);
  const values = series.values.map((value, i) =>
    i === 0
      ? NaN
      : Math.max(0, value - series.values[i - 1]!) /
        ((series.timestamps[i]! - series.timestamps[i - 1]!) / 1000),
  );
  return valueAt({ ...series, values });
}
