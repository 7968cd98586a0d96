import { formatValue } from '@gumshoe/base/units';
import { gridTime } from '@gumshoe/base/time';
import { sumOf } from '@gumshoe/model/columns';
import { isPast } from '@gumshoe/model/derived/service-map';
import type { Application, Dependency } from '@gumshoe/model/world';
import { CONTAINER_METRICS } from '@gumshoe/schema/metrics/container';
import { rateWindow, selectDependency } from '../../evidence.ts';
import { measured } from '../claim.ts';
import { shiftOf, type Frame } from '../frame.ts';
import { clear, defineCandidate, ramp, suspect } from './define.ts';

const SIGNAL = CONTAINER_METRICS.tcpFailedConnects.name;
/** Fewer failed attempts than this prove nothing. */
const MIN_ATTEMPTS = 3;
/** A server that is down explains its refused connections by itself. */
const SERVER_DOWN = 0.5;

export const tcpRefused = defineCandidate({
  kind: 'tcp-refused',
  title: 'Connections fail',
  examine: ({ application, frame, inspected }) => {
    if (application.downstreams.length === 0) return undefined;
    const failing = application.downstreams
      .map((dependency) => ({ dependency, ...attempts(dependency, frame) }))
      .filter(({ failed, before }) => failed >= MIN_ATTEMPTS && failed > 2 * before)
      .sort((a, b) => b.failed - a.failed);
    const worst = failing[0];
    if (!worst) return clear(SIGNAL, 'connections to it succeeded as before');
    const nameOf = (id: Application['id']) => inspected.world.byId.get(id)?.name ?? id;
    const client = nameOf(worst.dependency.client);
    const down = downShare(application, frame);
    const filled = worst.dependency.tcp.failedConnects.map((value) => (value === value ? value : 0));
    const shift = shiftOf(filled, frame);
    const state = stateSentence(application, down);
    const how = REASONS[mainReason(worst.dependency, frame)];
    const summary = `${formatValue(worst.failed, 'count')} connection attempts from ${client} to ${application.name} ${how.failed} during the incident (${formatValue(worst.before, 'count')} in as long a time before); ${state}.`;
    const query = `sum(rate(${selectDependency(worst.dependency, SIGNAL)}${rateWindow(frame.world)}))`;
    return suspect({
      title:
        down > 0
          ? `Connections from ${client} to ${application.name} fail: nobody listens there`
          : `Connections from ${client} to ${application.name} ${how.fail} although it is up: ${how.meaning}`,
      signal: SIGNAL,
      magnitude: ramp(shift.during, 0.02, 0.3) * (down > 0.5 ? SERVER_DOWN : 1),
      onset: shift.onset,
      column: filled,
      evidence: [
        measured(frame, query, summary, {
          value: worst.failed,
          before: worst.before,
          unit: 'count',
          onset: shift.onset,
        }),
      ],
      remediation: `Try the connection from the host of ${client}: ${destinations(worst.dependency)}. ${how.look}Then compare firewall rules (nft list ruleset, iptables -S), network policies and routes on both hosts with those before the onset.`,
    });
  },
});

type Reason = 'refused' | 'timed_out' | 'unreachable' | 'unknown';

/** What a failure tells of the way: `look` comes before what is to be done in any case. */
const REASONS: Readonly<
  Record<
    Reason,
    { readonly fail: string; readonly failed: string; readonly meaning: string; readonly look: string }
  >
> = {
  refused: {
    fail: 'are refused',
    failed: 'were refused',
    meaning: 'something on the way rejects them',
    look: 'A refusal is an answer: a rule that rejects, or a port that nobody listens on where the packets arrive. ',
  },
  timed_out: {
    fail: 'time out',
    failed: 'timed out',
    meaning: 'packets are lost on the way',
    look: 'Nobody answers: a rule that drops, a route that is gone, or an accept queue that is full. ',
  },
  unreachable: {
    fail: 'find no route',
    failed: 'found no route',
    meaning: 'the network has no way there',
    look: 'A router or the host itself says that there is no way: look at routes and interfaces first. ',
  },
  unknown: { fail: 'fail', failed: 'failed', meaning: 'the way is blocked', look: '' },
};

/** The reason of most attempts that failed during the incident; unknown without a majority. */
function mainReason({ tcp: { connectErrors } }: Dependency, { incident }: Frame): Reason {
  const counts = [...(connectErrors ?? [])].map(
    ([reason, column]) => [reason, sumOf(column, incident)] as const,
  );
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const [reason] = counts.find(([, count]) => count > all / 2) ?? [];
  return reason === 'refused' || reason === 'timed_out' || reason === 'unreachable' ? reason : 'unknown';
}

/** Failed attempts during the incident, and in an equally long time before. */
function attempts(dependency: Dependency, frame: Frame) {
  const seconds = frame.world.grid.step / 1000;
  const { failedConnects } = dependency.tcp;
  const failed = Math.round(sumOf(failedConnects, frame.incident) * seconds);
  const length = frame.incident.hi - frame.incident.lo;
  const calm = Math.max(1, frame.baseline.hi - frame.baseline.lo);
  const before = Math.round((sumOf(failedConnects, frame.baseline) * seconds * length) / calm);
  return { failed, before };
}

/** Share of the incident in which the average instance was down. */
function downShare(application: Application, frame: Frame): number {
  const { incident, world } = frame;
  const instances = application.instances.filter((instance) => !isPast(instance));
  if (instances.length === 0) return 0;
  let down = 0;
  for (let i = incident.lo; i < incident.hi; i++) {
    const at = gridTime(world.grid, i);
    for (const { downtimes } of instances) {
      if (downtimes.some(({ from, to }) => at > from && at <= (to ?? Infinity))) down++;
    }
  }
  return down / (instances.length * Math.max(1, incident.hi - incident.lo));
}

function stateSentence(application: Application, down: number): string {
  if (application.instances.length === 0) return 'it runs outside of what the collectors see';
  if (down > 0) return `its instances were down ${formatValue(down, 'ratio')} of the time`;
  return `its ${application.instances.length === 1 ? 'instance' : `${application.instances.length} instances`} stayed up and listening`;
}

const destinations = (dependency: Dependency): string =>
  [...new Set(dependency.links.map((link) => link.destination))].slice(0, 3).join(', ');
