import { formatValue } from '@gumshoe/base/units';
import { maxColumns, meanOf, ratioColumn, sumColumns, sumOf } from '@gumshoe/model/columns';
import type { Evidence } from '@gumshoe/model/entities';
import type { Application, Column, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS, REQUEST_METRICS, type Protocol } from '@gumshoe/schema/metrics/container';
import { rateWindow, selectDependency } from '../../evidence.ts';
import { clock } from '../../inspections/slo-verdict.ts';
import { measured } from '../claim.ts';
import { dependencyChange, waitColumn, type DependencyChange } from '../dependency-change.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { ramp } from './define.ts';

/** How a database looks to its clients, and to itself. */
export interface ClientsView {
  readonly changes: readonly DependencyChange[];
  /** The most affected client. */
  readonly worst: DependencyChange;
  /** 0..1: how much longer clients wait. Refused and failed requests do not count here. */
  readonly wait: number;
  /** Share of clients that wait longer. */
  readonly spread: number;
  /** Worst wait per cell, seconds. */
  readonly column: Column;
  /** Requests stopped completing, although clients keep them open. */
  readonly stalled: boolean;
  /** The server's own latency rose as well; NaN-safe. */
  readonly servedSlower: boolean;
  /** Mean CPU of the server before and during, cores. */
  readonly cpu: { readonly before: number; readonly during: number };
  readonly onset: ReturnType<typeof shiftOf>['onset'];
  /** Clients that appeared with the trouble. */
  readonly newcomers: readonly Dependency[];
}

/** A client that appears this long before the onset is still suspicious, ms. */
const NEWCOMER_LEAD = 60_000;

const WAITS = 0.2;

export function clientsView(
  application: Application,
  protocol: Protocol,
  frame: Frame,
): ClientsView | undefined {
  const dependencies = application.downstreams.filter((one) =>
    one.requests.some((requests) => requests.protocol === protocol),
  );
  const newcomers = newcomersOf(application, frame);
  const settled = dependencies.filter((dependency) => !newcomers.includes(dependency));
  const changes = (settled.length > 0 ? settled : dependencies)
    .map((dependency) => dependencyChange(dependency, frame))
    .sort((a, b) => waitOf(b) - waitOf(a));
  const worst = changes[0];
  if (!worst) return undefined;
  const points = frame.world.grid.points;
  const column = maxColumns(
    changes.map((change) => waitColumn(change.dependency, points)),
    points,
  );
  const cpu = sumColumns(
    application.instances.map((one) => one.cpuUsage),
    points,
  );
  const cpuShift = shiftOf(cpu, frame);
  return {
    changes,
    worst,
    wait: waitOf(worst),
    spread: changes.filter((change) => waitOf(change) > WAITS).length / changes.length,
    column,
    stalled: worst.during.oldest > 1 && worst.during.rate < 0.5 * worst.before.rate,
    servedSlower: servedSlower(application, protocol, frame),
    cpu: { before: cpuShift.before, during: cpuShift.during },
    onset: shiftOf(column, frame).onset,
    newcomers,
  };
}

/** Clients first seen around the onset, although the server was watched before. */
export function newcomersOf(application: Application, frame: Frame): readonly Dependency[] {
  const since = frame.onset - NEWCOMER_LEAD;
  const watchedSince = frame.world.observed?.from ?? frame.onset;
  const tolerance = 2 * frame.world.interval + frame.world.grid.step;
  return application.downstreams.filter(
    ({ firstSeen }) => firstSeen >= since && firstSeen <= frame.until && firstSeen > watchedSince + tolerance,
  );
}

/** One sentence about them with the query that shows it; undefined when nobody is new. */
export function newcomerEvidence(
  newcomers: readonly Dependency[],
  frame: Frame,
  nameOf: (id: Application['id']) => string,
): Evidence | undefined {
  const [first] = newcomers;
  if (!first) return undefined;
  const names = newcomers.map((one) => `${nameOf(one.client)} (first seen at ${clock(one.firstSeen)} UTC)`);
  return measured(
    frame,
    selectDependency(first, CONTAINER_METRICS.tcpConnects.name),
    `New clients of ${nameOf(first.server)}: ${names.join(', ')}.`,
    { value: newcomers.length, before: 0, unit: 'count', onset: first.firstSeen },
  );
}

/** The part of a change that is waiting: mean latency or the age of the oldest unanswered request. */
function waitOf({ before, during }: DependencyChange): number {
  const rise = during.mean - (before.mean || 0);
  const ratio = before.mean > 0 ? during.mean / before.mean : rise > 0 ? 10 : 0;
  const slower = rise > 0.005 ? ramp(Math.log2(Math.max(1, ratio)), 0.6, 3) : 0;
  const usual = before.oldest === before.oldest ? before.oldest : 0;
  const hanging = during.oldest > 3 * usual ? ramp(during.oldest, 0.3, 2) : 0;
  return Math.max(slower, hanging);
}

function servedSlower(application: Application, protocol: Protocol, frame: Frame): boolean {
  const inbound = application.inbound.filter((one) => one.protocol === protocol);
  const points = frame.world.grid.points;
  const mean = ratioColumn(
    sumColumns(
      inbound.map((one) => one.durationSum),
      points,
    ),
    sumColumns(
      inbound.map((one) => one.rate),
      points,
    ),
  );
  const before = meanOf(mean, frame.baseline);
  const served = sumOf(
    sumColumns(
      inbound.map((one) => one.rate),
      points,
    ),
    frame.incident,
  );
  return served > 0 && meanOf(mean, frame.incident) > 2 * (before || 0) + 0.001;
}

/** `orders waits 250 ms on average, 3 ms before; its oldest request waited 40 s for an answer.` */
export function waitSentence(view: ClientsView, nameOf: (id: Application['id']) => string): string {
  const { before, during, dependency } = view.worst;
  const client = nameOf(dependency.client);
  const mean =
    !view.stalled && during.mean === during.mean
      ? `${client} waits ${formatValue(during.mean, 'seconds')} on average, ${formatValue(before.mean, 'seconds')} before`
      : `${formatValue(during.rate, 'requests/second')} of ${client} complete, ${formatValue(before.rate, 'requests/second')} did before`;
  const oldest = `its oldest request waited ${formatValue(during.oldest, 'seconds')} for an answer`;
  return during.oldest > 0.3 ? `${mean}; ${oldest}.` : `${mean}.`;
}

export function waitEvidence(view: ClientsView, protocol: Protocol, frame: Frame, summary: string) {
  const metrics = REQUEST_METRICS[protocol];
  const metric = view.stalled ? selectDependency(view.worst.dependency, metrics.inFlightAge.name) : undefined;
  const rate = (suffix: string) =>
    `sum(rate(${selectDependency(view.worst.dependency, `${metrics.duration.name}_${suffix}`)}${rateWindow(frame.world)}))`;
  const { before, during } = view.worst;
  return measured(frame, metric ? `max(${metric})` : `${rate('sum')} / ${rate('count')}`, summary, {
    ...(metric
      ? { value: during.oldest, before: before.oldest }
      : { value: during.mean, before: before.mean }),
    unit: 'seconds',
    onset: view.onset,
  });
}
