import { cpuContainer } from './cpu-container.ts';
import { cpuNode } from './cpu-node.ts';
import type { Inspection } from './define.ts';
import { instanceAvailability } from './instance-availability.ts';
import { instanceRestarts } from './instance-restarts.ts';
import { logErrors } from './log-errors.ts';
import { memoryLeak } from './memory-leak.ts';
import { memoryOom } from './memory-oom.ts';
import { networkConnects } from './network-connects.ts';
import { networkRtt } from './network-rtt.ts';
import { postgresAvailability } from './postgres-availability.ts';
import { postgresConnections } from './postgres-connections.ts';
import { postgresLatency } from './postgres-latency.ts';
import { postgresLocks } from './postgres-locks.ts';
import { redisAvailability } from './redis-availability.ts';
import { redisLatency } from './redis-latency.ts';
import { sloAvailability } from './slo-availability.ts';
import { sloLatency } from './slo-latency.ts';
import { storageSpace } from './storage-space.ts';

/** All inspections, in the order in which an application page shows them. */
export const INSPECTIONS: readonly Inspection[] = [
  sloAvailability,
  sloLatency,
  instanceAvailability,
  instanceRestarts,
  cpuContainer,
  cpuNode,
  memoryOom,
  memoryLeak,
  storageSpace,
  networkConnects,
  networkRtt,
  postgresAvailability,
  postgresLatency,
  postgresConnections,
  postgresLocks,
  redisAvailability,
  redisLatency,
  logErrors,
];
