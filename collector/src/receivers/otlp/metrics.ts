import { labelsKey, type Labels } from '@gumshoe/base/series';
import { METRICS } from '@gumshoe/schema/metrics/catalogue';
import type { RemoteWriteSample } from '@gumshoe/schema/remote-write/encode';
import { attributesOf, listOf, nanosToMs, recordOf, textOf } from '@gumshoe/schema/otlp/values';
import type { Rows } from './rows.ts';

type Json = Readonly<Record<string, unknown>>;

/** Suffixes that units become (OpenTelemetry: Prometheus and OpenMetrics compatibility). */
const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
  '1': 'ratio',
};
/** Delta series that are remembered; the longest silent is forgotten first. */
const MOST_DELTAS = 50_000;
/** Buckets of an exponential histogram become powers of two in this range, which bounds how many series it makes. */
const [LEAST_POWER, MOST_POWER] = [-20, 30];

/** Names of the catalogue stay as they are: not every counter there ends in `_total`. */
const KNOWN = new Set(METRICS.map(({ name }) => name));
/** What says in Prometheus that a series ended (model/value: StaleNaN). */
const STALE = new DataView(Uint8Array.of(0x7f, 0xf0, 0, 0, 0, 0, 0, 2).buffer).getFloat64(0);
/** DataPointFlags (opentelemetry-proto, metrics.proto). */
const NO_RECORDED_VALUE = 1;

const clean = (name: string): string => name.replace(/[^a-zA-Z0-9_]+/g, '_').replace(/^_+|_+$/g, '');

/** Name in Prometheus's style: unit and `_total` as suffixes, once each. */
export function metricName(name: string, unit: string, kind: 'gauge' | 'counter' | 'other'): string {
  if (unit === '' && KNOWN.has(name)) return name;
  const words = clean(name.replace(/:/g, '_')).split('_').filter(Boolean);
  const [main = '', per = ''] = unit.replace(/\{[^}]*\}/g, '').split('/');
  const add = (text: string): void => {
    if (text && !words.includes(text)) words.push(text);
  };
  if (main !== '1') add(UNITS[main] ?? clean(main));
  else if (kind === 'gauge') add('ratio');
  if (per) {
    const word = UNITS[per]?.replace(/s$/, '') ?? clean(per);
    if (word && words.at(-2) !== 'per') words.push('per', word);
  }
  if (kind === 'counter') {
    const at = words.indexOf('total');
    if (at >= 0) words.splice(at, 1);
    words.push('total');
  }
  const text = words.join('_');
  return /^\d/.test(text) ? `_${text}` : text;
}

function labelsOf(attributes: Labels): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) {
    const name = key.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(\d)/, 'key_$1');
    // two attributes may become one label: both values are kept, in order (the specification's rule)
    out[name] = name in out ? `${out[name]};${value}` : value;
  }
  return out;
}

/** `job` and `instance` of a resource, and the container it runs in where it says so. */
function targetOf(resource: Labels): Record<string, string> {
  const name = resource['service.name'] ?? '';
  const namespace = resource['service.namespace'];
  const pod = resource['k8s.pod.name'];
  const container = pod
    ? `/k8s/${resource['k8s.namespace.name'] ?? 'default'}/${pod}/${resource['k8s.container.name'] ?? (name || 'main')}`
    : resource['container.id'];
  return {
    ...(name ? { job: namespace ? `${namespace}/${name}` : name } : {}),
    ...(resource['service.instance.id'] ? { instance: resource['service.instance.id'] } : {}),
    ...(container ? { container_id: container } : {}),
  };
}

const DELTA = new Set<unknown>([1, 'AGGREGATION_TEMPORALITY_DELTA']);

/** Samples of one request. */
export interface MetricRows extends Rows<RemoteWriteSample> {
  /** Takes the totals of its delta series over. To be called once, after the samples were taken. */
  readonly commit: () => void;
}

/**
 * Turns metrics of OTLP into samples. Keeps the sums of delta series, which Prometheus knows only as totals; a request
 * changes them when it is committed, so that one that was refused and comes again counts once.
 */
export class OtlpMetrics {
  readonly #deltas = new Map<string, number>();
  /** Delta series that were forgotten for lack of room. */
  forgotten = 0;

  /** ExportMetricsServiceRequest as samples. */
  samples(request: Json): MetricRows {
    const rows: RemoteWriteSample[] = [];
    const totals = new Map<string, number>();
    let [rejected, reason] = [0, ''];
    for (const group of listOf(request['resourceMetrics'])) {
      const resource = attributesOf(recordOf(group['resource'])['attributes']);
      const target = targetOf(resource);
      let newest = 0;
      for (const scope of listOf(group['scopeMetrics']))
        for (const metric of listOf(scope['metrics'])) {
          const before = rows.length;
          const refused = this.#metric(metric, target, rows, totals);
          for (let i = before; i < rows.length; i++) newest = Math.max(newest, rows[i]!.timestamp);
          rejected += refused.points;
          reason ||= refused.reason;
        }
      if (newest > 0 && Object.keys(resource).length > 0)
        rows.push({
          labels: { __name__: 'target_info', ...labelsOf(resource), ...target },
          value: 1,
          timestamp: newest,
        });
    }
    return { rows, rejected, reason, commit: () => this.#commit(totals) };
  }

  #metric(
    metric: Json,
    target: Labels,
    rows: RemoteWriteSample[],
    totals: Map<string, number>,
  ): { readonly points: number; readonly reason: string } {
    const name = textOf(metric['name']);
    const unit = textOf(metric['unit']);
    const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] as const;
    const kind = kinds.find((one) => metric[one] !== undefined);
    if (!kind || name === '')
      return {
        points: 1,
        reason: name === '' ? 'a metric without a name' : `${name}: no data of a known kind`,
      };
    const data = recordOf(metric[kind]);
    const delta = DELTA.has(data['aggregationTemporality']);
    const type =
      kind === 'gauge'
        ? 'gauge'
        : kind === 'sum'
          ? data['isMonotonic'] === true
            ? 'counter'
            : 'gauge'
          : 'other';
    const full = metricName(name, unit, type);
    let [points, reason] = [0, ''];
    for (const point of listOf(data['dataPoints'])) {
      const timestamp = Math.round(nanosToMs(point['timeUnixNano']));
      if (!(timestamp > 0)) {
        points++;
        reason ||= `${name}: a point without timeUnixNano`;
        continue;
      }
      const labels = { ...labelsOf(attributesOf(point['attributes'])), ...target };
      const ended = (Number(point['flags'] ?? 0) & NO_RECORDED_VALUE) !== 0;
      const add = (suffix: string, value: unknown, more: Labels, counts: boolean): void => {
        const number = Number(value);
        const all = { ...labels, ...more, __name__: `${full}${suffix}` };
        if (ended) return void rows.push({ labels: all, value: STALE, timestamp });
        if (value === undefined || Number.isNaN(number)) return;
        rows.push({
          labels: all,
          value: delta && counts ? this.#total(totals, all, number) : number,
          timestamp,
        });
      };
      PARTS[kind](point, add);
    }
    return { points, reason };
  }

  #total(totals: Map<string, number>, labels: Labels, delta: number): number {
    const key = labelsKey(labels);
    const sum = (totals.get(key) ?? this.#deltas.get(key) ?? 0) + delta;
    totals.set(key, sum);
    return sum;
  }

  #commit(totals: ReadonlyMap<string, number>): void {
    for (const [key, sum] of totals) {
      this.#deltas.delete(key);
      this.#deltas.set(key, sum);
      if (this.#deltas.size <= MOST_DELTAS) continue;
      const [oldest] = this.#deltas.keys();
      this.#deltas.delete(oldest!);
      this.forgotten++;
    }
  }
}

type Add = (suffix: string, value: unknown, more: Labels, counts: boolean) => void;

const number = (point: Json, add: Add): void => add('', point['asDouble'] ?? point['asInt'], {}, true);

const PARTS: Readonly<
  Record<'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary', (point: Json, add: Add) => void>
> = {
  gauge: number,
  sum: number,
  histogram(point, add) {
    const counts = Array.isArray(point['bucketCounts']) ? point['bucketCounts'] : [];
    const bounds = Array.isArray(point['explicitBounds']) ? point['explicitBounds'] : [];
    let cumulative = 0;
    for (const [i, bound] of bounds.entries())
      add('_bucket', (cumulative += Number(counts[i] ?? 0)), { le: String(bound) }, true);
    add('_bucket', point['count'] ?? 0, { le: '+Inf' }, true);
    add('_sum', point['sum'], {}, true);
    add('_count', point['count'] ?? 0, {}, true);
  },
  exponentialHistogram(point, add) {
    const powers = powersOfTwo(point);
    let cumulative =
      Number(point['zeroCount'] ?? 0) +
      bucketsOf(point['negative']).counts.reduce((sum, one) => sum + one, 0);
    for (let power = LEAST_POWER; power <= MOST_POWER; power++)
      add('_bucket', (cumulative += powers.get(power) ?? 0), { le: String(2 ** power) }, true);
    add('_bucket', point['count'] ?? 0, { le: '+Inf' }, true);
    add('_sum', point['sum'], {}, true);
    add('_count', point['count'] ?? 0, {}, true);
  },
  summary(point, add) {
    for (const one of listOf(point['quantileValues']))
      add('', one['value'], { quantile: String(one['quantile'] ?? 0) }, false);
    add('_sum', point['sum'], {}, false);
    add('_count', point['count'] ?? 0, {}, false);
  },
};

function bucketsOf(value: unknown): { readonly offset: number; readonly counts: readonly number[] } {
  const record = recordOf(value);
  const counts = Array.isArray(record['bucketCounts']) ? record['bucketCounts'].map(Number) : [];
  return { offset: Number(record['offset'] ?? 0), counts: counts.map((one) => (one > 0 ? one : 0)) };
}

/**
 * Counts by the smallest power of two that is an upper bound of their bucket. Bucket i of scale s holds values in
 * (2^(i/2^s), 2^((i+1)/2^s)].
 */
function powersOfTwo(point: Json): ReadonlyMap<number, number> {
  const scale = Number(point['scale'] ?? 0);
  const { offset, counts } = bucketsOf(point['positive']);
  const out = new Map<number, number>();
  counts.forEach((count, i) => {
    if (count === 0) return;
    const upper = Math.ceil((offset + i + 1) / 2 ** scale - 1e-9);
    const power = Math.max(LEAST_POWER, upper);
    if (power <= MOST_POWER) out.set(power, (out.get(power) ?? 0) + count);
  });
  return out;
}
