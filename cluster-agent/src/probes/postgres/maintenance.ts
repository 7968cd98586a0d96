import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import type pg from 'pg';
import type { ProbeContext } from '../define.ts';
import { rowsOf } from './client.ts';

type Row = Readonly<Record<string, string | number | null>>;
type Emit = (context: ProbeContext, rows: readonly Row[]) => void;

interface Question {
  readonly what: string;
  /** Server version as a number, 15.4 is 150004 (SHOW server_version_num). */
  readonly sql: (version: number) => string;
  readonly emit: Emit;
}

const number = (value: unknown): number => (value === null || value === undefined ? NaN : Number(value));

/** Where WAL is being written, or replayed on a replica. */
const POSITION = `CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END`;

const QUESTIONS: readonly Question[] = [
  {
    what: 'checkpoints',
    sql: checkpointCounters,
    emit(context, [row = {}]) {
      context.emit(M.checkpointsScheduled, number(row.timed), { type: 'timed' });
      context.emit(M.checkpointsScheduled, number(row.requested), { type: 'requested' });
      context.emit(M.checkpoints, number(row.done));
      context.emit(M.restartpoints, number(row.restartpoints));
      for (const source of ['checkpointer', 'background_writer', 'backend'])
        context.emit(M.buffersWritten, number(row[source]), { source });
    },
  },
  {
    what: 'age of the last checkpoint',
    sql: () => `
      SELECT extract(epoch FROM clock_timestamp() - checkpoint_time)::float8 AS age,
             (${POSITION} - redo_lsn)::float8 AS wal
      FROM pg_control_checkpoint()`,
    emit(context, [row = {}]) {
      context.emit(M.sinceCheckpoint, number(row.age));
      context.emit(M.walSinceCheckpoint, number(row.wal));
    },
  },
  {
    what: 'WAL archiving',
    // Without a first attempt there is neither success nor failure.
    sql: () => `
      SELECT archived_count::float8 AS archived, failed_count::float8 AS failed,
             CASE WHEN last_archived_time IS NULL AND last_failed_time IS NULL THEN NULL
                  ELSE coalesce(last_failed_time IS NULL OR last_archived_time > last_failed_time, false)::int END AS status
      FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'`,
    emit(context, [row]) {
      if (!row) return;
      context.emit(M.segmentsArchived, number(row.archived));
      context.emit(M.archiveFailures, number(row.failed));
      context.emit(M.archivingStatus, number(row.status));
    },
  },
  {
    what: 'size of the WAL',
    sql: () => `SELECT sum(size)::float8 AS bytes FROM pg_ls_waldir()`,
    emit: (context, [row = {}]) => context.emit(M.walSize, number(row.bytes)),
  },
  {
    what: 'transaction ids',
    sql: () => `
      SELECT datname AS db, age(datfrozenxid)::float8 AS xid, mxid_age(datminmxid)::float8 AS multixact
      FROM pg_database ORDER BY age(datfrozenxid) DESC LIMIT 100`,
    emit(context, rows) {
      for (const { db, xid, multixact } of rows) {
        context.emit(M.xidAge, number(xid), { db: String(db) });
        context.emit(M.multixactAge, number(multixact), { db: String(db) });
      }
    },
  },
  {
    what: 'oldest xmin',
    sql: () => `
      SELECT 'running_transaction' AS holder, max(greatest(age(backend_xmin), age(backend_xid)))::float8 AS age
      FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type NOT IN ('walsender', 'autovacuum worker')
      UNION ALL SELECT 'standby_feedback', max(age(backend_xmin)) FROM pg_stat_replication
      UNION ALL SELECT 'replication_slot', max(greatest(age(xmin), age(catalog_xmin))) FROM pg_replication_slots
      UNION ALL SELECT 'prepared_transaction', max(age(transaction)) FROM pg_prepared_xacts`,
    emit(context, rows) {
      for (const { holder, age } of rows)
        context.emit(M.oldestXminAge, number(age), { holder: String(holder) });
    },
  },
  {
    what: 'autovacuum workers',
    sql: () =>
      `SELECT count(*)::float8 AS workers FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'`,
    emit: (context, [row = {}]) => context.emit(M.autovacuumWorkers, number(row.workers)),
  },
];

/** pg_stat_bgwriter until 16, pg_stat_checkpointer from 17; completed checkpoints are counted since 18. */
function checkpointCounters(version: number): string {
  if (version < 170_000)
    return `
      SELECT checkpoints_timed::float8 AS timed, checkpoints_req::float8 AS requested,
             buffers_checkpoint::float8 AS checkpointer, buffers_clean::float8 AS background_writer,
             buffers_backend::float8 AS backend
      FROM pg_stat_bgwriter`;
  return `
    SELECT c.num_timed::float8 AS timed, c.num_requested::float8 AS requested,
           ${version >= 180_000 ? 'c.num_done::float8' : 'NULL::float8'} AS done,
           c.restartpoints_done::float8 AS restartpoints, c.buffers_written::float8 AS checkpointer,
           b.buffers_clean::float8 AS background_writer,
           (SELECT sum(writes) FROM pg_stat_io WHERE backend_type = 'client backend')::float8 AS backend
    FROM pg_stat_checkpointer c, pg_stat_bgwriter b`;
}

/** What the server as a whole does in the background. Returns what it would not tell, one sentence each. */
export async function collectMaintenance(
  client: pg.Client,
  context: ProbeContext,
): Promise<readonly string[]> {
  const [row] = await rowsOf<{ version: number }>(
    client,
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  const problems: string[] = [];
  for (const { what, sql, emit } of QUESTIONS) {
    try {
      emit(context, await rowsOf<Row>(client, sql(row?.version ?? 0)));
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return problems;
}
