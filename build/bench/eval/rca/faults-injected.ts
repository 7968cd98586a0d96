import { app, caller, role, type FaultType } from './faults.ts';

const CPU = ['cpu-change', 'cpu-hog', 'cpu-throttled'];
const MEMORY = ['memory-change', 'memory-leak', 'memory-oom', 'memory-pressure'];

/**
 * What chaos tools do to one service of a test bed: a stressor beside it, a queueing discipline on its network, a bug
 * compiled into it. Gentler than what breaks in earnest: some requests are barely slower.
 */
export const INJECTED: readonly FaultType[] = [
  {
    name: 'cpu-stress',
    onResources: true,
    at: app,
    effect: (r) => ({ own: r.between(5, 30), cpu: r.between(6, 12), throttled: r.between(0, 0.3) }),
    why: CPU,
  },
  {
    name: 'memory-stress',
    onResources: true,
    at: app,
    effect: (r) => ({ memoryTo: r.between(350e6, 500e6), own: r.between(4, 15) }),
    why: MEMORY,
  },
  {
    name: 'memory-oom',
    onResources: true,
    at: app,
    effect: () => ({ memoryTo: 520e6, oom: true, restartsPerMinute: 1, refused: 0.2, errors: 0.05 }),
    why: [...MEMORY, 'instance-down'],
  },
  {
    name: 'disk-stress',
    onResources: true,
    at: app,
    effect: (r) => ({ written: r.between(1e7, 1e8), own: r.between(4, 20) }),
    why: ['disk-io-change', 'node-disk'],
  },
  {
    name: 'network-delay',
    at: app,
    effect: (r) => ({ network: r.between(0.08, 0.4) }),
    why: ['network-loss'],
  },
  {
    name: 'network-loss',
    at: app,
    effect: (r) => ({ network: r.between(0.03, 0.12), errors: r.between(0, 0.01) }),
    why: ['network-loss'],
  },
  {
    name: 'socket-stress',
    onResources: true,
    at: app,
    effect: (r) => ({ sockets: r.between(10, 40), own: r.between(5, 20) }),
    why: ['socket-change'],
  },
  {
    name: 'store-cpu-stress',
    onResources: true,
    at: role('postgres'),
    effect: (r) => ({ own: r.between(10, 40), cpu: r.between(6, 12) }),
    why: CPU,
  },
  {
    name: 'exception',
    at: app,
    effect: (r) => ({ errors: r.between(0.1, 0.6), logErrors: 3 }),
    why: ['error-origin', 'log-errors'],
  },
  { name: 'wrong-status', at: app, effect: (r) => ({ errors: r.between(0.1, 0.6) }), why: ['error-origin'] },
  {
    name: 'lost-call',
    at: caller,
    effect: () => ({ skipsCall: true, errors: 0.08 }),
    why: ['stopped', 'error-origin'],
  },
  {
    name: 'sleep',
    at: app,
    effect: (r) => ({ added: r.between(0.15, 1) }),
    why: ['self-time', 'service-slow'],
  },
  {
    name: 'killed',
    onResources: true,
    at: app,
    effect: () => ({ restartsPerMinute: 2, refused: 0.4, errors: 0.1 }),
    why: ['instance-down', 'tcp-refused'],
  },
];
