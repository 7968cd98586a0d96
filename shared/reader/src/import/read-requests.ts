import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { fluctuates, integrated } from './rates.ts';
import type { Call, RequestSource } from './request-source.ts';
import type { SeriesByName } from './series-by-name.ts';
import { summaryBuckets } from './summary-quantiles.ts';

/** What one source counts of one service: the series of its requests and of their durations. */
export interface Report {
  readonly counts: Series[];
  readonly durations: Series[];
  /** How long these took for their callers, where that is counted as well. */
  readonly waits: Series[];
  /** The counts again, as operations of the service: what makes it an application. */
  readonly operations: Series[];
  /** Whether it says who asks. */
  named: boolean;
}
export type Reports = Map<string, Report>;

/** Sources that are alternatives of one another: the same instrument under its several names. */
export const familiesOf = (sources: readonly RequestSource[]): readonly (readonly RequestSource[])[] => [
  ...Map.groupBy(sources, ({ count }) => count.slice(0, count.indexOf('_'))).values(),
];

/** Of each service (or, with `by`, of each client) what the first source counts that has it. */
export function firstOf(
  sources: readonly RequestSource[],
  given: SeriesByName,
  keep?: (labels: Labels) => boolean,
  by: 'server' | 'client' = 'server',
): Reports {
  const reports: Reports = new Map();
  const settled = new Set<string>();
  for (const source of sources) {
    if (!given.has(source.count)) continue;
    const seen = new Set<string>();
    const callOf = (labels: Labels): Call | undefined => {
      if (keep && !keep(labels)) return undefined;
      const call = source.call(labels);
      if (!call || settled.has(call[by])) return undefined;
      seen.add(call[by]);
      return call;
    };
    readCounts(source, given, callOf, reports);
    readDurations(source, given, callOf, reports);
    readWaits(source, given, callOf, reports);
    for (const one of seen) settled.add(one);
  }
  return reports;
}

function reportOf(reports: Reports, server: string): Report {
  let report = reports.get(server);
  if (!report)
    reports.set(server, (report = { counts: [], durations: [], waits: [], operations: [], named: false }));
  return report;
}

const relabelled = ({ labels, timestamps }: Series, more: Labels, values: Float64Array): Series => ({
  labels: { ...labels, ...more },
  timestamps,
  values,
});

const callLabels = ({ server, client }: Call): Labels => ({
  service_name: server,
  client_service_name: client,
});

/** Values of a counter; a rate that was stored under its name is counted up. */
const countedUp = (series: Series, scale = 1): Float64Array => {
  const values = fluctuates(series) ? integrated(series) : series.values;
  return scale === 1 ? values : values.map((value) => value * scale);
};

function readCounts(
  source: RequestSource,
  given: SeriesByName,
  callOf: (labels: Labels) => Call | undefined,
  reports: Reports,
): void {
  const failures = new Map(
    (source.failures ? given.take(source.failures) : []).map((one) => [keyOf(one.labels), one] as const),
  );
  const push = (call: Call, series: Series, status: string, values: Float64Array): void => {
    const report = reportOf(reports, call.server);
    report.named ||= call.client !== '';
    report.counts.push(
      relabelled(series, { ...callLabels(call), status, __name__: T.requests.name }, values),
    );
    if (isVirtual(series.labels)) return;
    const span_name = source.operation?.(series.labels) ?? '';
    report.operations.push(
      relabelled(series, { service_name: call.server, span_name, status, __name__: T.spans.name }, values),
    );
  };
  for (const series of given.take(source.count)) {
    const call = callOf(series.labels);
    if (!call) continue;
    const values = countedUp(series);
    const failed = failures.get(keyOf(series.labels));
    if (!failed) push(call, series, source.failed(series.labels) ? 'failed' : 'ok', values);
    else {
      push(call, series, 'ok', withoutFailed(series, values, failed));
      push(call, failed, 'failed', countedUp(failed));
    }
  }
}

const keyOf = (labels: Labels): string => labelsKey({ ...labels, __name__: '' });

/** Nodes of a service graph that are no services: databases and queues. */
const isVirtual = (labels: Labels): boolean =>
  /^(database|virtual_node|messaging_system)$/.test(labels['connection_type'] ?? '');

/** All requests less the failed ones, which may have been counted first some time later. */
function withoutFailed({ timestamps }: Series, values: Float64Array, failed: Series): Float64Array {
  const lost = countedUp(failed);
  let at = -1;
  return values.map((value, i) => {
    while (at + 1 < lost.length && failed.timestamps[at + 1]! <= timestamps[i]!) at++;
    return Math.max(0, value - (at < 0 ? 0 : lost[at]!));
  });
}

const SUFFIXES = ['_bucket', '_sum', '_count'] as const;

function readDurations(
  source: RequestSource,
  given: SeriesByName,
  callOf: (labels: Labels) => Call | undefined,
  reports: Reports,
): void {
  const known = new Set<string>();
  for (const { name, scale } of source.durations) {
    const own = new Set<string>();
    for (const suffix of SUFFIXES)
      for (const series of given.take(`${name}${suffix}`)) {
        const call = callOf(series.labels);
        const key = call && `${call.client}\u0000${call.server}`;
        if (!call || known.has(key!)) continue;
        own.add(key!);
        const { le } = series.labels;
        const labels = {
          ...callLabels(call),
          __name__: `${T.duration.name}${suffix}`,
          ...(le === undefined ? {} : { le: boundOf(le, scale) }),
        };
        const values = countedUp(series, suffix === '_sum' ? scale : 1);
        reportOf(reports, call.server).durations.push(relabelled(series, labels, values));
      }
    if (!given.has(`${name}_bucket`))
      for (const series of summaryBuckets(name, scale, given, (labels) => {
        const call = callOf(labels);
        return call && { ...labels, ...callLabels(call) };
      }))
        reportOf(reports, series.labels['service_name'] ?? '').durations.push(series);
    for (const one of own) known.add(one);
  }
}

function readWaits(
  { waits = [] }: RequestSource,
  given: SeriesByName,
  callOf: (labels: Labels) => Call | undefined,
  reports: Reports,
): void {
  const counted = waits.find(({ name }) => given.has(`${name}_sum`));
  if (!counted) return;
  for (const series of given.take(`${counted.name}_sum`)) {
    const call = callOf(series.labels);
    if (!call || call.client === '') continue;
    const values = countedUp(series, counted.scale);
    reportOf(reports, call.server).waits.push(
      relabelled(series, { ...callLabels(call), __name__: T.callTime.name }, values),
    );
  }
}

/** The bound of a bucket in seconds. */
const boundOf = (le: string, scale: number): string =>
  Number.isFinite(Number(le)) ? String(Number((Number(le) * scale).toPrecision(12))) : '+Inf';

/** What several sources count of a service, added up: HTTP and gRPC. */
export function together(...all: readonly Reports[]): Reports {
  const sum: Reports = new Map();
  for (const reports of all)
    for (const [server, one] of reports) {
      const report = reportOf(sum, server);
      report.named ||= one.named;
      report.counts.push(...one.counts);
      report.durations.push(...one.durations);
      report.waits.push(...one.waits);
      report.operations.push(...one.operations);
    }
  return sum;
}

/** Of each service the first, else the second. */
export const orElse = (first: Reports, second: Reports): Reports => new Map([...second, ...first]);
