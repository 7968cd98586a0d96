import type { Application, World } from '@gumshoe/model/world';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { rateWindow, selectApplication, selectDependency } from '../evidence.ts';
import type { Indicators } from '../indicators.ts';
import { isTimed } from './operation-class.ts';
import type { Objective } from './objectives.ts';

/** The share of bad requests as PromQL over the metrics the indicator was made from. */
export function badShareQuery(
  world: World,
  application: Application,
  { source, latency }: Indicators,
  { kind, threshold = 0.5 }: Objective,
): string {
  const inbound = source === 'inbound';
  const client = application.downstreams.find((dependency) => dependency.requests.length > 0);
  const requests = inbound ? application.inbound : (client?.requests ?? []);
  const { protocol } = (kind === 'latency' ? requests.find(isTimed) : requests[0]) ?? { protocol: 'http' };
  const metrics = requestMetrics(protocol);
  const window = rateWindow(world);
  const select = (metric: string, ...more: string[]): string =>
    inbound || !client
      ? selectApplication(application, metric, ...more)
      : selectDependency(client, metric, ...more);
  if (kind === 'availability') {
    const name = inbound ? metrics.inbound.name : metrics.count.name;
    const all = `sum(rate(${select(name)}${window}))`;
    const bad = `sum(rate(${select(name, 'status=~"5..|failed|grpc:.*", status!="grpc:OK"')}${window}))`;
    // where nothing ever failed there is no series of failures
    return `(${bad} or ${all} * 0) / ${all}`;
  }
  const name = `${inbound ? metrics.inboundDuration.name : metrics.duration.name}_bucket`;
  const below = (le: string): string => `sum(rate(${select(name, le)}${window}))`;
  return `1 - ${fastQuery(latency?.bounds ?? [], threshold, below)} / ${below('le="+Inf"')}`;
}

/** Requests within the threshold: a bucket, or the part of one that lies below it. */
function fastQuery(bounds: readonly number[], threshold: number, below: (le: string) => string): string {
  const upper = bounds.find((bound) => bound >= threshold * (1 - 1e-9));
  if (upper === undefined || upper === Infinity || upper <= threshold * (1 + 1e-9))
    return below(`le="${upper === Infinity ? '+Inf' : (upper ?? threshold)}"`);
  const low = bounds.filter((bound) => bound < upper).at(-1);
  const part = ((threshold - (low ?? 0)) / (upper - (low ?? 0))).toPrecision(4);
  if (low === undefined) return `${part} * ${below(`le="${upper}"`)}`;
  return `(${below(`le="${low}"`)} + ${part} * (${below(`le="${upper}"`)} - ${below(`le="${low}"`)}))`;
}
