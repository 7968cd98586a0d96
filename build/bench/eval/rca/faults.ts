import type { Random, Service, Topology } from './topology.ts';

/** What a fault does to one service while it lasts; figures are factors unless they say otherwise. */
export interface Effect {
  /** own latency */
  readonly own?: number;
  /** seconds on top of own latency */
  readonly added?: number;
  /** share of requests that fail here */
  readonly errors?: number;
  readonly cpu?: number;
  /** seconds per second throttled, and waiting for a CPU */
  readonly throttled?: number;
  readonly delay?: number;
  /** bytes: grows to this much over the fault */
  readonly memoryTo?: number;
  readonly oom?: boolean;
  readonly restartsPerMinute?: number;
  /** share of instances that are gone */
  readonly down?: number;
  /** share of connection attempts to it that fail */
  readonly refused?: number;
  /** seconds of round trip, and segments sent again per request, on the way to it */
  readonly rtt?: number;
  readonly retransmits?: number;
  readonly diskFull?: boolean;
  /** bytes/s written on top */
  readonly written?: number;
  /** busy share of its node's disk, and of its node's CPUs */
  readonly nodeDisk?: number;
  readonly nodeCpu?: number;
  readonly lock?: boolean;
  readonly slowQueries?: boolean;
  readonly slowCommand?: boolean;
  /** error messages per second in its log */
  readonly logErrors?: number;
  readonly newImage?: boolean;
  /** no longer makes its first call */
  readonly skipsCall?: boolean;
  readonly sockets?: number;
  /** requests from outside */
  readonly traffic?: number;
}

export interface FaultType {
  readonly name: string;
  readonly at: (service: Service, topology: Topology) => boolean;
  readonly effect: (random: Random, service: Service) => Effect;
  /** A neighbour on the same node burns: the neighbour is the cause. */
  readonly neighbour?: boolean;
}

const app = ({ role }: Service): boolean => role === 'service';
const many = (service: Service): boolean => app(service) && service.instances.length > 1;
const role =
  (wanted: Service['role']) =>
  (service: Service): boolean =>
    service.role === wanted;
const caller = (service: Service): boolean => app(service) && service.calls.length > 0;

/** Kinds of trouble, each with its usual traces in the signals. */
export const FAULTS: readonly FaultType[] = [
  {
    name: 'cpu-hog',
    at: app,
    effect: (r) => ({ own: r.between(15, 60), cpu: r.between(5, 10), delay: 0.3 }),
  },
  {
    name: 'cpu-throttled',
    at: app,
    effect: (r) => ({ own: r.between(20, 60), throttled: r.between(0.3, 0.8), cpu: 1.3 }),
  },
  {
    name: 'memory-leak-oom',
    at: app,
    effect: () => ({ memoryTo: 520e6, oom: true, restartsPerMinute: 1, errors: 0.12 }),
  },
  { name: 'memory-thrash', at: app, effect: (r) => ({ memoryTo: 505e6, own: r.between(20, 50), cpu: 1.5 }) },
  { name: 'all-instances-down', at: app, effect: () => ({ down: 1, refused: 1 }) },
  { name: 'one-instance-down', at: many, effect: () => ({ down: 0.5, refused: 0.25 }) },
  { name: 'crash-loop', at: app, effect: () => ({ restartsPerMinute: 3, refused: 0.3, errors: 0.1 }) },
  { name: 'network-delay', at: app, effect: (r) => ({ rtt: r.between(0.1, 0.4) }) },
  {
    name: 'packet-loss',
    at: app,
    effect: (r) => ({ retransmits: r.between(0.3, 0.8), rtt: 0.02, added: r.between(0.2, 0.5) }),
  },
  { name: 'connection-refused', at: app, effect: (r) => ({ refused: r.between(0.4, 0.9) }) },
  { name: 'store-unreachable', at: role('postgres'), effect: () => ({ refused: 0.9 }) },
  {
    name: 'node-disk-saturated',
    at: role('postgres'),
    effect: (r) => ({ nodeDisk: 0.98, own: r.between(40, 120), written: 5e6 }),
  },
  { name: 'disk-full', at: role('postgres'), effect: () => ({ diskFull: true, errors: 0.5, logErrors: 2 }) },
  { name: 'postgres-lock', at: role('postgres'), effect: (r) => ({ lock: true, added: r.between(0.8, 3) }) },
  {
    name: 'postgres-slow-query',
    at: role('postgres'),
    effect: (r) => ({ slowQueries: true, own: r.between(50, 150), cpu: 3 }),
  },
  {
    name: 'redis-slow-command',
    at: role('redis'),
    effect: (r) => ({ slowCommand: true, added: r.between(0.15, 0.6) }),
  },
  { name: 'external-slow', at: role('external'), effect: (r) => ({ added: r.between(0.6, 2) }) },
  { name: 'external-errors', at: role('external'), effect: (r) => ({ errors: r.between(0.2, 0.7) }) },
  { name: 'code-errors', at: app, effect: (r) => ({ errors: r.between(0.1, 0.6), logErrors: 3 }) },
  { name: 'silent-errors', at: app, effect: (r) => ({ errors: r.between(0.1, 0.6) }) },
  { name: 'code-slow', at: app, effect: (r) => ({ added: r.between(0.3, 1.2) }) },
  {
    name: 'noisy-neighbour',
    at: app,
    neighbour: true,
    effect: (r) => ({ cpu: r.between(15, 30), nodeCpu: 0.99 }),
  },
  {
    name: 'traffic-surge',
    at: role('frontend'),
    effect: (r) => ({ traffic: r.between(4, 7), own: r.between(15, 40) }),
  },
  {
    name: 'bad-deploy-errors',
    at: app,
    effect: (r) => ({ newImage: true, errors: r.between(0.15, 0.5), logErrors: 2 }),
  },
  { name: 'bad-deploy-slow', at: app, effect: (r) => ({ newImage: true, added: r.between(0.3, 1) }) },
  { name: 'bad-deploy-cpu', at: app, effect: (r) => ({ newImage: true, own: r.between(20, 60), cpu: 6 }) },
  { name: 'missing-call', at: caller, effect: () => ({ skipsCall: true, errors: 0.08 }) },
  { name: 'socket-leak', at: app, effect: (r) => ({ sockets: 20, added: r.between(0.3, 0.9) }) },
  { name: 'disk-writer', at: app, effect: (r) => ({ written: 40e6, own: r.between(20, 60) }) },
  { name: 'frontend-slow', at: role('frontend'), effect: (r) => ({ added: r.between(0.4, 1), cpu: 1.2 }) },
];
