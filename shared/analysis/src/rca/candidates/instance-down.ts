import { gridTime, milliseconds, type Milliseconds } from '@gumshoe/base/time';
import { absenceOf, type Absence } from '../../anomalies/absence.ts';
import { absenceSignal } from '../../anomalies/absence-evidence.ts';
import { sumOf } from '@gumshoe/model/columns';
import { isPast } from '@gumshoe/model/derived/service-map';
import type { Application, CellRange, Column, Instance } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { selectApplication } from '../../evidence.ts';
import { clock } from '../../inspections/slo-verdict.ts';
import { measured } from '../claim.ts';
import { leadCells, type Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect, type Suspicion } from './define.ts';

/** An instance may go this long before anybody notices, ms. */
const LEAD = 90_000;
const ONE_OF_MANY = 0.6;
/** One that starts again might do so for the trouble's sake; one that does so again and again is the trouble. */
const RESTART_ONLY = 0.45;
const CRASH_LOOP = 0.8;

export const instanceDown = defineCandidate({
  kind: 'instance-down',
  title: 'Instances stopped',
  examine: ({ application, frame }) => {
    const absence = absenceOf(frame.world, application);
    if (absence && isAround(absence.cells, frame))
      return suspect(absentSuspicion(application, absence, frame));
    const instances = application.instances.filter((instance) => !isPast(instance));
    if (instances.length === 0) return undefined;
    const stopped = instances.filter((instance) => stopsIn(instance, frame).length > 0);
    const restarted = instances.filter((instance) => restartsIn(instance, frame) > 0);
    if (stopped.length === 0 && restarted.length === 0) {
      return clear(
        CONTAINER_METRICS.tcpListen.name,
        instances.length === 1 ? 'its instance stayed up' : `all ${instances.length} instances stayed up`,
      );
    }
    const affected = stopped.length > 0 ? stopped : restarted;
    const column = downColumn(affected, instances.length, frame);
    const worst = stopped.length / instances.length;
    const missed = stopped.length === 0 ? 1 : outlived(column, frame);
    const magnitude =
      missed *
      (stopped.length === 0 ? restarting(restarted, frame) : ONE_OF_MANY + (1 - ONE_OF_MANY) * worst);
    const onset = stopped.length === 0 ? firstRestart(restarted, frame) : firstStop(stopped, frame);
    const names = affected.map((instance) => instance.id).join(', ');
    const summary = `${affected.length} of ${instances.length} instances of ${application.name} ${stopped.length > 0 ? 'stopped' : 'restarted'}: ${affected.map((one) => describe(one, frame)).join('; ')}.`;
    const metric = stopped.length > 0 ? CONTAINER_METRICS.tcpListen.name : CONTAINER_METRICS.restarts.name;
    return suspect({
      title: `${names} of ${application.name} ${stopped.length > 0 ? 'stopped' : 'restarted'}`,
      signal: metric,
      ...(affected.length === 1 ? { instance: affected[0]!.id } : {}),
      magnitude,
      ...(onset === undefined ? {} : { onset }),
      ...(stopped.length === 0 ? {} : { column }),
      evidence: [
        measured(frame, selectApplication(application, metric), summary, {
          value: affected.length,
          before: 0,
          unit: 'count',
          ...(onset === undefined ? {} : { onset }),
        }),
      ],
      remediation: remediationFor(application.name, affected),
    });
  },
});

/** It began no long time before the trouble, and not after it. */
const isAround = ({ lo, hi }: CellRange, frame: Frame): boolean =>
  lo < frame.incident.hi && hi > leadCells(frame, LEAD).lo;

const TOLD: Readonly<Record<Absence['told'], string>> = {
  replicas: 'Kubernetes counts no available replica',
  samples: 'none of its instances gives samples',
  idle: 'its containers hold next to no memory and use no CPU',
};

function absentSuspicion(application: Application, absence: Absence, frame: Frame): Suspicion {
  const { cells, share, since, missing, told } = absence;
  const { signal, query, ...figures } = absenceSignal(frame.world, application, absence);
  const until = cells.hi < frame.world.grid.points - 1 ? gridTime(frame.world.grid, cells.hi - 1) : undefined;
  const when = until === undefined ? `since ${clock(since)}` : `from ${clock(since)} to ${clock(until)}`;
  const what =
    share >= 1
      ? TOLD[told]
      : `${Math.round(100 * share)} % of the replicas that are wanted are not available`;
  const summary = `${application.name}: ${what} ${when} UTC.`;
  return {
    title: `${application.name} ${share >= 1 ? 'did not run' : 'ran with too few replicas'} ${when} UTC`,
    signal,
    magnitude: ONE_OF_MANY + (1 - ONE_OF_MANY) * share,
    onset: since,
    column: missing,
    evidence: [measured(frame, query, summary, { ...figures, onset: since })],
    remediation:
      until === undefined
        ? `Start ${application.name} again: look at why its pods or processes do not run (events, the last log lines, the supervisor's journal).`
        : `${application.name} is running again. Find out who or what stopped it: events, deployments and the kernel log at that time.`,
  };
}

function stopsIn(instance: Instance, frame: Frame): Instance['downtimes'] {
  return instance.downtimes.filter(
    ({ from, to }) =>
      from <= frame.until && from >= frame.onset - LEAD && (to ?? Infinity) > frame.onset - LEAD,
  );
}

const restartsIn = (instance: Instance, frame: Frame): number =>
  restartsWithin(instance, leadCells(frame, LEAD), frame);

const restartsWithin = ({ restarts }: Instance, cells: CellRange, { world }: Frame): number =>
  Math.round((sumOf(restarts, cells) * world.grid.step) / 1000);

/** More for what restarts many times in a while in which it hardly ever did. */
function restarting(restarted: readonly Instance[], frame: Frame): number {
  const most = Math.max(
    ...restarted.map((one) => restartsIn(one, frame) - restartsWithin(one, frame.baseline, frame)),
  );
  return RESTART_ONLY + (CRASH_LOOP - RESTART_ONLY) * ramp(most, 1, 4);
}

function firstRestart(restarted: readonly Instance[], frame: Frame): Milliseconds | undefined {
  const { lo, hi } = leadCells(frame, LEAD);
  for (let i = lo; i < hi; i++)
    if (restarted.some(({ restarts }) => restarts[i]! > 0))
      return milliseconds(gridTime(frame.world.grid, i) - frame.world.grid.step);
  return undefined;
}

const firstStop = (stopped: readonly Instance[], frame: Frame) =>
  stopped.flatMap((instance) => stopsIn(instance, frame)).sort((a, b) => a.from - b.from)[0]!.from;

/** Share of instances that are down, per cell. */
function downColumn(affected: readonly Instance[], all: number, frame: Frame): Column {
  const { grid } = frame.world;
  return new Float64Array(grid.points).map((_, i) => {
    const at = gridTime(grid, i);
    const down = affected.filter((instance) =>
      instance.downtimes.some(({ from, to }) => at > from && at <= (to ?? Infinity)),
    );
    return down.length / all;
  });
}

/** Requests may fail for so long after all instances are back, ms. */
const AFTERMATH = 60_000;
/** What is left of a stop when the trouble goes on as before long after it is over. */
const OUTLIVED = 0.3;

/** 1 while the trouble keeps to the times without instances, less when it goes on without them missing. */
function outlived(down: Column, { incident, badShare, world }: Frame): number {
  const after = Math.round(AFTERMATH / world.grid.step);
  const [missing, there] = [
    { sum: 0, n: 0 },
    { sum: 0, n: 0 },
  ];
  let since = Infinity;
  for (let i = incident.lo; i < incident.hi; i++) {
    since = down[i]! > 0 ? 0 : since + 1;
    if (badShare[i] !== badShare[i]) continue;
    const part = since <= after ? missing : there;
    part.sum += badShare[i]!;
    part.n++;
  }
  if (missing.n === 0 || there.n < 2 * after) return 1;
  const left = there.sum / there.n / Math.max(1e-9, missing.sum / missing.n);
  return 1 - (1 - OUTLIVED) * ramp(left, 0.3, 0.7);
}

function describe(instance: Instance, frame: Frame): string {
  const stop = stopsIn(instance, frame).at(-1);
  if (!stop) return `${instance.id} restarted ${restartsIn(instance, frame)} times`;
  const back = stop.to === undefined ? 'still down' : `back at ${clock(stop.to)}`;
  return `${instance.id} last seen at ${clock(stop.from)} UTC, ${back}`;
}

function remediationFor(name: string, affected: readonly Instance[]): string {
  const down = affected.filter((instance) => instance.state === 'down');
  if (down.length === 0) {
    return `${name} is running again. Find out who or what stopped it: the supervisor's journal, deployments and the kernel log at that time.`;
  }
  return `Start ${down.map((instance) => instance.id).join(', ')} again, then read the last log lines and the supervisor's journal for the reason of the stop.`;
}
