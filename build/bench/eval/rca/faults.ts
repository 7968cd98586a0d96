import type { Random, Service, Topology } from './topology.ts';

/** What a fault does to one service while it lasts; figures are factors unless they say otherwise. */
export interface Effect {
  /** own latency */
  readonly own?: number;
  /** seconds on top of own latency */
  readonly added?: number;
  /** share of requests that fail here */
  readonly errors?: number;
  /** Only the first instance suffers. */
  readonly oneReplica?: boolean;
  /** seconds until the fault is in full force; 20 otherwise */
  readonly ramp?: number;
  /** seconds it lasts; to the end otherwise */
  readonly lasts?: number;
  /** It comes and goes: seconds on, seconds off. */
  readonly flaps?: readonly [on: number, off: number];
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
  /** share of connection attempts to it that fail, and why */
  readonly refused?: number;
  readonly refusal?: 'refused' | 'timed_out';
  /** open connections to it that are reset, per request */
  readonly resets?: number;
  /** seconds of round trip, and segments sent again per request, on the way to it */
  readonly rtt?: number;
  readonly retransmits?: number;
  /** seconds on top of every round trip of its own network, to it and from it */
  readonly network?: number;
  readonly diskFull?: boolean;
  /** bytes/s written on top */
  readonly written?: number;
  /** busy share of its node's disk, and of its node's CPUs */
  readonly nodeDisk?: number;
  readonly nodeCpu?: number;
  readonly lock?: boolean;
  readonly slowQueries?: boolean;
  readonly slowCommand?: boolean;
  /** share of PostgreSQL's connections in use */
  readonly connections?: number;
  /** Redis has no memory left and evicts */
  readonly evicts?: boolean;
  /** error messages per second in its log */
  readonly logErrors?: number;
  readonly newImage?: boolean;
  /** The rollout changes something else. */
  readonly sameImage?: boolean;
  /** Only the first instance gets it. */
  readonly canary?: boolean;
  /** no longer makes its first call */
  readonly skipsCall?: boolean;
  /** times as many first calls for each request */
  readonly callsMore?: number;
  /** seconds per second: stopped for the garbage collector, event loop blocked, waiting for the interpreter lock */
  readonly gc?: number;
  readonly eventLoop?: number;
  readonly gil?: number;
  /** share of its DNS queries that fail */
  readonly dns?: number;
  readonly sockets?: number;
  /** requests from outside */
  readonly traffic?: number;
}

export interface FaultType {
  readonly name: string;
  readonly at: (service: Service, topology: Topology) => boolean;
  readonly effect: (random: Random, service: Service) => Effect;
  /** Kinds of causes that name what was done, and not only where. */
  readonly why?: readonly string[];
  /** It shows in what containers use, or in that they start anew. */
  readonly onResources?: boolean;
}

export const app = ({ role }: Service): boolean => role === 'service';
const many = (service: Service): boolean => app(service) && service.instances.length > 1;
export const role =
  (wanted: Service['role']) =>
  (service: Service): boolean =>
    service.role === wanted;
const written =
  (wanted: Service['runtime']) =>
  (service: Service): boolean =>
    app(service) && service.runtime === wanted;
export const caller = (service: Service): boolean => app(service) && service.calls.length > 0;
const callsService = (service: Service, { services }: Topology): boolean =>
  app(service) && services[service.calls[0]?.server ?? -1]?.role === 'service';

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
  {
    name: 'slow-leak',
    at: app,
    effect: (r) => ({ memoryTo: 500e6, own: r.between(20, 50), ramp: 480 }),
  },
  {
    name: 'gc-pauses',
    at: written('java'),
    effect: (r) => ({ gc: r.between(0.3, 0.6), added: r.between(0.2, 0.6), cpu: 1.6, memoryTo: 400e6 }),
  },
  {
    name: 'event-loop-blocked',
    at: written('nodejs'),
    effect: (r) => ({ eventLoop: 0.9, added: r.between(0.2, 0.7), cpu: 2 }),
  },
  {
    name: 'interpreter-lock',
    at: written('python'),
    effect: (r) => ({ gil: r.between(1, 4), added: r.between(0.2, 0.7), cpu: 1.5 }),
  },
  { name: 'all-instances-down', at: app, effect: () => ({ down: 1, refused: 1 }) },
  { name: 'one-instance-down', at: many, effect: () => ({ down: 0.5, refused: 0.25 }) },
  { name: 'crash-loop', at: app, effect: () => ({ restartsPerMinute: 3, refused: 0.3, errors: 0.1 }) },
  {
    name: 'one-slow-replica',
    at: many,
    effect: (r) => ({ oneReplica: true, added: r.between(0.8, 2) }),
  },
  {
    name: 'one-failing-replica',
    at: many,
    effect: (r) => ({ oneReplica: true, errors: r.between(0.3, 0.9), logErrors: 1 }),
  },
  { name: 'network-delay', at: app, effect: (r) => ({ rtt: r.between(0.1, 0.4) }) },
  {
    name: 'packet-loss',
    at: app,
    effect: (r) => ({ retransmits: r.between(0.3, 0.8), rtt: 0.02, added: r.between(0.2, 0.5) }),
  },
  { name: 'connection-refused', at: app, effect: (r) => ({ refused: r.between(0.4, 0.9) }) },
  {
    name: 'connect-timeouts',
    at: app,
    effect: (r) => ({ refused: r.between(0.4, 0.9), refusal: 'timed_out' }),
  },
  { name: 'connections-reset', at: app, effect: (r) => ({ resets: 0.3, errors: r.between(0.2, 0.4) }) },
  { name: 'store-unreachable', at: role('postgres'), effect: () => ({ refused: 0.9 }) },
  {
    name: 'dns-failures',
    at: caller,
    effect: (r) => ({ dns: r.between(0.3, 0.8), errors: r.between(0.1, 0.4), added: 0.2 }),
  },
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
    name: 'postgres-connections',
    at: role('postgres'),
    effect: (r) => ({ connections: 0.99, errors: r.between(0.2, 0.5), logErrors: 1 }),
  },
  {
    name: 'redis-slow-command',
    at: role('redis'),
    effect: (r) => ({ slowCommand: true, added: r.between(0.15, 0.6) }),
  },
  {
    name: 'redis-out-of-memory',
    at: role('redis'),
    effect: (r) => ({ evicts: true, errors: r.between(0.2, 0.5) }),
  },
  { name: 'external-slow', at: role('external'), effect: (r) => ({ added: r.between(0.6, 2) }) },
  { name: 'external-errors', at: role('external'), effect: (r) => ({ errors: r.between(0.2, 0.7) }) },
  { name: 'code-errors', at: app, effect: (r) => ({ errors: r.between(0.1, 0.6), logErrors: 3 }) },
  { name: 'silent-errors', at: app, effect: (r) => ({ errors: r.between(0.1, 0.6) }) },
  { name: 'few-errors', at: app, effect: (r) => ({ errors: r.between(0.03, 0.06) }) },
  {
    name: 'flapping-errors',
    at: app,
    effect: (r) => ({ errors: r.between(0.3, 0.7), flaps: [60, 90] as const }),
  },
  {
    name: 'brief-errors',
    at: app,
    effect: (r) => ({ errors: r.between(0.2, 0.6), lasts: 180, logErrors: 2 }),
  },
  { name: 'code-slow', at: app, effect: (r) => ({ added: r.between(0.3, 1.2) }) },
  { name: 'mild-slow', at: app, effect: (r) => ({ added: r.between(0.06, 0.12) }) },
  { name: 'noisy-neighbour', at: app, effect: (r) => ({ cpu: r.between(15, 30), nodeCpu: 0.99 }) },
  {
    name: 'traffic-surge',
    at: role('frontend'),
    effect: (r) => ({ traffic: r.between(4, 7), own: r.between(15, 40) }),
  },
  { name: 'one-client-surges', at: callsService, effect: (r) => ({ callsMore: r.between(8, 15) }) },
  {
    name: 'bad-deploy-errors',
    at: app,
    effect: (r) => ({ newImage: true, errors: r.between(0.15, 0.5), logErrors: 2 }),
  },
  { name: 'bad-deploy-slow', at: app, effect: (r) => ({ newImage: true, added: r.between(0.3, 1) }) },
  { name: 'bad-deploy-cpu', at: app, effect: (r) => ({ newImage: true, own: r.between(20, 60), cpu: 6 }) },
  {
    name: 'bad-config-rollout',
    at: app,
    effect: (r) => ({ newImage: true, sameImage: true, errors: r.between(0.15, 0.5) }),
  },
  {
    name: 'bad-canary',
    at: many,
    effect: (r) => ({ newImage: true, canary: true, oneReplica: true, errors: r.between(0.4, 0.9) }),
  },
  { name: 'missing-call', at: caller, effect: () => ({ skipsCall: true, errors: 0.08 }) },
  { name: 'socket-leak', at: app, effect: (r) => ({ sockets: 20, added: r.between(0.3, 0.9) }) },
  { name: 'disk-writer', at: app, effect: (r) => ({ written: 40e6, own: r.between(20, 60) }) },
  { name: 'frontend-slow', at: role('frontend'), effect: (r) => ({ added: r.between(0.4, 1), cpu: 1.2 }) },
];
