import { cpuHog } from './cpu-hog.ts';
import { dbLock } from './db-lock.ts';
import type { Fault } from './define.ts';
import { killApi } from './kill-api.ts';
import { memoryLeak } from './memory-leak.ts';
import { networkLoss } from './network-loss.ts';
import { redisSlow } from './redis-slow.ts';

const none: Fault = {
  name: 'none',
  title: 'nothing is broken; the report must say so',
  expected: undefined,
  inject: async () => {},
  recover: async () => {},
};

/** Every fault the demo knows; the first is the default. */
export const FAULTS: readonly Fault[] = [dbLock, killApi, cpuHog, redisSlow, networkLoss, memoryLeak, none];
