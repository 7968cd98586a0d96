/** Databases people use, largest first; templates hold nothing. */
export const DATABASES = `
  SELECT datname AS db, pg_database_size(oid)::float8 AS size
  FROM pg_database WHERE datallowconn AND NOT datistemplate AND has_database_privilege(oid, 'CONNECT')
  ORDER BY 2 DESC LIMIT 50`;

/** Asking for the size of a table that is locked exclusively would wait for the lock. */
const UNLOCKED = `NOT EXISTS (
    SELECT 1 FROM pg_locks l WHERE l.relation = c.oid AND l.mode = 'AccessExclusiveLock')`;

const USER_TABLES = `c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'`;

/**
 * Tables with their sizes in bytes and the counters of autovacuum. Ages in seconds. `width` is the mean width of a
 * row by pg_stats, NULL without statistics or without the right to read them.
 */
export const tablesQuery = (limit: number): string => `
  SELECT n.nspname AS schema, c.relname AS table,
         pg_total_relation_size(c.oid)::float8 AS size, pg_relation_size(c.oid)::float8 AS heap,
         s.n_live_tup::float8 AS live, s.n_dead_tup::float8 AS dead, s.n_mod_since_analyze::float8 AS modified,
         c.reltuples::float8 AS reltuples,
         extract(epoch FROM now() - s.last_autovacuum)::float8 AS since_autovacuum,
         extract(epoch FROM now() - greatest(s.last_analyze, s.last_autoanalyze))::float8 AS since_analyze,
         coalesce(c.reloptions, '{}') AS options, w.width::float8 AS width,
         v.pid IS NOT NULL AS vacuuming, coalesce(a.wait_event = 'VacuumDelay', false) AS throttled
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
  LEFT JOIN pg_stat_progress_vacuum v ON v.relid = c.oid AND v.datid = (
    SELECT oid FROM pg_database WHERE datname = current_database())
  LEFT JOIN pg_stat_activity a ON a.pid = v.pid
  LEFT JOIN LATERAL (
    SELECT sum((1 - null_frac) * avg_width) AS width FROM pg_stats p
    WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND NOT p.inherited) w ON true
  WHERE ${USER_TABLES} AND ${UNLOCKED}
  ORDER BY c.relpages DESC, c.oid LIMIT ${limit}`;

/** B-tree indexes on plain columns, with the mean width of a key. */
export const indexesQuery = (limit: number): string => `
  SELECT n.nspname AS schema, c.relname AS table, x.relname AS index, pg_relation_size(x.oid)::float8 AS size,
         x.reltuples::float8 AS reltuples, w.width::float8 AS width, x.reloptions AS options
  FROM pg_index i
  JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
  JOIN LATERAL (
    SELECT CASE WHEN count(p.attname) = i.indnatts THEN sum((1 - p.null_frac) * p.avg_width) END AS width
    FROM unnest(i.indkey::int2[]) AS k(attnum)
    JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum = k.attnum
    JOIN pg_stats p ON p.schemaname = n.nspname AND p.tablename = c.relname AND p.attname = t.attname
                   AND NOT p.inherited) w ON w.width IS NOT NULL
  WHERE ${USER_TABLES} AND ${UNLOCKED} AND x.relkind = 'i'
  ORDER BY x.relpages DESC, x.oid LIMIT ${limit}`;
