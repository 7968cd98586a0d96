import { formatValue } from '@gumshoe/base/units';
import {
  latencyQuantile,
  latencyQuantileColumn,
  maxColumns,
  maxOf,
  mergeHistograms,
  ratioColumn,
  sumColumns,
} from '@gumshoe/model/columns';
import type { Column, Dependency, RequestColumns } from '@gumshoe/model/world';
import type { Protocol } from '@gumshoe/schema/metrics/container';
import { requestMetrics } from '@gumshoe/schema/metrics/requests';
import { promqlEvidence, selectDependency } from '../evidence.ts';
import type { NamedColumn, Verdict } from '../finding.ts';
import { clientRequests, type ClientRequests } from './clients-server.ts';
import type { Subject } from './define.ts';
import { known } from './measured.ts';
import { needed, sustained, sustainRule } from './sustained.ts';

/** A rule over what the clients of a database see: mean latency, p99 and the oldest unanswered request. */
export interface ClientsLatencyRule {
  readonly protocol: Protocol;
  /** Application types of its servers, where only spans tell of the requests. */
  readonly types: readonly string[];
  /** seconds, for the mean */
  readonly threshold: number;
  /** seconds, for the oldest request without an answer */
  readonly hanging: number;
  /** Clients in calls that wait by design: where there are some, what clients see says nothing. */
  readonly blocked?: readonly Column[];
  /** Another source's mean latency: the probe's. */
  readonly probe?: {
    readonly name: string;
    readonly column: NamedColumn;
    readonly query: string;
  };
}

/** Each on the world's grid, seconds. */
interface Waiting {
  readonly mean: Column;
  /** Oldest request without an answer. */
  readonly oldest: Column;
  readonly probe: Column;
}

/** The verdict on a database's latency as its clients and its probe see it; undefined without both. */
export function clientsLatency(
  subject: Subject,
  downstreams: readonly Dependency[],
  rule: ClientsLatencyRule,
): Verdict | undefined {
  const { grid, window, recent, range } = subject;
  const seen = clientRequests(subject, downstreams, rule);
  const requests = seen.map((one) => one.requests);
  if (requests.length === 0 && !rule.probe) return undefined;
  const waiting = waitingOf(requests, rule, grid.points);
  const judged = maxColumns(
    [waiting.mean, waiting.oldest.map((age) => (age > rule.hanging ? age : NaN)), waiting.probe],
    grid.points,
  );
  const limits = sustainRule(rule.threshold, grid);
  const state = sustained(judged, window, limits);
  if (!state) return undefined;
  const cells = { lo: Math.max(window.lo, window.hi - 4 * recent), hi: window.hi };
  const histogram = mergeHistograms(requests.flatMap((one) => one.latency ?? []));
  const p99 = histogram ? latencyQuantile(histogram, cells, 0.99) : NaN;
  const last = (column: Column) => sustained(column, window, limits)?.value ?? NaN;
  const mean = last(waiting.mean);
  const oldest = maxOf(waiting.oldest, cells);
  const probe = last(waiting.probe);
  const message = describe({ mean, p99, oldest, probe }, rule);
  return {
    health: state.firing ? 'warning' : 'ok',
    message,
    value: state.value,
    threshold: rule.threshold,
    unit: 'seconds',
    instances: [],
    evidence: queriesOf(subject, seen[0], rule).map((query) => promqlEvidence(query, range, message)),
    explanation: [
      `mean as clients see it ${formatValue(mean, 'seconds')}, p99 ${formatValue(p99, 'seconds')}`,
      `oldest request without an answer ${formatValue(oldest, 'seconds')}; counts above ${formatValue(rule.hanging, 'seconds')}`,
      ...(rule.probe ? [`${rule.probe.name} ${formatValue(probe, 'seconds')}`] : []),
      `the worst of these is ${formatValue(state.value, 'seconds')}, median of the last ${state.known} points; ${state.above} of ${limits.points} lie above ${formatValue(rule.threshold, 'seconds')}: a warning begins at ${needed(limits.points)} and ends when none lies above ${formatValue(limits.exit, 'seconds')}`,
    ],
    columns: [
      { name: 'mean', values: waiting.mean },
      ...(histogram ? [{ name: 'p99', values: latencyQuantileColumn(histogram, 0.99) }] : []),
      { name: 'oldest unanswered', values: waiting.oldest },
      ...(rule.probe ? [rule.probe.column] : []),
    ],
  };
}

function waitingOf(
  requests: readonly RequestColumns[],
  { probe, blocked = [] }: ClientsLatencyRule,
  points: number,
): Waiting {
  const sum = sumColumns(
    requests.map((one) => one.durationSum),
    points,
  );
  const rate = sumColumns(
    requests.map((one) => one.rate),
    points,
  );
  const oldest = maxColumns(
    requests.flatMap((one) => one.inFlightAge ?? []),
    points,
  );
  const unknown = new Float64Array(points).fill(NaN);
  const timed = (column: Column) =>
    column.map((value, i) => (blocked.some((clients) => clients[i]! > 0) ? NaN : value));
  return {
    mean: known(sum) ? timed(ratioColumn(sum, rate)) : unknown,
    oldest: timed(oldest),
    probe: probe?.column.values ?? unknown,
  };
}

function queriesOf(
  { rateWindow }: Subject,
  seen: ClientRequests | undefined,
  { probe }: ClientsLatencyRule,
): readonly string[] {
  const rate = ({ dependency, requests }: ClientRequests, part: string) =>
    `sum(rate(${selectDependency(dependency, `${requestMetrics(requests.protocol).duration.name}_${part}`)}${rateWindow}))`;
  return [
    ...(seen ? [`${rate(seen, 'sum')} / ${rate(seen, 'count')}`] : []),
    ...(probe ? [probe.query] : []),
  ];
}

interface Numbers {
  readonly mean: number;
  readonly p99: number;
  readonly oldest: number;
  readonly probe: number;
}

function describe({ mean, p99, oldest, probe }: Numbers, rule: ClientsLatencyRule): string {
  const limit = `threshold ${formatValue(rule.threshold, 'seconds')}`;
  const hanging =
    oldest > rule.hanging
      ? `; the oldest one has waited ${formatValue(oldest, 'seconds')} for its answer`
      : '';
  const inside =
    rule.probe && probe === probe ? `${rule.probe.name} is ${formatValue(probe, 'seconds')}` : undefined;
  if (mean !== mean && inside && hanging === '')
    return `No requests of clients are seen; ${inside} (${limit}).`;
  if (mean !== mean) return `No request completed at the end of the window${hanging} (${limit}).`;
  const probed = inside && probe > Math.max(mean, rule.threshold) ? `; ${inside}` : '';
  return `Clients wait ${formatValue(mean, 'seconds')} on average${p99 === p99 ? `, p99 ${formatValue(p99, 'seconds')}` : ''}${hanging}${probed} (${limit}).`;
}
