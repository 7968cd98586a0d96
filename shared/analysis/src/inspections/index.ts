import { clientsInspections } from './clients.ts';
import { cpuContainer } from './cpu-container.ts';
import { cpuContention } from './cpu-contention.ts';
import { cpuNode } from './cpu-node.ts';
import { cpuThrottling } from './cpu-throttling.ts';
import { certificateExpiry } from './certificate-expiry.ts';
import { clockOffset } from './clock-offset.ts';
import { clockSpans } from './clock-spans.ts';
import { clockSync } from './clock-sync.ts';
import { goGcCpu } from './go-gc-cpu.ts';
import { goGcPauses } from './go-gc-pauses.ts';
import { goGoroutines } from './go-goroutines.ts';
import type { Inspection } from './define.ts';
import { deploymentStatus } from './deployment-status.ts';
import { dnsLatency } from './dns-latency.ts';
import { dnsNxdomain } from './dns-nxdomain.ts';
import { dnsServerErrors } from './dns-server-errors.ts';
import { dotnetAvailability } from './dotnet-availability.ts';
import { dotnetExceptions } from './dotnet-exceptions.ts';
import { dotnetHeap } from './dotnet-heap.ts';
import { goAllocations } from './go-allocations.ts';
import { gpuMemory } from './gpu-memory.ts';
import { gpuTemperature } from './gpu-temperature.ts';
import { gpuUtilization } from './gpu-utilization.ts';
import { instanceAvailability } from './instance-availability.ts';
import { instanceRestarts } from './instance-restarts.ts';
import { kafkaConsumerLag } from './kafka-consumer-lag.ts';
import { jvmAvailability } from './jvm-availability.ts';
import { jvmGc } from './jvm-gc.ts';
import { jvmHeap } from './jvm-heap.ts';
import { jvmSafepoints } from './jvm-safepoints.ts';
import { logErrorRate } from './log-error-rate.ts';
import { logErrors } from './log-errors.ts';
import { logNewPattern } from './log-new-pattern.ts';
import { memcachedAvailability } from './memcached-availability.ts';
import { memcachedEvictions } from './memcached-evictions.ts';
import { memcachedMisses } from './memcached-misses.ts';
import { memoryLeak } from './memory-leak.ts';
import { memoryOom } from './memory-oom.ts';
import { memoryPressure } from './memory-pressure.ts';
import { mongodbAvailability } from './mongodb-availability.ts';
import { mongodbReplicationLag } from './mongodb-replication-lag.ts';
import { mysqlAvailability } from './mysql-availability.ts';
import { mysqlConnections } from './mysql-connections.ts';
import { mysqlLocks } from './mysql-locks.ts';
import { mysqlReplicationLag } from './mysql-replication-lag.ts';
import { mysqlReplicationStatus } from './mysql-replication-status.ts';
import { networkConnectivity } from './network-connectivity.ts';
import { networkConnects } from './network-connects.ts';
import { networkConntrack } from './network-conntrack.ts';
import { networkListenOverflows } from './network-listen-overflows.ts';
import { networkPorts } from './network-ports.ts';
import { networkResets } from './network-resets.ts';
import { networkRtt } from './network-rtt.ts';
import { networkRttExternal } from './network-rtt-external.ts';
import { networkRttOtherClusters } from './network-rtt-other-clusters.ts';
import { networkZeroWindows } from './network-zero-windows.ts';
import { nodejsEventLoop } from './nodejs-event-loop.ts';
import { noisyNeighbour } from './noisy-neighbour.ts';
import { postgresAutovacuum } from './postgres-autovacuum.ts';
import { postgresAvailability } from './postgres-availability.ts';
import { postgresBackups } from './postgres-backups.ts';
import { postgresBloat } from './postgres-bloat.ts';
import { postgresCheckpoints } from './postgres-checkpoints.ts';
import { postgresConnections } from './postgres-connections.ts';
import { postgresIdleInTransaction } from './postgres-idle-in-transaction.ts';
import { postgresLatency } from './postgres-latency.ts';
import { postgresLocks } from './postgres-locks.ts';
import { postgresReplicationLag } from './postgres-replication-lag.ts';
import { postgresStaleStatistics } from './postgres-stale-statistics.ts';
import { postgresWalArchiving } from './postgres-wal-archiving.ts';
import { postgresWraparound } from './postgres-wraparound.ts';
import { pythonGil } from './python-gil.ts';
import { redisAvailability } from './redis-availability.ts';
import { redisBlockedClients } from './redis-blocked-clients.ts';
import { redisEvictions } from './redis-evictions.ts';
import { redisLatency } from './redis-latency.ts';
import { redisMemory } from './redis-memory.ts';
import { redisMisses } from './redis-misses.ts';
import { redisPersistence } from './redis-persistence.ts';
import { redisRejectedConnections } from './redis-rejected-connections.ts';
import { redisReplicationLag } from './redis-replication-lag.ts';
import { redisReplicationStatus } from './redis-replication-status.ts';
import { sloAvailability } from './slo-availability.ts';
import { sloLatency } from './slo-latency.ts';
import { storageIoErrors } from './storage-io-errors.ts';
import { storageIoLoad } from './storage-io-load.ts';
import { storageSpace } from './storage-space.ts';

/** All inspections, in the order in which an application page shows them. */
export const INSPECTIONS: readonly Inspection[] = [
  sloAvailability,
  sloLatency,
  instanceAvailability,
  instanceRestarts,
  deploymentStatus,
  cpuContainer,
  cpuThrottling,
  cpuNode,
  cpuContention,
  noisyNeighbour,
  memoryOom,
  memoryLeak,
  memoryPressure,
  storageSpace,
  storageIoLoad,
  storageIoErrors,
  networkConnects,
  networkConnectivity,
  networkRtt,
  networkRttExternal,
  networkRttOtherClusters,
  networkResets,
  networkZeroWindows,
  networkListenOverflows,
  networkConntrack,
  networkPorts,
  dnsLatency,
  dnsServerErrors,
  dnsNxdomain,
  gpuUtilization,
  gpuMemory,
  gpuTemperature,
  jvmAvailability,
  jvmSafepoints,
  jvmGc,
  jvmHeap,
  dotnetAvailability,
  dotnetExceptions,
  dotnetHeap,
  pythonGil,
  nodejsEventLoop,
  goAllocations,
  goGoroutines,
  goGcPauses,
  goGcCpu,
  postgresAvailability,
  postgresLatency,
  postgresReplicationLag,
  postgresConnections,
  postgresIdleInTransaction,
  postgresLocks,
  postgresCheckpoints,
  postgresWalArchiving,
  postgresWraparound,
  postgresBloat,
  postgresAutovacuum,
  postgresStaleStatistics,
  postgresBackups,
  ...clientsInspections('postgres'),
  mysqlAvailability,
  mysqlReplicationStatus,
  mysqlReplicationLag,
  mysqlConnections,
  mysqlLocks,
  ...clientsInspections('mysql'),
  mongodbAvailability,
  mongodbReplicationLag,
  ...clientsInspections('mongodb'),
  redisAvailability,
  redisLatency,
  redisMemory,
  redisEvictions,
  redisMisses,
  redisBlockedClients,
  redisRejectedConnections,
  redisReplicationStatus,
  redisReplicationLag,
  redisPersistence,
  ...clientsInspections('redis'),
  memcachedAvailability,
  memcachedMisses,
  memcachedEvictions,
  ...clientsInspections('memcached'),
  ...clientsInspections('kafka'),
  kafkaConsumerLag,
  ...clientsInspections('rabbitmq'),
  ...clientsInspections('nats'),
  ...clientsInspections('clickhouse'),
  ...clientsInspections('zookeeper'),
  ...clientsInspections('cassandra'),
  ...clientsInspections('elasticsearch'),
  logErrors,
  logErrorRate,
  logNewPattern,
  certificateExpiry,
  clockOffset,
  clockSync,
  clockSpans,
];
