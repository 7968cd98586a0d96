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
    const summary = `${formatValue(worst.failed, 'count')} connection attempts from ${client} to ${application.name} failed during the incident (${formatValue(worst.before, 'count')} in as long a time before); ${state}.`;
    const query = `sum(rate(${selectDependency(worst.dependency, SIGNAL)}${rateWindow(frame.world)}))`;
    return suspect({
      title:
        down > 0
          ? `Connections from ${client} to ${application.name} fail: nobody listens there`
          : `Connections from ${client} to ${application.name} fail although it is up: the way is blocked`,
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
      remediation: `Try the connection from the host of ${client}: ${destinations(worst.dependency)}. Then compare firewall rules (nft list ruleset, iptables -S), network policies and routes on both hosts with those before the onset.`,
    });
  },
});

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
