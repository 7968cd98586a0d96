import { formatValue } from '@gumshoe/base/units';
import { meanOf } from '@gumshoe/model/columns';
import type { Application, Column, Instance } from '@gumshoe/model/world';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { findChange, isSignificant } from '../../anomalies/change.ts';
import { columnUnit, resourceColumns, type Resource as ResourceKind } from '../../anomalies/resources.ts';
import { rateWindow, selectApplication } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { requestsTo } from '../own-trouble.ts';
import { clear, defineCandidate, ramp, suspect, type CandidateDefinition } from './define.ts';

interface Resource {
  readonly kind: string;
  readonly resource: ResourceKind;
  readonly title: string;
  /** `api now uses …` */
  readonly verb: string;
  readonly remediation: (name: string) => string;
}

const RESOURCES: readonly Resource[] = [
  {
    kind: 'cpu-change',
    resource: 'cpu',
    title: 'Uses far more CPU than usual',
    verb: 'CPU',
    remediation: (name) => `Compare a CPU profile of ${name} with one of before; look at its last change.`,
  },
  {
    kind: 'memory-change',
    resource: 'memory',
    title: 'Uses far more memory than usual',
    verb: 'memory',
    remediation: (name) =>
      `Find what ${name} keeps: a heap dump or a memory profile; look at its last change.`,
  },
  {
    kind: 'disk-io-change',
    resource: 'disk-io',
    title: 'Reads or writes far more than usual',
    verb: 'disk I/O',
    remediation: (name) =>
      `Find which files ${name} reads or writes now, and whether others wait for the device.`,
  },
  {
    kind: 'socket-change',
    resource: 'handles',
    title: 'Holds far more sockets, threads or files than usual',
    verb: 'handles',
    remediation: (name) => `Look for connections, threads or files that ${name} opens and does not close.`,
  },
  {
    kind: 'packet-drop',
    resource: 'dropped-packets',
    title: 'Packets are dropped',
    verb: 'dropped packets',
    remediation: (name) => `Check the network of the nodes of ${name}: interface errors, queues, policies.`,
  },
];

/** A change of a resource tells less than one that is used up. */
const MOST = 0.6;
/** Where nobody counts requests, it is all that tells. */
const MOST_ALONE = 0.85;
const SURE = 4.5;

interface Judged {
  readonly instance: Instance;
  readonly metric: MetricDefinition;
  readonly column: Column;
  readonly weight: number;
  readonly before: number;
  readonly during: number;
}

/** Of one column: how sure, how far and how many times as much. */
function judge(
  instance: Instance,
  metric: MetricDefinition,
  column: Column,
  frame: Frame,
): Judged | undefined {
  const change = findChange(column, { lo: frame.baseline.lo, hi: frame.incident.hi }, true);
  if (!change || !isSignificant(change, SURE) || change.cells.hi <= frame.incident.lo) return undefined;
  const before = meanOf(column, frame.baseline);
  const during = meanOf(column, frame.incident);
  const ratio = during / Math.max(before || 0, 1e-9);
  if (!(during > before) || !(change.shift > 3)) return undefined;
  const weight = ramp(Math.log2(Math.min(ratio, 64)), 0.25, 2) * ramp(change.shift, 3, 12);
  return weight > 0 ? { instance, metric, column, weight, before, during } : undefined;
}

const traffic = (frame: Frame, application: Application): number => {
  const change = (column: Column): number => meanOf(column, frame.incident) / meanOf(column, frame.baseline);
  const ratios = requestsTo(application)
    .map(({ rate }) => change(rate))
    .filter((ratio) => ratio > 0);
  return ratios.length === 0 ? 1 : Math.max(1, ...ratios);
};

/** What a request that waits holds of a kind, at most: bytes with its buffers, sockets with its calls. */
const HELD_BY_REQUEST: Readonly<Record<string, number>> = {
  'memory-change': 2 * 1024 ** 2,
  'socket-change': 6,
};
const EXPLAINED = 0.4;

/** Less when no more is held than the requests under way account for: slow calls hold sockets and memory. */
function held(
  { kind }: Resource,
  { before, during }: Judged,
  frame: Frame,
  application: Application,
): number {
  const each = HELD_BY_REQUEST[kind];
  if (each === undefined) return 1;
  // seconds of requests per second: how many are under way
  const waiting = (cells: Frame['incident']): number =>
    requestsTo(application).reduce((sum, one) => sum + (meanOf(one.durationSum, cells) || 0), 0);
  const more = waiting(frame.incident) - waiting(frame.baseline);
  return (during - before) * application.instances.length <= each * more ? EXPLAINED : 1;
}

const mostOf = (application: Application): number =>
  requestsTo(application).length > 0 || application.operations.length > 0 ? MOST : MOST_ALONE;

function define(resource: Resource): CandidateDefinition {
  return defineCandidate({
    kind: resource.kind,
    title: resource.title,
    examine: ({ application, frame }) => {
      const columns = application.instances.flatMap((instance) =>
        resourceColumns(instance, resource.resource).map((one) => ({ instance, ...one })),
      );
      if (columns.length === 0) return undefined;
      const judged = columns
        .flatMap(({ instance, metric, column }) => judge(instance, metric, column, frame) ?? [])
        .sort((a, b) => b.weight - a.weight || (a.instance.id < b.instance.id ? -1 : 1));
      const [worst] = judged;
      if (!worst) return clear(columns[0]!.metric.name, `its ${resource.verb} stayed as usual`);
      const { instance, metric, column, before, during } = worst;
      const select = selectApplication(application, metric.name);
      const query = metric.type === 'counter' ? `rate(${select}${rateWindow(frame.world)})` : select;
      const unit = columnUnit(metric);
      const figures = `${formatValue(before || 0, unit)} → ${formatValue(during, unit)}`;
      const { onset } = shiftOf(column, frame);
      const summary = `${metric.name} of ${instance.id}: ${figures}, against its own past.`;
      return suspect({
        title: `${application.name}: ${resource.verb} far from usual (${figures})`,
        signal: metric.name,
        instance: instance.id,
        // more requests explain as much more of everything
        magnitude:
          ((mostOf(application) * worst.weight) / traffic(frame, application)) *
          held(resource, worst, frame, application),
        onset,
        column,
        evidence: [measured(frame, query, summary, { value: during, before, unit, onset })],
        remediation: resource.remediation(application.name),
      });
    },
  });
}

/** One candidate a resource: what a container uses, compared with its own past instead of with a limit. */
export const RESOURCE_CHANGES: readonly CandidateDefinition[] = RESOURCES.map(define);
