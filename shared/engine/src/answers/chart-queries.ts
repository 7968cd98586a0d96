import { rateWindow, selectApplication, selectDependency } from '@gumshoe/analysis/evidence';
import type { InspectedApplication } from '@gumshoe/analysis/inspect';
import type { Dependency, World } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { requestMetrics, type RequestMetricSet } from '@gumshoe/schema/metrics/requests';

/** PromQL of an application's request charts; undefined where one query cannot tell what the line does. */
export interface RequestQueries {
  readonly all: string | undefined;
  /** Requests of one status. */
  readonly ofStatus: (status: string) => string | undefined;
  /** Share of failed requests, 0..100. */
  readonly failed: string | undefined;
  readonly quantile: (q: number) => string | undefined;
}

/** Over the metrics the indicators were made from: the servers' own, or those of a single client. */
export function requestQueries(world: World, inspected: InspectedApplication): RequestQueries {
  const { application, serviceLevel } = inspected;
  const { indicators, slos } = serviceLevel;
  const inbound = indicators.source === 'inbound';
  const clients = application.downstreams.filter(({ requests }) => requests.length > 0);
  const [client] = clients;
  const requests = inbound ? application.inbound : (client?.requests ?? []);
  const protocols = new Set(requests.map(({ protocol }) => protocol));
  const [protocol] = protocols;
  const isOne = protocol !== undefined && protocols.size === 1 && (inbound || clients.length === 1);
  const rate = (name: (metrics: RequestMetricSet) => string, ...matchers: string[]): string | undefined => {
    if (!isOne) return undefined;
    const metric = name(requestMetrics(protocol));
    const selected =
      inbound || !client
        ? selectApplication(application, metric, ...matchers)
        : selectDependency(client, metric, ...matchers);
    return `rate(${selected}${rateWindow(world)})`;
  };
  const count = (metrics: RequestMetricSet): string => (inbound ? metrics.inbound : metrics.count).name;
  const bucket = (metrics: RequestMetricSet): string =>
    `${(inbound ? metrics.inboundDuration : metrics.duration).name}_bucket`;
  const within = (before: string, inner: string | undefined, after = ')'): string | undefined =>
    inner === undefined ? undefined : `${before}${inner}${after}`;
  const share = slos.find(({ kind }) => kind === 'availability')?.evidence[0]?.query;
  return {
    all: within('sum(', rate(count)),
    ofStatus: (status) => within('sum(', rate(count, `status=${JSON.stringify(status)}`)),
    failed: within('100 * (', share),
    quantile: (q) => within(`histogram_quantile(${q}, sum by (le) (`, rate(bucket), '))'),
  };
}

/** PromQL of the mean latency of calls, as the client sees it; undefined where several protocols are in use. */
export function callLatencyQuery(world: World, dependency: Dependency): string | undefined {
  const protocols = new Set(dependency.requests.map(({ protocol }) => protocol));
  const [protocol] = protocols;
  if (protocol === undefined || protocols.size > 1) return undefined;
  const { count, duration } = requestMetrics(protocol);
  const rate = (metric: string) => `sum(rate(${selectDependency(dependency, metric)}${rateWindow(world)}))`;
  return `${rate(`${duration.name}_sum`)} / ${rate(count.name)}`;
}

/** PromQL of failed connection attempts between two applications; undefined where spans alone tell of them. */
export const failedConnectsQuery = (world: World, dependency: Dependency): string | undefined =>
  dependency.links.length === 0
    ? undefined
    : `sum(rate(${selectDependency(dependency, CONTAINER_METRICS.tcpFailedConnects.name)}${rateWindow(world)}))`;
