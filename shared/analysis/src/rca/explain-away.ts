import type { Propagation } from './reach.ts';
import { canCause } from './reach.ts';
import type { Weighed } from './score.ts';

/** Kinds that the named kinds of the same application account for. */
const ACCOUNTED_BY: Readonly<Record<string, readonly string[]>> = {
  'instance-down': ['memory-oom'],
  'memory-leak': ['memory-oom'],
  'tcp-refused': ['memory-oom', 'instance-down'],
  'network-loss': ['memory-oom', 'instance-down', 'tcp-refused'],
  'cpu-hog': ['redis-slow', 'memory-oom', 'traffic-surge'],
  'postgres-lock': ['tcp-refused', 'instance-down', 'memory-oom'],
  'postgres-slow': ['postgres-lock', 'tcp-refused', 'instance-down', 'memory-oom'],
  'redis-slow': ['tcp-refused', 'instance-down', 'memory-oom'],
  'node-cpu': ['cpu-hog'],
  'service-slow': [
    'self-time',
    'error-origin',
    'cpu-change',
    'disk-io-change',
    'instance-down',
    'memory-oom',
    'tcp-refused',
    'network-loss',
    'postgres-lock',
    'postgres-slow',
    'redis-slow',
    'cpu-hog',
  ],
  'self-time': [
    'image-change',
    'socket-change',
    'memory-change',
    'tcp-refused',
    'network-loss',
    'node-cpu',
    'node-disk',
    'cpu-hog',
    'memory-oom',
    'postgres-lock',
    'postgres-slow',
    'redis-slow',
    'cpu-change',
    'disk-io-change',
  ],
  'error-origin': [
    'image-change',
    'disk-full',
    'postgres-lock',
    'redis-slow',
    'cpu-hog',
    'instance-down',
    'memory-oom',
    'tcp-refused',
  ],
  'cpu-change': ['cpu-hog', 'traffic-surge', 'memory-oom'],
  'memory-change': ['memory-leak', 'memory-oom', 'traffic-surge'],
  'disk-io-change': ['traffic-surge', 'disk-full', 'node-disk'],
  'socket-change': ['traffic-surge', 'cpu-hog'],
  stopped: ['instance-down', 'memory-oom', 'tcp-refused', 'error-origin'],
  'log-errors': ['instance-down', 'memory-oom', 'tcp-refused', 'postgres-lock', 'redis-slow', 'cpu-hog'],
};

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
]);
/** What a node without CPU does to everything on it. */
const STARVED: ReadonlySet<string> = new Set(['self-time', 'service-slow', 'postgres-slow', 'redis-slow']);
/** A suspicion below this explains nothing. */
const LEAST_EXPLAINING_SCORE = 0.35;
const LEFT = 0.35;

/**
 * Lowers what a deeper or more telling suspicion accounts for: a refused connection to a dead server, a slow
 * database seen only by a client without CPU. Returns the new list, best first; the order is total.
 */
export function explainAway<T extends Weighed>(
  weighed: readonly T[],
  propagation: Propagation,
): readonly T[] {
  const explained = weighed.map((one) => {
    const reason = weighed.find((other) => other !== one && accountsFor(other, one, propagation));
    return reason ? { ...one, score: one.score * LEFT } : one;
  });
  return explained.sort(compareWeighed);
}

export const compareWeighed = (a: Weighed, b: Weighed): number =>
  b.score - a.score ||
  (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0) ||
  (a.reached.application.id < b.reached.application.id ? -1 : 1);

function accountsFor(strong: Weighed, weak: Weighed, propagation: Propagation): boolean {
  if (strong.score < LEAST_EXPLAINING_SCORE) return false;
  const deep = strong.reached.application.id;
  const shallow = weak.reached.application.id;
  if (deep === shallow) return (ACCOUNTED_BY[weak.kind] ?? []).includes(strong.kind);
  if (strong.kind === 'cpu-hog' && weak.suspicion.dependsOn?.includes(deep)) return true;
  if (strong.kind === 'node-cpu' && STARVED.has(weak.kind)) return sharesNode(weak, strong);
  if (weak.kind === 'node-cpu') return strong.kind === 'cpu-hog' && sharesNode(strong, weak);
  return ECHOES.has(weak.kind) && canCause(propagation, deep, shallow);
}

const sharesNode = (strong: Weighed, weak: Weighed): boolean =>
  strong.reached.application.instances.some((instance) => instance.node === weak.suspicion.node);
