import type { Labels } from '@gumshoe/base/series';
import {
  attributesOf,
  listOf as list,
  nanosToMs,
  recordOf as record,
  textOf as text,
} from '@gumshoe/schema/otlp/values';
import { listOfNumbers, nativeOf } from './exponential.ts';
import { MAX_HISTOGRAMS } from './histogram-collector.ts';
import { isThinkable, UNTHINKABLE } from './instants.ts';
import { containerIdOf } from './otlp-json.ts';
import { resourceService } from './resource-service.ts';
import type { ImportSink } from './sink.ts';

const NOBODY = 'unknown_service';

type Json = Readonly<Record<string, unknown>>;

const nameText = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(\d)/, '_$1');

/** Labels of a series: attributes of the point, and of the resource what tells whose it is. */
function seriesLabels(name: string, resource: Labels, attributes: Labels): Labels {
  const out: Record<string, string> = { __name__: nameText(name) };
  const container = containerIdOf(resource);
  const service = resourceService(resource);
  if (service !== NOBODY) out['service_name'] = service;
  if (container) out['container_id'] = container;
  const machine = resource['host.id'] ?? resource['k8s.node.name'] ?? resource['host.name'];
  if (machine) out['machine_id'] = machine;
  for (const [key, value] of Object.entries(attributes)) out[nameText(key)] = value;
  return out;
}

const DELTA = new Set<unknown>([1, 'AGGREGATION_TEMPORALITY_DELTA']);
/** DataPointFlags: the point says that there is no value. */
const NO_RECORDED_VALUE = 1;
const KINDS = ['gauge', 'sum', 'histogram', 'summary', 'exponentialHistogram'] as const;

/** One ExportMetricsServiceRequest. */
export function importMetrics(request: Json, sink: ImportSink): void {
  for (const group of list(request['resourceMetrics'])) {
    const resource = attributesOf(record(group['resource'])['attributes']);
    const scopes = [...list(group['scopeMetrics']), ...list(group['instrumentationLibraryMetrics'])];
    for (const scope of scopes)
      for (const metric of list(scope['metrics'])) importMetric(metric, resource, sink);
  }
}

function importMetric(metric: Json, resource: Labels, sink: ImportSink): void {
  const name = text(metric['name']);
  for (const kind of KINDS) {
    if (metric[kind] === undefined) continue;
    const data = record(metric[kind]);
    const delta = DELTA.has(data['aggregationTemporality']);
    for (const point of list(data['dataPoints'])) {
      const at = nanosToMs(point['timeUnixNano']);
      if (!(at > 0)) sink.leaveOut('a data point without a time');
      else if (!isThinkable(at)) sink.leaveOut(UNTHINKABLE);
      else if (name === '') sink.leaveOut('a metric without a name');
      else if ((Number(point['flags'] ?? 0) & NO_RECORDED_VALUE) === 0)
        importPoint({ name, kind, delta, resource, at }, point, sink);
    }
  }
}

interface PointOf {
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  readonly delta: boolean;
  readonly resource: Labels;
  readonly at: number;
}

function importPoint({ name, kind, delta, resource, at }: PointOf, point: Json, sink: ImportSink): void {
  const labels = seriesLabels(name, resource, attributesOf(point['attributes']));
  const add = (suffix: string, value: unknown, more: Labels = {}): void => {
    const number = Number(value);
    if (value === undefined || (Number.isNaN(number) && value !== 'NaN')) return;
    const named = { ...labels, ...more, __name__: `${labels['__name__']}${suffix}` };
    if (delta && kind !== 'gauge') sink.deltas.add(named, at, number);
    else sink.series.add(named, at, number);
  };
  if (kind === 'gauge' || kind === 'sum') return add('', point['asDouble'] ?? point['asInt']);
  add('_sum', point['sum']);
  add('_count', point['count']);
  if (kind === 'summary')
    for (const { quantile, value } of list(point['quantileValues']))
      add('', value ?? 0, { quantile: String(quantile ?? 0) });
  else if (kind === 'histogram') addBuckets(point, add);
  else addExponential(labels, point, delta, at, sink);
}

function addBuckets(point: Json, add: (suffix: string, value: number, more: Labels) => void): void {
  const bounds = listOfNumbers(point['explicitBounds']);
  let cumulative = 0;
  listOfNumbers(point['bucketCounts']).forEach((count, i) => {
    cumulative += count;
    add('_bucket', cumulative, { le: i < bounds.length ? String(bounds[i]) : '+Inf' });
  });
}

function addExponential(labels: Labels, point: Json, delta: boolean, at: number, sink: ImportSink): void {
  const histogram = nativeOf(point);
  if (typeof histogram === 'string') return sink.leaveOut(histogram);
  const { histograms } = sink;
  if (!(delta ? histograms.addDelta(labels, at, histogram) : histograms.add(labels, at, histogram)))
    sink.leaveOut(`native histograms beyond ${MAX_HISTOGRAMS}`);
}
