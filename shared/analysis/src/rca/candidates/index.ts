import { badReplica } from './bad-replica.ts';
import { clientSurge } from './client-surge.ts';
import { configurationChange } from './configuration-change.ts';
import { cpuHog } from './cpu-hog.ts';
import type { CandidateDefinition } from './define.ts';
import { diskFull } from './disk-full.ts';
import { errorOrigin } from './error-origin.ts';
import { imageChange } from './image-change.ts';
import { instanceDown } from './instance-down.ts';
import { kubernetesEvent } from './kubernetes-event.ts';
import { LEVELS } from './levels.ts';
import { logErrors } from './log-errors.ts';
import { logMention } from './log-mention.ts';
import { logSurge } from './log-surge.ts';
import { memoryLeak } from './memory-leak.ts';
import { memoryOom } from './memory-oom.ts';
import { networkLoss } from './network-loss.ts';
import { nodeCpu } from './node-cpu.ts';
import { nodeDisk } from './node-disk.ts';
import { poolExhausted } from './pool-exhausted.ts';
import { postgresLock } from './postgres-lock.ts';
import { postgresSlow } from './postgres-slow.ts';
import { redisSlow } from './redis-slow.ts';
import { RESOURCE_CHANGES } from './resource-change.ts';
import { rollout } from './rollout.ts';
import { schemaChange } from './schema-change.ts';
import { selfTime } from './self-time.ts';
import { serviceSlow } from './service-slow.ts';
import { stopped } from './stopped.ts';
import { tcpRefused } from './tcp-refused.ts';
import { trafficSurge } from './traffic-surge.ts';
import { wrongAnswer } from './wrong-answer.ts';
import { wrongRequest } from './wrong-request.ts';

/** All kinds of causes that an investigation considers. */
export const CANDIDATES: readonly CandidateDefinition[] = [
  instanceDown,
  memoryOom,
  memoryLeak,
  tcpRefused,
  networkLoss,
  postgresLock,
  postgresSlow,
  redisSlow,
  cpuHog,
  nodeCpu,
  nodeDisk,
  diskFull,
  trafficSurge,
  clientSurge,
  imageChange,
  rollout,
  configurationChange,
  kubernetesEvent,
  schemaChange,
  poolExhausted,
  badReplica,
  ...LEVELS,
  logErrors,
  logMention,
  logSurge,
  errorOrigin,
  wrongAnswer,
  wrongRequest,
  selfTime,
  stopped,
  ...RESOURCE_CHANGES,
  serviceSlow,
];
