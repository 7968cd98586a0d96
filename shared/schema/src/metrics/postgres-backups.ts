import { metricsOf } from './define.ts';

const CLUSTER = ['namespace', 'name', 'operator'];
/** Of an object that belongs to a cluster: its own name and the cluster's. */
const OWNED = [...CLUSTER, 'cluster'];

/** What the operators of PostgreSQL clusters say of backups in their custom resources. */
export const POSTGRES_BACKUP_METRICS = metricsOf('kubernetes', {
  target: {
    name: 'pg_backup_target_info',
    type: 'gauge',
    unit: 'none',
    labels: [
      ...CLUSTER,
      'method',
      'path',
      'endpoint',
      's3_bucket',
      's3_endpoint',
      'gcs_bucket',
      'azure_container',
      'schedule',
      'retention_policy',
    ],
    help: 'Where backups go.',
  },
  clusterStatus: {
    name: 'pg_cluster_status',
    type: 'gauge',
    unit: 'none',
    labels: [...CLUSTER, 'type', 'status', 'reason'],
    help: '1 for the condition that holds: ReadyForBackup, LastBackupSucceeded, ContinuousArchiving …',
  },
  lastSuccessful: {
    name: 'pg_backup_last_successful_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    labels: [...CLUSTER, 'method'],
    help: 'When the last backup succeeded.',
  },
  firstRecoverability: {
    name: 'pg_backup_first_recoverability_point_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    labels: [...CLUSTER, 'method'],
    help: 'Oldest instant that can be restored.',
  },
  lastFailed: {
    name: 'pg_backup_last_failed_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    labels: CLUSTER,
    help: 'When a backup last failed.',
  },
  schedule: {
    name: 'pg_backup_schedule_info',
    type: 'gauge',
    unit: 'none',
    labels: [...OWNED, 'schedule'],
    help: 'Schedule of backups (cron).',
  },
  nextScheduled: {
    name: 'pg_backup_next_scheduled_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    labels: OWNED,
    help: 'When the next backup is due.',
  },
  run: {
    name: 'pg_backup_info',
    type: 'gauge',
    unit: 'none',
    labels: [...OWNED, 'method', 'kind', 'path'],
    help: 'One backup.',
  },
  runStatus: {
    name: 'pg_backup_status',
    type: 'gauge',
    unit: 'none',
    labels: [...CLUSTER, 'status'],
    help: '1 for the phase that a backup is in.',
  },
  runCompleted: {
    name: 'pg_backup_completed_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    labels: OWNED,
    help: 'When a backup ended.',
  },
});
