import type { Course } from '@gumshoe/model/testdata/series-writer';
import type { EdgeCourse, ShopFault } from './shop.ts';

/** Departure from the healthy shop between two instants (ms). */
export type Fault = (when: { readonly from: number; readonly to: number }) => ShopFault;

/** `bad` while the fault lasts, `good` otherwise. */
const during =
  (when: { readonly from: number; readonly to: number }, good: number, bad: Course | number): Course =>
  (at) =>
    at > when.from && at <= when.to ? (typeof bad === 'number' ? bad : bad(at)) : good;

type Edges = Record<string, Partial<EdgeCourse>>;

/** The same change on both replicas' edge: `api@*→orders`, `frontend→api@*`. */
function replicas(name: string, change: Partial<EdgeCourse>): Edges {
  return { [name.replace('*', '1')]: change, [name.replace('*', '2')]: change };
}

const MIB = 1024 * 1024;

/** The orders table is locked by a long transaction: queries hang, then everything before them. */
export const dbLock: Fault = (when) => {
  const age: Course = (at) => Math.max(0, (at - when.from) / 1000);
  const hangs = (usual: number, left: number): Partial<EdgeCourse> => ({
    rate: during(when, usual, left),
    oldest: during(when, 0, age),
  });
  return {
    edges: {
      'loadgen→frontend': hangs(60, 4),
      ...replicas('frontend→api@*', hangs(30, 2)),
      ...replicas('api@*→orders', hangs(15, 0)),
      ...replicas('api@*→redis', { rate: during(when, 30, 2) }),
      'orders→postgres': hangs(60, 0),
    },
    units: {
      postgres: { cpu: during(when, 0.08, 0.01) },
      orders: { cpu: during(when, 0.12, 0.01) },
      'api@1': { cpu: during(when, 0.15, 0.02) },
      'api@2': { cpu: during(when, 0.15, 0.02) },
    },
    newcomer: {
      unit: 'migration',
      server: 'postgres',
      lifetime: { from: when.from, to: when.to },
      course: { rate: () => 0.02, latency: () => 0.01 },
    },
    lockWaits: {
      blockingQuery: 'LOCK TABLE orders IN ACCESS EXCLUSIVE MODE',
      waiting: during(when, 0, 8),
    },
  };
};

/** Both replicas of the API are stopped, and started again when the fault ends. */
export const killApi: Fault = (when) => {
  const lifetime = { absent: when, resetAt: when.to };
  const listening = during(when, 1, 0);
  return {
    units: {
      'api@1': { lifetime, listening },
      'api@2': { lifetime, listening },
    },
    edges: {
      'loadgen→frontend': { failed: during(when, 0, 58), latency: during(when, 0.02, 0.002) },
      ...replicas('frontend→api@*', { rate: during(when, 30, 0), refused: during(when, 0, 25) }),
      ...replicas('api@*→orders', { rate: during(when, 15, 0) }),
      ...replicas('api@*→redis', { rate: during(when, 30, 0) }),
      'orders→postgres': { rate: during(when, 60, 0) },
    },
  };
};

/** A burning function in orders; its own view of PostgreSQL suffers, PostgreSQL's does not. */
export const cpuHog: Fault = (when) => ({
  units: { orders: { cpu: during(when, 0.12, 0.99) } },
  nodeCpu: during(when, 0.6, 1.5),
  edges: {
    'loadgen→frontend': { rate: during(when, 60, 20), latency: during(when, 0.02, 0.9) },
    ...replicas('frontend→api@*', { rate: during(when, 30, 10), latency: during(when, 0.017, 0.88) }),
    ...replicas('api@*→orders', { rate: during(when, 15, 5), latency: during(when, 0.012, 1.6) }),
    'orders→postgres': {
      rate: during(when, 60, 20),
      latency: during(when, 0.003, 0.06),
      servedLatency: () => 0.003,
    },
  },
});

/** Redis sleeps in a command again and again, or burns in a script: everybody waits in its queue. */
const redisBlocked =
  (command: string, cpu: number): Fault =>
  (when) => ({
    newcomer: {
      unit: 'reporting',
      server: 'redis',
      lifetime: { from: when.from, to: when.to },
      course: { rate: () => 0.9, latency: () => 1.05, oldest: () => 0.8 },
    },
    units: { redis: { cpu: during(when, 0.02, cpu) } },
    edges: {
      'loadgen→frontend': { rate: during(when, 60, 25), latency: during(when, 0.02, 0.85) },
      ...replicas('frontend→api@*', { rate: during(when, 30, 12), latency: during(when, 0.017, 0.84) }),
      ...replicas('api@*→redis', {
        rate: during(when, 30, 12),
        latency: during(when, 0.0006, 0.8),
        servedLatency: during(when, 0.0004, 0.001),
        oldest: during(when, 0, 0.9),
      }),
      ...replicas('api@*→orders', { rate: during(when, 15, 6) }),
      'orders→postgres': { rate: during(when, 60, 24) },
    },
    redisCommand: { command, time: during(when, 0, 0.9), running: during(when, 0, 0.9) },
  });

export const redisSlow = redisBlocked('debug', 0.02);
export const redisScript = redisBlocked('eval', 0.97);

/** A firewall refuses connections from orders to PostgreSQL, which is up and listening. */
export const refusedPostgres: Fault = (when) => ({
  edges: {
    'loadgen→frontend': { failed: during(when, 0, 30), failedStatus: '500' },
    ...replicas('frontend→api@*', { failed: during(when, 0, 15), failedStatus: '500' }),
    ...replicas('api@*→orders', { failed: during(when, 0, 15), failedStatus: '500', latency: during(when, 0.012, 0.004) }),
    'orders→postgres': { rate: during(when, 60, 0), refused: during(when, 0, 28) },
  },
});

/** A firewall refuses connections from the API to orders. */
export const refusedOrders: Fault = (when) => ({
  edges: {
    'loadgen→frontend': { failed: during(when, 0, 30), failedStatus: '502' },
    ...replicas('frontend→api@*', { failed: during(when, 0, 15), failedStatus: '502' }),
    ...replicas('api@*→orders', { rate: during(when, 15, 0), refused: during(when, 0, 14) }),
    'orders→postgres': { rate: during(when, 60, 0) },
  },
});

/** Memory of orders grows up to its limit; the kernel kills it, its supervisor starts it again, every 40 s. */
export const memoryOom: Fault = (when) => {
  const limit = 256 * MIB;
  const cycle = 40_000;
  const phase = (at: number): number => ((at - when.from) % cycle) / cycle;
  const rss = during(when, 60e6, (at) => 60e6 + (limit - 62e6) * phase(at));
  /** Down for the first eighth of every cycle but the first. */
  const dead = (at: number): boolean => at - when.from > cycle && phase(at) > 0 && phase(at) <= 0.25;
  const kill = during(when, 0, (at) => (dead(at) && phase(at) <= 0.125 ? 0.2 : 0));
  return {
    units: { orders: { rss, memoryLimit: limit, oomKills: kill, restarts: kill, listening: during(when, 1, (at) => (dead(at) ? 0 : 1)) } },
    edges: {
      'loadgen→frontend': { failed: during(when, 0, (at) => (dead(at) ? 30 : 0)), failedStatus: '502' },
      ...replicas('frontend→api@*', { failed: during(when, 0, (at) => (dead(at) ? 15 : 0)), failedStatus: '502' }),
      ...replicas('api@*→orders', {
        rate: during(when, 15, (at) => (dead(at) ? 0 : 15)),
        refused: during(when, 0, (at) => (dead(at) ? 15 : 0)),
      }),
      'orders→postgres': { rate: during(when, 60, (at) => (dead(at) ? 0 : 60)) },
    },
  };
};

/** The same lock behind an impatient API: it gives up after eight seconds and answers 502. */
export const dbLockTimeouts: Fault = (when) => {
  const limit = 8;
  const age: Course = (at) => Math.min(limit, Math.max(0, (at - when.from) / 1000));
  const slow: Course = (at) => ((at - when.from) / 1000 < limit ? 0 : 3);
  const gaveUp = (usual: number, part: number): Partial<EdgeCourse> => ({
    rate: during(when, usual, (at) => slow(at) * part),
    failed: during(when, 0, (at) => slow(at) * part),
    latency: during(when, 0.02, limit),
    oldest: during(when, 0, age),
  });
  return {
    ...dbLock(when),
    edges: {
      'loadgen→frontend': gaveUp(60, 1),
      ...replicas('frontend→api@*', gaveUp(30, 0.5)),
      ...replicas('api@*→orders', { ...gaveUp(15, 0.5), failedStatus: 'failed' }),
      ...replicas('api@*→redis', { rate: during(when, 30, 1.5) }),
      'orders→postgres': {
        rate: during(when, 60, 0),
        oldest: during(when, 0, (at) => (at - when.from) / 1000),
      },
    },
  };
};

/** nginx knows that its upstreams are dead and hardly tries; requests on the way at the kill are lost. */
export const killApiQuiet: Fault = (when) => {
  const first: Course = (at) => (at - when.from < 6_000 ? 2 : 0);
  return {
    ...killApi(when),
    edges: {
      'loadgen→frontend': { failed: during(when, 0, 59), latency: during(when, 0.02, 0.001) },
      ...replicas('frontend→api@*', {
        rate: during(when, 30, first),
        failed: during(when, 0, first),
        failedStatus: 'failed',
        refused: during(when, 0, 0.2),
      }),
      ...replicas('api@*→orders', { rate: during(when, 15, 0) }),
      ...replicas('api@*→redis', { rate: during(when, 30, 0) }),
      'orders→postgres': { rate: during(when, 60, 0) },
    },
  };
};

/** The burning function on a busy machine: requests queue for seconds, and the API gives up on some. */
export const cpuHogContended: Fault = (when) => {
  const wave: Course = (at) => 2 + 2 * Math.sin(at / 7_000);
  return {
    units: {
      orders: { cpu: during(when, 0.14, (at) => 0.78 + 0.08 * Math.sin(at / 9_000)) },
      postgres: { cpu: during(when, 0.08, 0.05) },
    },
    nodeCpu: during(when, 1.1, 1.96),
    edges: {
      'loadgen→frontend': {
        rate: during(when, 60, 22),
        failed: during(when, 0, 4),
        latency: during(when, 0.02, wave),
        oldest: during(when, 0, 8),
      },
      ...replicas('frontend→api@*', {
        rate: during(when, 30, 11),
        failed: during(when, 0, 2),
        latency: during(when, 0.017, wave),
        oldest: during(when, 0, 8),
      }),
      ...replicas('api@*→orders', {
        rate: during(when, 15, 11),
        latency: during(when, 0.012, wave),
        oldest: during(when, 0, 7.5),
      }),
      ...replicas('api@*→redis', { rate: during(when, 30, 11), latency: during(when, 0.0006, 0.004) }),
      'orders→postgres': {
        rate: during(when, 60, 24),
        latency: during(when, 0.003, 0.4),
        servedLatency: during(when, 0.003, 0.004),
        oldest: during(when, 0, 1.6),
      },
    },
  };
};

/** A leak that fills its 128 MiB within seconds, again and again; samples see little of the peaks. */
export const memoryOomFast: Fault = (when) => {
  const limit = 128 * MIB;
  const cycle = 16_000;
  const phase = (at: number): number => ((at - when.from) % cycle) / cycle;
  const dead = (at: number): boolean => at - when.from > cycle - 1 && phase(at) < 0.3;
  const kill = during(when, 0, (at) => (dead(at) ? 0.2 : 0));
  const lost: Course = (at) => (dead(at) ? 25 : 0);
  return {
    units: {
      orders: {
        rss: during(when, 30e6, (at) => 30e6 + 0.7 * limit * phase(at)),
        memoryLimit: limit,
        oomKills: kill,
        restarts: kill,
      },
    },
    edges: {
      'loadgen→frontend': { failed: during(when, 0, lost) },
      ...replicas('frontend→api@*', { failed: during(when, 0, (at) => lost(at) / 2) }),
      ...replicas('api@*→orders', { refused: during(when, 0, (at) => lost(at) / 2) }),
    },
  };
};

/** All of them, by name. */
export const FAULTS = {
  dbLock,
  killApi,
  cpuHog,
  redisSlow,
  redisScript,
  refusedPostgres,
  refusedOrders,
  memoryOom,
  dbLockTimeouts,
  killApiQuiet,
  cpuHogContended,
  memoryOomFast,
} as const satisfies Readonly<Record<string, Fault>>;
