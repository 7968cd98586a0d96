import type { Random } from '../rca/topology.ts';
import type { Service } from './system.ts';

/** What is done to one service from an instant on. */
export interface Injection {
  /** times its own latency */
  readonly slower?: number;
  /** seconds on what leaves its network interface */
  readonly delay?: number;
  /** share of packets that its network loses */
  readonly loss?: number;
  /** cores on top */
  readonly cpu?: number;
  /** bytes on top; cache is memory that the kernel would give back */
  readonly memory?: number;
  readonly cache?: number;
  /** bytes written each second */
  readonly written?: number;
  readonly sockets?: number;
  /** All its pods end and new ones start so many seconds later. */
  readonly killedFor?: number;
  /** The pods stay, and serve nothing. */
  readonly failed?: boolean;
  /** A new version of it, that is new pods. */
  readonly isDeployed?: boolean;
  /** Share of requests to one of its operations that fail. */
  readonly errors?: number;
  /** Calls of that operation that are no longer made. */
  readonly skips?: 'first' | 'all';
  /** The operation fails in whom it calls first, because of what it asks for. */
  readonly asksWrong?: boolean;
  /** Its callers fail at what it answers. */
  readonly answersWrong?: boolean;
  /** Lines of its log, or of who fails because of it. */
  readonly logs?: 'stack' | 'message' | 'none';
}

export interface Fault {
  readonly name: string;
  /** Which services it is done to. */
  readonly at: (service: Service) => boolean;
  /** It shows where somebody counts requests only, not in what takes from a queue. */
  readonly isAsked?: boolean;
  /** It shows in its callers only, so not where users call. */
  readonly isCalled?: boolean;
  readonly effect: (random: Random) => Injection;
  /** Kinds of causes that say what was done; nothing where a place is all that can be told. */
  readonly why: readonly string[];
  /** What must be seen for it to show at all. */
  readonly shownBy: (sees: Sees) => boolean;
}

/** What of a test bed was recorded. */
export interface Sees {
  readonly resources: boolean;
  readonly requests: boolean;
  readonly traces: boolean;
  readonly logs: boolean;
}

const isService = (service: Service): boolean => !service.isStore;
const calls = (service: Service): boolean =>
  !service.isStore && service.operations.some((one) => one.calls.length > 0);

const CPU = ['cpu-change', 'cpu-hog', 'cpu-throttled'];
const MEMORY = ['memory-change', 'memory-leak', 'memory-oom', 'memory-pressure'];
/** A bug comes with a new version. */
const BUG = [
  'rollout',
  'image-change',
  'error-origin',
  'log-errors',
  'stopped',
  'wrong-answer',
  'wrong-request',
];
const byResources = ({ resources }: Sees): boolean => resources;
const byRequests = ({ requests, traces }: Sees): boolean => requests || traces;

/** A stressor in the container of one service, a queueing discipline on its interface, its end, a bug in a new version. */
export const INJECTIONS: readonly Fault[] = [
  {
    name: 'cpu',
    at: () => true,
    // most are barely slower: the stressor shares the limit with a program that does little
    effect: (r) => ({ cpu: r.between(0.4, 1.8), slower: r.pick([1.05, 1.5, r.between(2, 6)]) }),
    why: CPU,
    shownBy: byResources,
  },
  {
    name: 'memory',
    at: () => true,
    effect: (r) => ({
      memory: r.between(2e8, 1.2e9),
      cpu: r.between(0.05, 0.5),
      slower: r.pick([1.02, 1.2, r.between(1.5, 3)]),
    }),
    why: MEMORY,
    shownBy: byResources,
  },
  {
    name: 'disk',
    at: () => true,
    effect: (r) => ({
      written: r.between(2e7, 2e8),
      cpu: r.between(0.1, 0.5),
      cache: r.between(2e7, 4e8),
      slower: r.pick([1.02, 1.3, r.between(1.5, 3)]),
    }),
    why: ['disk-io-change', 'node-disk'],
    shownBy: byResources,
  },
  {
    name: 'sockets',
    at: () => true,
    effect: (r) => ({
      sockets: r.between(60, 1500),
      cpu: r.between(0.3, 1.2),
      memory: r.between(1e7, 5e7),
      slower: r.pick([1.1, r.between(1.5, 4)]),
    }),
    why: ['socket-change', ...CPU],
    shownBy: byResources,
  },
  {
    name: 'delay',
    at: isService,
    effect: (r) => ({ delay: r.between(0.08, 0.4) }),
    why: ['network-loss'],
    shownBy: byRequests,
    isAsked: true,
  },
  {
    name: 'loss',
    at: isService,
    effect: (r) => ({ loss: r.between(0.1, 0.4) }),
    why: ['network-loss'],
    shownBy: byRequests,
    isAsked: true,
  },
  {
    name: 'pod-kill',
    at: () => true,
    effect: (r) => ({ killedFor: r.between(30, 150) }),
    why: ['instance-down', 'tcp-refused', 'stopped', 'kubernetes-event'],
    shownBy: () => true,
  },
  {
    name: 'pod-failure',
    at: () => true,
    effect: () => ({ failed: true }),
    why: ['instance-down', 'tcp-refused', 'stopped', 'kubernetes-event'],
    shownBy: () => true,
  },
  {
    name: 'wrong-parameter',
    at: calls,
    // some notice themselves that what they pass on is wrong
    effect: (r) => ({
      isDeployed: true,
      asksWrong: r.next() < 0.5,
      errors: r.between(0.5, 1),
      logs: 'message',
    }),
    why: BUG,
    isAsked: true,
    shownBy: ({ traces, logs, requests }) => traces || logs || requests,
  },
  {
    name: 'missing-call',
    at: calls,
    effect: (r) => ({ isDeployed: true, skips: r.pick(['first', 'all'] as const), logs: 'none' }),
    why: ['stopped', 'rollout', 'image-change'],
    shownBy: ({ traces }) => traces,
  },
  {
    name: 'wrong-answer',
    at: isService,
    effect: (r) => ({ isDeployed: true, answersWrong: true, errors: r.between(0.3, 1), logs: 'stack' }),
    why: BUG,
    isAsked: true,
    isCalled: true,
    shownBy: ({ resources, traces, logs, requests }) => resources && (traces || logs || requests),
  },
  {
    name: 'exception',
    at: isService,
    effect: (r) => ({ isDeployed: true, errors: r.between(0.2, 1), logs: 'stack' }),
    why: BUG,
    isAsked: true,
    shownBy: ({ traces, logs, requests }) => traces || logs || requests,
  },
];
