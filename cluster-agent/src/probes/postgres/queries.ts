/** Sessions, oldest statement first. Ours is left out. */
export const ACTIVITY = `
  SELECT pid, coalesce(datname, '') AS db, coalesce(usename, '') AS "user", coalesce(state, '') AS state,
         coalesce(wait_event_type, '') AS wait_event_type, left(query, 2048) AS query,
         extract(epoch FROM clock_timestamp() - query_start)::float8 AS age,
         CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}'::int[] END AS blocked_by
  FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
  ORDER BY query_start NULLS LAST
  LIMIT 2000`;

export const SETTINGS = `
  SELECT name, coalesce(unit, '') AS unit,
         CASE WHEN vartype = 'bool' THEN (setting = 'on')::int::float8 ELSE setting::float8 END AS value
  FROM pg_settings WHERE vartype IN ('integer', 'real', 'bool')`;

export const STATEMENT_COLUMNS = `
  SELECT attname FROM pg_attribute
  WHERE attrelid = to_regclass('pg_stat_statements') AND attnum > 0`;

/** Column names differ by version: exec times since 13, block times split since 17. */
export function statementsQuery(columns: ReadonlySet<string>): string {
  const time = columns.has('total_exec_time') ? 'total_exec_time' : 'total_time';
  const io = columns.has('shared_blk_read_time')
    ? 's.shared_blk_read_time + s.shared_blk_write_time'
    : 's.blk_read_time + s.blk_write_time';
  return `
    SELECT s.queryid::text || ':' || s.dbid || ':' || s.userid AS id, coalesce(d.datname, '') AS db,
           coalesce(r.rolname, '') AS "user", left(s.query, 2048) AS query, s.calls::float8 AS calls,
           (s.${time} / 1000)::float8 AS time, ((${io}) / 1000)::float8 AS io_time
    FROM pg_stat_statements s
    LEFT JOIN pg_database d ON d.oid = s.dbid LEFT JOIN pg_roles r ON r.oid = s.userid
    WHERE s.queryid IS NOT NULL
    ORDER BY s.${time} DESC LIMIT 500`;
}

export const PRIMARY_LSN = `SELECT (pg_current_wal_lsn() - '0/0')::float8 AS lsn`;

export const REPLICA_STATE = `
  SELECT (pg_last_wal_receive_lsn() - '0/0')::float8 AS receive, (pg_last_wal_replay_lsn() - '0/0')::float8 AS replay,
         pg_is_wal_replay_paused()::int AS paused`;

export const WAL_RECEIVER = `
  SELECT coalesce(sender_host, '') AS host, coalesce(sender_port, 0) AS port, (status = 'streaming')::int AS streaming
  FROM pg_stat_wal_receiver`;

export const REPLICATION_SLOTS = `
  SELECT slot_name AS slot, active::text AS active, coalesce(wal_status, '') AS wal_status,
         (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END
          - restart_lsn)::float8 AS retained
  FROM pg_replication_slots WHERE restart_lsn IS NOT NULL`;
