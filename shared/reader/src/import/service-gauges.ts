import type { Labels, Series } from '@gumshoe/base/series';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { containerElsewhere, podOf, podNetwork, serviceOf } from './foreign-labels.ts';
import { gaugeName, wordsOf, type GaugeKind, type GaugeName } from './gauge-kinds.ts';
import { bytesOf, coresOf, secondsOf, shareOf } from './gauge-units.ts';
import { latencyGauge, latencyHistogram, type LatencyGauge } from './latency-histogram.ts';
import { fluctuates, integrated, valueAt } from './rates.ts';
import type { SeriesByName } from './series-by-name.ts';

/** A gauge of a service and what its name says. */
interface Gauge extends GaugeName {
  readonly service: string;
  readonly series: Series;
}

export interface TranslatedGauges {
  readonly series: readonly Series[];
  /** What had to be assumed, in sentences. */
  readonly assumptions: readonly string[];
}

/** What names of metrics begin with that are about no service: runtimes, exporters, scrapers. */
const NOBODY: ReadonlySet<string> = new Set(
  'go process jvm python nodejs ruby php dotnet node windows machine kube kubelet container scrape prometheus promhttp http https grpc rpc net network system host disk avg max min total global'.split(
    ' ',
  ),
);

/** Requests a second of services of which nobody says how many they get. */
const ASSUMED_RATE = 10;

/**
 * Gauges that published data sets have of every service: `cart_cpu`, `cart_latency_p90`, `error_rate{service="cart"}`.
 * Only what nothing else explains is looked at. A service needs two kinds of gauges, or a label that names it.
 */
export function translateGauges(
  given: SeriesByName,
  covered: ReadonlySet<string>,
  known: Iterable<string>,
): TranslatedGauges {
  const spelled = new Map([...known].map((name) => [wordsOf(name), name]));
  const gauges = gaugesIn(given, spelled);
  for (const { series } of gauges) given.take(series.labels['__name__'] ?? '');
  const byKind = Map.groupBy(gauges, ({ kind }) => kind);
  const all = (kind: GaugeKind): readonly Gauge[] => byKind.get(kind) ?? [];
  const resources = (Object.keys(RESOURCES) as ResourceKind[]).flatMap((kind) => RESOURCES[kind](all(kind)));
  const { series, assumed } = requestsOf(byKind, covered);
  const assumptions =
    assumed.length === 0
      ? []
      : [
          `nothing says how many requests ${listed(assumed)} served: ${ASSUMED_RATE} a second were assumed, so that latencies and errors can be judged`,
        ];
  return { series: [...resources, ...series], assumptions };
}

const listed = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} others`;

/** `spelled`: services by the words of their names, as other records write them. */
function gaugesIn(given: SeriesByName, spelled: ReadonlyMap<string, string>): readonly Gauge[] {
  const found: (GaugeName & { readonly series: Series; readonly label: string | undefined })[] = [];
  for (const { name } of given.untaken()) {
    const parsed = gaugeName(name);
    if (parsed)
      for (const series of given.peek(name))
        found.push({
          ...parsed,
          ...ofQuantile(series.labels),
          series,
          label: serviceOf(withoutJob(series.labels)),
        });
  }
  const kinds = new Map<string, Set<GaugeKind>>();
  const prefixes = new Map<GaugeKind, Set<string>>();
  for (const { kind, prefix, label } of found) {
    if (label !== undefined || prefix === '' || NOBODY.has(prefix)) continue;
    insert(kinds, prefix, kind);
    insert(prefixes, kind, prefix);
  }
  return found.flatMap((one): Gauge[] => {
    const { label, prefix, kind } = one;
    if (label !== undefined) return ownName(prefix, label) ? [{ ...one, service: label }] : [];
    const known =
      prefix !== '' &&
      !NOBODY.has(prefix) &&
      ((kinds.get(prefix)?.size ?? 0) > 1 || (prefixes.get(kind)?.size ?? 0) > 2);
    const name = spelled.get(prefix) ?? serviceName(one.series.labels['__name__'] ?? '', prefix);
    return known || spelled.has(prefix) ? [{ ...one, service: name }] : [];
  });
}

const insert = <K, V>(map: Map<K, Set<V>>, key: K, value: V): void => {
  const set = map.get(key);
  if (set) set.add(value);
  else map.set(key, new Set([value]));
};

/** Whoever scraped such a file is nobody's service. */
const withoutJob = (labels: Labels): Labels => ({ ...labels, job: '', exported_job: '' });

const ofQuantile = ({ quantile }: Labels): { quantile?: number } => {
  const value = Number(quantile);
  return value > 0 && value < 1 ? { quantile: value } : {};
};

/** With a label the name says the kind alone, or the service again, or part of it. */
const ownName = (prefix: string, label: string): boolean => {
  const [own, words] = [wordsOf(label), prefix];
  return (
    words === '' || own === words || own.startsWith(words) || words.startsWith(own) || words.endsWith(own)
  );
};

/** The service as it is written in the name, `_` of names of metrics included. */
const serviceName = (name: string, prefix: string): string => {
  const length = [...name].findIndex((_, at) => wordsOf(name.slice(0, at + 1)) === prefix);
  return length < 0 ? prefix : name.slice(0, length + 1);
};

type ResourceKind = Exclude<GaugeKind, 'latency' | 'errors' | 'success' | 'workload'>;

/** Where a service's gauges go: its container. */
function placeOf({ series, service }: Gauge): Labels {
  const { labels } = series;
  return (
    (podOf(labels) ? containerElsewhere(labels) : undefined) ?? {
      ...containerElsewhere({ ...labels, container: '', name: '', service_name: service }),
    }
  );
}

const named = (gauge: Gauge, to: string, more: Labels = {}): Labels => ({
  ...gauge.series.labels,
  ...placeOf(gauge),
  ...more,
  __name__: to,
});

/** A gauge of a rate becomes a counter; what only grows is one already. */
const counter =
  (to: string, more: Labels = {}, factor?: (words: string, all: readonly Series[]) => number) =>
  (gauges: readonly Gauge[]): readonly Series[] => {
    const all = gauges.map(({ series }) => series);
    return gauges.map((gauge) => {
      const scale = factor?.(gauge.words, all) ?? 1;
      const { timestamps } = gauge.series;
      const values = isCounter(gauge.series)
        ? gauge.series.values.map((value) => value * scale)
        : integrated(gauge.series, (value) => value * scale);
      return { labels: named(gauge, to, more), timestamps, values };
    });
  };

const gauge =
  (to: string, factor: (words: string, all: readonly Series[]) => number = () => 1) =>
  (gauges: readonly Gauge[]): readonly Series[] => {
    const all = gauges.map(({ series }) => series);
    return gauges.map((one) => {
      const scale = factor(one.words, all);
      const { timestamps, values } = one.series;
      return { labels: named(one, to), timestamps, values: values.map((value) => value * scale) };
    });
  };

const DISK: Labels = { mount_point: '', device: '', volume: '' };

/** Of the network: that of the pod. */
const network =
  (to: string) =>
  (gauges: readonly Gauge[]): readonly Series[] =>
    counter(to)(gauges).map((one, i) => ({
      ...one,
      labels: podOf(gauges[i]!.series.labels)
        ? { ...one.labels, ...podNetwork(gauges[i]!.series.labels) }
        : one.labels,
    }));

const RESOURCES: { readonly [K in ResourceKind]: (gauges: readonly Gauge[]) => readonly Series[] } = {
  cpu: counter(C.cpuUsage.name, {}, coresOf),
  memory: gauge(C.memoryRss.name, bytesOf),
  'disk-read': counter(C.diskReadBytes.name, DISK),
  'disk-write': counter(C.diskWrittenBytes.name, DISK),
  'net-in': network(X.networkReceived.name),
  'net-out': network(X.networkTransmitted.name),
  'net-lost': network(X.networkReceiveDropped.name),
  sockets: gauge(X.sockets.name),
  threads: gauge(X.threads.name),
  restarts: gauge(C.restarts.name),
};

/** Requests of each service, or of each of its pods, out of its rate, errors and latencies. */
function requestsOf(
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
      const at = valueAt(errors.series);
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

const isCounter = (series: Series): boolean =>
  (series.labels['__name__'] ?? '').endsWith('_total') && !fluctuates(series);
