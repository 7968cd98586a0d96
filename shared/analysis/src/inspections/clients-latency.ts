import { formatValue } from '@gumshoe/base/units';
import {
  bucketQuantile,
  latencyQuantileColumn,
  maxColumns,
  maxOf,
  mergeHistograms,
  ratioColumn,
  sumColumns,
  sumOf,
} from '@gumshoe/model/columns';
import type { Dependency } from '@gumshoe/model/world';
import { REQUEST_METRICS, type Protocol } from '@gumshoe/schema/metrics/container';
import { promqlEvidence, selectDependency } from '../evidence.ts';
import type { NamedColumn, Verdict } from '../finding.ts';
import type { Subject } from './define.ts';

/** A rule over what the clients of a database see: mean latency, p99 and the oldest unanswered request. */
export interface ClientsLatencyRule {
  readonly protocol: Protocol;
  /** seconds, for the mean */
  readonly threshold: number;
  /** seconds, for the oldest request without an answer */
  readonly hanging: number;
  /** Another source's mean latency: the probe's. */
  readonly probe?: {
    readonly name: string;
    readonly value: number;
    readonly column: NamedColumn;
    readonly query: string;
  };
}

/** The verdict on a database's latency as its clients and its probe see it; undefined without both. */
export function clientsLatency(
  subject: Subject,
  downstreams: readonly Dependency[],
  rule: ClientsLatencyRule,
): Verdict | undefined {
  const { grid, window, recent, rateWindow, range } = subject;
  const cells = { lo: Math.max(window.lo, window.hi - 4 * recent), hi: window.hi };
  const clients = downstreams.flatMap((dependency) => dependency.requests);
  const requests = clients.filter((one) => one.protocol === rule.protocol);
  const dependency = downstreams.find((one) => one.requests.some((r) => r.protocol === rule.protocol));
  const sum = sumColumns(
    requests.map((one) => one.durationSum),
    grid.points,
  );
  const rate = sumColumns(
    requests.map((one) => one.rate),
    grid.points,
  );
  const hanging = maxColumns(
    requests.flatMap((one) => one.inFlightAge ?? []),
    grid.points,
  );
  const histogram = mergeHistograms(requests.flatMap((one) => one.latency ?? []));
  const count = sumOf(rate, cells);
  const oldest = maxOf(hanging, cells);
  if (!(count > 0) && !(oldest > 0) && rule.probe === undefined) return undefined;
  const mean = count > 0 ? sumOf(sum, cells) / count : NaN;
  const p99 = histogram
    ? bucketQuantile(
        histogram.bounds,
        histogram.counts.map((column) => sumOf(column, cells)),
        0.99,
      )
    : NaN;
  const probe = rule.probe?.value ?? NaN;
  const value = Math.max(...[mean, oldest > rule.hanging ? oldest : NaN, probe].filter((v) => v === v), 0);
  const metrics = REQUEST_METRICS[rule.protocol];
  const select = (of: Dependency, metric: string) =>
    `sum(rate(${selectDependency(of, metric)}${rateWindow}))`;
  const message = describe(mean, p99, oldest, rule);
  const evidence = [
    ...(dependency
      ? [
          `${select(dependency, `${metrics.duration.name}_sum`)} / ${select(dependency, `${metrics.duration.name}_count`)}`,
        ]
      : []),
    ...(rule.probe ? [rule.probe.query] : []),
  ].map((query) => promqlEvidence(query, range, message));
  return {
    health: value > rule.threshold ? 'warning' : 'ok',
    message,
    value,
    threshold: rule.threshold,
    unit: 'seconds',
    instances: [],
    evidence,
    explanation: [
      `mean as clients see it ${formatValue(mean, 'seconds')}, p99 ${formatValue(p99, 'seconds')}`,
      `oldest request without an answer ${formatValue(oldest, 'seconds')}; counts above ${formatValue(rule.hanging, 'seconds')}`,
      ...(rule.probe ? [`${rule.probe.name} ${formatValue(probe, 'seconds')}`] : []),
      `the worst of these is ${formatValue(value, 'seconds')}, threshold ${formatValue(rule.threshold, 'seconds')}`,
    ],
    columns: [
      { name: 'mean', values: ratioColumn(sum, rate) },
      ...(histogram ? [{ name: 'p99', values: latencyQuantileColumn(histogram, 0.99) }] : []),
      { name: 'oldest unanswered', values: hanging },
      ...(rule.probe ? [rule.probe.column] : []),
    ],
  };
}

function describe(mean: number, p99: number, oldest: number, rule: ClientsLatencyRule): string {
  const limit = `threshold ${formatValue(rule.threshold, 'seconds')}`;
  const hanging =
    oldest > rule.hanging
      ? `; the oldest one has waited ${formatValue(oldest, 'seconds')} for its answer`
      : '';
  const { probe } = rule;
  if (mean !== mean && probe && hanging === '')
    return `Nobody's requests are seen; ${probe.name} is ${formatValue(probe.value, 'seconds')} (${limit}).`;
  if (mean !== mean) return `No request completed at the end of the window${hanging} (${limit}).`;
  return `Clients wait ${formatValue(mean, 'seconds')} on average, p99 ${formatValue(p99, 'seconds')}${hanging} (${limit}).`;
}
