import type { ApplicationId } from '@gumshoe/model/entities';
import { LEVELS } from './candidates/levels.ts';
import type { World } from '@gumshoe/model/world';
import type { Frame } from './frame.ts';
import type { Propagation } from './reach.ts';
import { isOpaque, isUnconnected, ownTrouble, type OwnTrouble } from './own-trouble.ts';
import { canCause, isAlone } from './reach.ts';
import type { Weighed } from './score.ts';

/** Kinds that say why, by the level of one signal. */
const LEVEL_KINDS: readonly string[] = LEVELS.map(({ kind }) => kind);

/** Kinds that say why an application is slow or fails in itself, rather than only that it does. */
const REASONS: readonly string[] = [
  ...LEVEL_KINDS,
  'bad-replica',
  'client-surge',
  'configuration-change',
  'cpu-hog',
  'disk-full',
  'image-change',
  'instance-down',
  'kubernetes-event',
  'memory-oom',
  'network-loss',
  'node-cpu',
  'node-disk',
  'pool-exhausted',
  'postgres-lock',
  'postgres-slow',
  'redis-slow',
  'rollout',
  'schema-change',
  'tcp-refused',
];

/** All work costs CPU: what is written or kept far more than usual says what for. */
const WORK: readonly string[] = ['disk-io-change', 'memory-change', 'memory-leak'];

/** Kinds that the named kinds of the same application account for. */
const ACCOUNTED_BY: Readonly<Record<string, readonly string[]>> = {
  'instance-down': ['memory-oom', 'kubernetes-event'],
  'kubernetes-event': ['memory-oom', 'image-change', 'configuration-change'],
  'pool-exhausted': ['postgres-connections', 'mysql-connections', 'postgres-lock', 'schema-change'],
  rollout: ['configuration-change'],
  'memory-leak': ['memory-oom', 'gc-pause'],
  'tcp-refused': ['memory-oom', 'instance-down'],
  'network-loss': ['memory-oom', 'instance-down', 'tcp-refused'],
  'cpu-hog': ['redis-slow', 'memory-oom', 'traffic-surge', 'gc-pause', 'event-loop', ...WORK],
  'cpu-throttled': ['cpu-hog', 'traffic-surge'],
  // who waits for the interpreter's lock waits for who computes
  'interpreter-lock': ['cpu-hog'],
  'safepoint-pause': ['gc-pause'],
  'postgres-lock': ['tcp-refused', 'instance-down', 'memory-oom'],
  'postgres-slow': [
    'postgres-lock',
    'schema-change',
    'postgres-connections',
    'tcp-refused',
    'instance-down',
    'memory-oom',
  ],
  'redis-slow': ['tcp-refused', 'instance-down', 'memory-oom'],
  'redis-evictions': ['redis-memory'],
  'memory-pressure': ['dotnet-heap'],
  'dotnet-gc': ['dotnet-heap'],
  'node-cpu': ['cpu-hog'],
  'service-slow': [...REASONS, 'self-time', 'error-origin', 'cpu-change', 'disk-io-change'],
  'self-time': [...REASONS, 'socket-change', 'memory-change', 'cpu-change', 'disk-io-change'],
  'error-origin': REASONS,
  'cpu-change': [...LEVEL_KINDS, 'cpu-hog', 'traffic-surge', 'memory-oom', ...WORK],
  // what is written stays in the page cache for a while
  'memory-change': [...LEVEL_KINDS, 'memory-leak', 'memory-oom', 'traffic-surge', 'disk-io-change'],
  'disk-io-change': ['traffic-surge', 'disk-full', 'node-disk'],
  'socket-change': [...LEVEL_KINDS, 'traffic-surge', 'cpu-hog', 'bad-replica'],
  stopped: ['instance-down', 'memory-oom', 'tcp-refused', 'bad-replica'],
  'log-errors': [...REASONS, 'log-mention'],
  // a changed version is the reason why its replicas differ
  'bad-replica': ['image-change', 'rollout', 'instance-down', 'memory-oom', 'cpu-hog', ...LEVEL_KINDS],
};

/** Kinds that more requests alone bring about. */
const BY_LOAD: ReadonlySet<string> = new Set([
  'accept-queue-full',
  'bad-replica',
  'client-surge',
  'cpu-change',
  'cpu-hog',
  'cpu-throttled',
  'disk-io-change',
  'error-origin',
  'event-loop',
  'gc-pause',
  'image-change',
  'interpreter-lock',
  'log-errors',
  'log-mention',
  'log-surge',
  'memory-change',
  'network-loss',
  'node-cpu',
  'node-disk',
  'postgres-connections',
  'postgres-slow',
  'redis-slow',
  'rollout',
  'self-time',
  'service-slow',
  'socket-change',
  'traffic-surge',
]);
/** Part of the surge that must arrive for it to be the reason. */
const ARRIVES = 0.2;

/** Kinds that are often only the echo of trouble further down the path. */
const ECHOES: ReadonlySet<string> = new Set([
  'log-errors',
  'memory-leak',
  'service-slow',
  'network-loss',
  'stopped',
  // callers that give up fail without a failed call below, and starve while they wait
  'error-origin',
  'self-time',
  'socket-change',
  'cpu-change',
  'memory-change',
  'log-mention',
  'bad-replica',
]);
/** What a node without CPU does to everything on it. */
const STARVED: ReadonlySet<string> = new Set([
  'image-change',
  'rollout',
  'postgres-slow',
  'redis-slow',
  'self-time',
  'service-slow',
]);
/** Reasons that need no requests to be seen; a change alone is none. */
const REASONS_ALONE: ReadonlySet<string> = new Set([
  ...REASONS.filter((kind) => !/change$|^rollout$/.test(kind)),
  'cpu-change',
  'memory-change',
  'disk-io-change',
]);
/** A suspicion below this explains nothing. */
const LEAST_EXPLAINING_SCORE = 0.35;
const BEYOND_DOUBT = 0.5;
/** Whom errors speak of explains them, if it weighs this part of them. */
const NEARLY = 0.6;
const LEFT = 0.35;

/** A suspicion with the walk it was found on. */
export interface Placed extends Weighed {
  readonly frame: Frame;
  readonly propagation: Propagation;
}

/**
 * Lowers what a deeper or more telling suspicion accounts for: a refused connection to a dead server, a slow
 * database seen only by a client without CPU. Returns the new list, best first; the order is total.
 */
export function explainAway<T extends Placed>(weighed: readonly T[]): readonly T[] {
  const explained = weighed.map((one) => {
    const reason = weighed.find((other) => other !== one && accountsFor(other, one));
    return reason ? { ...one, score: one.score * LEFT } : one;
  });
  return explained.sort(compareWeighed);
}

export const compareWeighed = (a: Weighed, b: Weighed): number =>
  b.score - a.score ||
  (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) ||
  (a.reached.application.id < b.reached.application.id ? -1 : 1);

function accountsFor(strong: Placed, weak: Placed): boolean {
  const deep = strong.reached.application.id;
  const shallow = weak.reached.application.id;
  if (deep !== shallow && weak.suspicion.mentions?.includes(deep) && strong.score >= NEARLY * weak.score)
    return true;
  if (strong.score < LEAST_EXPLAINING_SCORE) return false;
  if (deep === shallow) return (ACCOUNTED_BY[weak.kind] ?? []).includes(strong.kind);
  if (floods(strong, weak)) return true;
  if (isWrongWord(strong, weak)) return true;
  if (weak.kind === 'wrong-answer' && REASONS.includes(strong.kind) && calls(strong, weak)) return true;
  if (strong.kind === 'cpu-hog' && weak.suspicion.dependsOn?.includes(deep)) return true;
  if (strong.kind === 'node-cpu' && STARVED.has(weak.kind)) return sharesNode(weak, strong);
  if (weak.kind === 'node-cpu') return strong.kind === 'cpu-hog' && sharesNode(strong, weak);
  if (strong.kind === 'network-loss' && isSlowForIt(strong, weak)) return true;
  if (!ECHOES.has(weak.kind) || (weak.kind === 'network-loss' && isSlowForIt(weak, strong))) return false;
  return isHiddenStore(strong) || isReasonAmongPlaces(strong) || canCause(weak.propagation, deep, shallow);
}

/** Whose network is slow finds all it calls slow; of what nobody sees into, that is all that is known. */
const isSlowForIt = (strong: Placed, weak: Placed): boolean => {
  const { kind, reached } = weak;
  if (kind === 'network-loss') return isOnMoreWays(strong, weak) && areNeighbours(strong, weak);
  const isPlace = kind === 'service-slow' || (kind === 'self-time' && isOpaque(reached.application));
  return isPlace && calls(strong, weak);
};

/** Who fails does so at what it was answered, or asked for. */
function isWrongWord(strong: Placed, weak: Placed): boolean {
  if (weak.kind !== 'error-origin' || strong.score <= weak.score) return false;
  if (strong.kind === 'wrong-answer') return calls(weak, strong);
  return strong.kind === 'wrong-request' && calls(strong, weak);
}

/** Of two whose networks seem slow it is the one of which more ways are. */
function isOnMoreWays(strong: Placed, weak: Placed): boolean {
  const [more, fewer] = [strong.suspicion.ways ?? 0, weak.suspicion.ways ?? 0];
  return more > fewer || (more === fewer && strong.score >= weak.score);
}

const calls = (client: Placed, server: Placed): boolean =>
  client.reached.application.upstreams.some((one) => one.server === server.reached.application.id);

const areNeighbours = (one: Placed, other: Placed): boolean => calls(one, other) || calls(other, one);

/** A reason was found in something that is known to be reached by nobody: who seems slow in itself may wait for it. */
const isHiddenStore = ({ kind, reached, frame }: Placed): boolean =>
  frame.world.dependencies.length > 0 &&
  REASONS_ALONE.has(kind) &&
  reached.direction === 'server' &&
  reached.path.length > 1 &&
  isAlone(reached.application);

/**
 * Where nobody says who calls whom, a reason that is beyond doubt says more than who is slow or fails; so does one in the
 * very place that is slower or fails more than all others.
 */
const isReasonAmongPlaces = ({ kind, score, frame, reached }: Placed): boolean =>
  isUnconnected(frame) &&
  REASONS_ALONE.has(kind) &&
  (score >= BEYOND_DOUBT || isWorstPlace(ownTrouble(reached.application, frame)));

const isWorstPlace = ({ latency, errors }: OwnTrouble): boolean => latency >= 1 || errors >= 1;

/** More requests came from the strong one, and reached the weak one. */
function floods(strong: Placed, weak: Placed): boolean {
  const { floods: flooded, surge = 0 } = strong.suspicion;
  if (!flooded || !BY_LOAD.has(weak.kind) || weak.kind === strong.kind) return false;
  const { application } = weak.reached;
  const grown = weak.propagation.growth(application);
  // without a time before nobody knows what arrives
  const arrives = !weak.frame.hasBaseline || (grown > 1.5 && grown >= ARRIVES * surge);
  return arrives && isBelow(weak.frame.world, flooded, application.id);
}

/** Whether requests to one of the first lead to the other. */
function isBelow({ byId }: World, starts: readonly ApplicationId[], wanted: ApplicationId): boolean {
  const seen = new Set<ApplicationId>(starts);
  for (const id of seen) {
    if (id === wanted) return true;
    for (const { server } of byId.get(id)?.upstreams ?? []) seen.add(server);
  }
  return false;
}

const sharesNode = (strong: Weighed, weak: Weighed): boolean =>
  strong.reached.application.instances.some((instance) => instance.node === weak.suspicion.node);
