import type { Series } from '@gumshoe/base/series';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import type { ApplicationId } from '../entities.ts';
import type { OperationColumns } from '../world.ts';
import type { Building } from './context.ts';
import type { Destinations } from './destinations.ts';
import type { ApplicationDraft } from './drafts.ts';
import { addInto, type Resampler } from './resample.ts';
import { RequestDraft } from './request-draft.ts';

/**
 * Applications, requests, operations and log patterns as spans and log records tell them. Requests that a collector
 * counted on the wire are not counted again.
 */
export function buildTraces(building: Building): void {
  for (const series of building.context.named(T.spans)) addSpans(building, series);
  for (const series of building.context.named(T.selfTime)) addSelfTime(building, series);
  for (const series of building.context.named(T.failures))
    addInto(operationOf(building, series).failedHere, building.context.counterRate(series));
  addInbound(building);
  addLogs(building);
}

const serviceOf = ({ registry, context }: Building, { labels }: Series): ApplicationDraft =>
  registry.serviceOf(labels.service_name ?? '', context.clusterOf(labels));

function addSpans(building: Building, series: Series): void {
  const operation = operationOf(building, series);
  const rate = building.context.counterRate(series);
  addInto(operation.rate, rate);
  if (series.labels.status === 'failed') addInto(operation.failed, rate);
}

function addSelfTime(building: Building, series: Series): void {
  addInto(operationOf(building, series).selfTime, building.context.counterRate(series));
}

function operationOf(building: Building, series: Series): OperationColumns {
  const { operations } = serviceOf(building, series);
  const name = series.labels.span_name ?? '';
  let known = operations.get(name);
  if (known === undefined) operations.set(name, (known = emptyOperation(name, building.context.resampler)));
  return known;
}

const emptyOperation = (name: string, resampler: Resampler): OperationColumns => ({
  name,
  rate: resampler.column(),
  failed: resampler.column(),
  failedHere: resampler.column(),
  selfTime: resampler.column(),
});

/** Services that have spans of their own, by cluster and name; what only callers mention is somebody else's. */
export function servicesWithSpans({ context, registry }: Building): ReadonlyMap<string, ApplicationDraft> {
  const services = new Map<string, ApplicationDraft>();
  // a request without a caller was told of by its server
  const own = context.named(T.requests).filter(({ labels }) => (labels.client_service_name ?? '') === '');
  for (const { labels } of [...context.named(T.spans), ...own]) {
    const name = labels.service_name ?? '';
    const cluster = context.clusterOf(labels);
    const key = serviceKey(name, cluster);
    if (!services.has(key)) services.set(key, registry.serviceOf(name, cluster));
  }
  return services;
}

const serviceKey = (name: string, cluster: string): string => `${cluster}\u0000${name}`;

/**
 * Who is meant by a name in spans: an application with spans or containers, who listens on an address, something outside
 * that connections lead to as well, else a service elsewhere.
 */
export function calleeOf(
  { registry }: Building,
  services: ReadonlyMap<string, ApplicationDraft>,
  destinations: Destinations,
  name: string,
  cluster: string,
): ApplicationId {
  const known = services.get(serviceKey(name, cluster)) ?? registry.findService(name, cluster);
  return known?.id ?? destinations.ofPeer(name, cluster);
}

function addInbound(building: Building): void {
  const { context } = building;
  const services = servicesWithSpans(building);
  const counted = new Set([...services.values()].filter((one) => one.inbound.size > 0));
  const each = (metric: string, add: (draft: RequestDraft, series: Series) => void): void => {
    for (const series of context.named(metric)) {
      const { labels } = series;
      const service = services.get(serviceKey(labels.service_name ?? '', context.clusterOf(labels)));
      if (!service || counted.has(service)) continue;
      let draft = service.inbound.get('otel');
      if (draft === undefined)
        service.inbound.set('otel', (draft = new RequestDraft('otel', context.resampler)));
      add(draft, series);
    }
  };
  each(T.requests.name, (draft, s) => draft.addCount(s.labels.status ?? '', context.counterRate(s)));
  each(`${T.duration.name}_bucket`, (draft, s) => draft.addBucket(s.labels.le ?? '', context.counterRate(s)));
  each(`${T.duration.name}_sum`, (draft, s) => draft.addSum(context.counterRate(s)));
}

function addLogs(building: Building): void {
  const { context } = building;
  const counted = new Set<ApplicationDraft>();
  for (const draft of building.registry.applications.values()) if (draft.logs.length > 0) counted.add(draft);
  for (const series of context.named(T.logMessages)) {
    const application = serviceOf(building, series);
    if (counted.has(application)) continue;
    const { level = '', pattern_hash: pattern = '', sample = '' } = series.labels;
    const rate = context.resampler.column();
    addInto(rate, context.counterRate(series));
    application.logs.push({ level, pattern, sample, rate });
  }
}
