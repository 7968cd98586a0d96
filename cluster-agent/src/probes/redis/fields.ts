import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import { REDIS_METRICS as R } from '@gumshoe/schema/metrics/redis';
import type { ProbeContext } from '../define.ts';

/** Fields of INFO that are numbers (redis.io: INFO), with their metrics. */
const NUMBERS: readonly (readonly [string, MetricDefinition])[] = [
  ['uptime_in_seconds', R.uptime],
  ['connected_clients', R.connectedClients],
  ['blocked_clients', R.blockedClients],
  ['maxclients', R.maxClients],
  ['rejected_connections', R.rejectedConnections],
  ['used_memory', R.memoryUsed],
  ['used_memory_rss', R.memoryRss],
  ['maxmemory', R.memoryMax],
  ['mem_fragmentation_ratio', R.memoryFragmentation],
  ['evicted_keys', R.evictedKeys],
  ['expired_keys', R.expiredKeys],
  ['keyspace_hits', R.keyspaceHits],
  ['keyspace_misses', R.keyspaceMisses],
  ['connected_slaves', R.connectedReplicas],
  ['master_repl_offset', R.masterOffset],
  ['rdb_changes_since_last_save', R.rdbChanges],
  ['rdb_last_save_time', R.rdbLastSave],
  ['rdb_bgsave_in_progress', R.rdbInProgress],
  ['aof_enabled', R.aofEnabled],
  ['aof_rewrite_in_progress', R.aofRewriteInProgress],
  ['latest_fork_usec', R.latestFork],
];

/** Fields that say `ok` or `err`. */
const STATES: readonly (readonly [string, MetricDefinition])[] = [
  ['rdb_last_bgsave_status', R.rdbLastStatus],
  ['aof_last_bgrewrite_status', R.aofLastRewriteStatus],
  ['aof_last_write_status', R.aofLastWriteStatus],
];

/** Units of INFO that differ from the metric's. */
const SCALE: Readonly<Record<string, number>> = { latest_fork_usec: 1e-6 };

/** Emits what one field of INFO says, under the names that exporters of Redis use. */
export function emitFields(context: ProbeContext, info: ReadonlyMap<string, string>): void {
  for (const [name, metric] of NUMBERS) {
    const value = Number(info.get(name) ?? NaN) * (SCALE[name] ?? 1);
    if (Number.isFinite(value)) context.emit(metric, value);
  }
  for (const [name, metric] of STATES) {
    const state = info.get(name);
    if (state !== undefined) context.emit(metric, state === 'ok' ? 1 : 0);
  }
}
