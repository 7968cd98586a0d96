import { formatValue } from '@gumshoe/base/units';
import { maxOf } from '@gumshoe/model/columns';
import { clock } from '../inspections/slo-verdict.ts';
import { newcomersOf } from './candidates/database-edges.ts';
import { dependencyChange } from './dependency-change.ts';
import { FELT_THERE } from './felt.ts';
import type { Frame } from './frame.ts';
import { ownTrouble } from './own-trouble.ts';
import type { Falsifier } from './report.ts';
import type { Weighed } from './score.ts';

/** Kinds that show in the application's own time or failures only. */
const OWN: ReadonlySet<string> = new Set(['cpu-hog', 'self-time', 'error-origin']);
/** Kinds that every client must feel. */
const SHARED: ReadonlySet<string> = new Set([
  'redis-slow',
  'postgres-slow',
  'postgres-lock',
  'instance-down',
  'service-slow',
  'disk-full',
  'node-disk',
]);
/** Share of the impact below which an application is not felt. */
const LEAST_FELT = 0.05;
const IMPAIRED = 0.2;
/** Traffic that was once as high without harm, as a part of that of the incident. */
const AS_HIGH = 0.95;

/** What would disprove a suspicion, and whether the data says so. */
export function falsifierOf(weighed: Weighed, frame: Frame): Falsifier {
  if (weighed.kind === 'traffic-surge') return asHighBefore(weighed, frame);
  if (weighed.kind === 'node-cpu' || weighed.reached.direction === 'neighbour')
    return othersThere(weighed, frame);
  if (weighed.kind === 'cpu-hog') return feltSomewhere(weighed, frame);
  if (FELT_THERE.has(weighed.kind) || OWN.has(weighed.kind)) return feltThere(weighed, frame);
  if (SHARED.has(weighed.kind)) return otherClients(weighed, frame);
  return inOrder(weighed, frame);
}

function feltThere({ reached: { application } }: Weighed, frame: Frame): Falsifier {
  const { latency, errors } = ownTrouble(application, frame);
  const share = Math.max(latency, errors);
  const what = `the own time and failures of ${application.name} did not rise`;
  if (share !== share)
    return { statement: `It would be disproved if ${what}; nobody counts its requests.`, checked: false };
  return {
    statement: `It would be disproved if ${what}; they make up ${formatValue(share, 'ratio')} of the impact.`,
    checked: true,
    held: share >= LEAST_FELT,
  };
}

/** Who takes the CPU of a node can do well itself. */
function feltSomewhere(weighed: Weighed, frame: Frame): Falsifier {
  const own = feltThere(weighed, frame);
  if (own.held !== false) return own;
  const others = othersThere(weighed, frame);
  return others.held ? others : own;
}

function otherClients(weighed: Weighed, frame: Frame): Falsifier {
  const { application } = weighed.reached;
  const newcomers = newcomersOf(application, frame);
  const clients = application.downstreams.filter(
    (one) => !newcomers.includes(one) && one.requests.length > 0,
  );
  if (clients.length < 2) {
    const inTime = inOrder(weighed, frame);
    return clients.length === 0
      ? inTime
      : {
          ...inTime,
          statement: `A second client of ${application.name} that is as well off as before would disprove it, but ${
            application.downstreams.length > newcomers.length + 1
              ? 'the requests of one only are counted'
              : 'it has one only'
          }. ${inTime.statement}`,
        };
  }
  const hurt = clients.filter((one) => dependencyChange(one, frame).impairment > IMPAIRED);
  return {
    statement: `It would be disproved if most clients of ${application.name} were as well off as before; ${hurt.length} of ${clients.length} are worse off.`,
    checked: true,
    held: hurt.length * 2 >= clients.length,
  };
}

function asHighBefore({ reached: { application }, suspicion }: Weighed, frame: Frame): Falsifier {
  const { column } = suspicion;
  const statement = `It would be disproved if ${application.name} had borne as many requests before`;
  if (!column || !frame.hasBaseline)
    return { statement: `${statement}; there is no time before.`, checked: false };
  const before = maxOf(column, frame.baseline);
  const during = maxOf(column, frame.incident);
  return {
    statement: `${statement}; it had ${formatValue(before, 'requests/second')} at most before and ${formatValue(during, 'requests/second')} now.`,
    checked: before === before,
    held: !(before > AS_HIGH * during),
  };
}

function othersThere({ reached: { application }, suspicion }: Weighed, frame: Frame): Falsifier {
  const nodes = new Set(
    suspicion.node === undefined ? application.instances.map((one) => one.node) : [suspicion.node],
  );
  const others = frame.world.applications.filter(
    (one) => one !== application && one.instances.some((instance) => nodes.has(instance.node as never)),
  );
  const felt = others.map((one) => ({ one, share: ownTrouble(one, frame).latency }));
  const known = felt.filter(({ share }) => share === share);
  const slower = known.filter(({ share }) => share >= LEAST_FELT).map(({ one }) => one.name);
  const statement = 'It would be disproved if nothing else on the node became slower in itself';
  if (known.length === 0)
    return { statement: `${statement}; nothing else there serves requests.`, checked: false };
  return {
    statement: `${statement}; ${slower.length > 0 ? `${slower.slice(0, 3).join(', ')} did` : 'nothing did'}.`,
    checked: true,
    held: slower.length > 0,
  };
}

/** A cause begins no later than its effect. */
function inOrder({ suspicion }: Weighed, frame: Frame): Falsifier {
  const statement = 'It would be disproved if the impact had begun clearly before it';
  const { onset } = suspicion;
  if (onset === undefined)
    return { statement: `${statement}; when it began cannot be told.`, checked: false };
  const tolerance = 2 * frame.world.grid.step + frame.world.interval;
  return {
    statement: `${statement}; it began at ${clock(onset)} UTC, the impact at ${clock(frame.onset)} UTC.`,
    checked: true,
    held: onset - frame.onset <= tolerance,
  };
}
