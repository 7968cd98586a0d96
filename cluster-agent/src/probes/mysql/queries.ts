const SYSTEM = `('mysql', 'information_schema', 'performance_schema', 'sys')`;

export const IDENTITY = `SELECT @@version AS version, @@server_id AS id`;

/** MySQL names its servers; MariaDB has no such variable. */
export const SERVER_UUID = `SELECT @@server_uuid AS uuid`;

export const STATUS = `
  SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Connections', 'Aborted_connects',
    'Bytes_received', 'Bytes_sent', 'Questions', 'Slow_queries')`;

export const MAX_CONNECTIONS = `SELECT @@max_connections AS value`;

/** Since MySQL 8.0.22 and MariaDB 10.5.1; before that SHOW SLAVE STATUS. */
export const REPLICA_STATUS = ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS'] as const;

/** Times are picoseconds. */
export const STATEMENTS = `
  SELECT coalesce(SCHEMA_NAME, '') AS \`schema\`, left(DIGEST_TEXT, 2048) AS query, sum(COUNT_STAR) AS calls,
         sum(SUM_TIMER_WAIT) / 1e12 AS time, sum(SUM_LOCK_TIME) / 1e12 AS lock_time
  FROM performance_schema.events_statements_summary_by_digest
  WHERE DIGEST_TEXT IS NOT NULL GROUP BY 1, 2 ORDER BY time DESC LIMIT 500`;

export const TABLE_IO = `
  SELECT OBJECT_SCHEMA AS \`schema\`, OBJECT_NAME AS \`table\`, SUM_TIMER_READ / 1e12 AS \`read\`,
         SUM_TIMER_WRITE / 1e12 AS \`write\`
  FROM performance_schema.table_io_waits_summary_by_table
  WHERE OBJECT_SCHEMA NOT IN ${SYSTEM} AND SUM_TIMER_WAIT > 0 ORDER BY SUM_TIMER_WAIT DESC LIMIT 500`;

export const PERFORMANCE_SCHEMA = `SELECT @@performance_schema AS value`;

/** Waits for rows and tables of InnoDB: MySQL 8, then what came before it and MariaDB. */
export const LOCK_WAITS = [
  `SELECT w.REQUESTING_THREAD_ID AS waiting_id, coalesce(r.PROCESSLIST_DB, '') AS \`schema\`,
          coalesce(r.PROCESSLIST_INFO, '') AS waiting, coalesce(b.PROCESSLIST_INFO, '') AS blocking,
          w.BLOCKING_THREAD_ID AS blocking_id
   FROM performance_schema.data_lock_waits w
   JOIN performance_schema.threads r ON r.THREAD_ID = w.REQUESTING_THREAD_ID
   JOIN performance_schema.threads b ON b.THREAD_ID = w.BLOCKING_THREAD_ID LIMIT 1000`,
  `SELECT r.trx_mysql_thread_id AS waiting_id, coalesce(p.DB, '') AS \`schema\`,
          coalesce(r.trx_query, '') AS waiting, coalesce(b.trx_query, '') AS blocking,
          b.trx_mysql_thread_id AS blocking_id
   FROM information_schema.INNODB_LOCK_WAITS w
   JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id
   JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id
   LEFT JOIN information_schema.PROCESSLIST p ON p.ID = r.trx_mysql_thread_id LIMIT 1000`,
] as const;

/** Waits for the definition of a table, or for a table locked as a whole. */
export const TABLE_LOCK_WAITS = `
  SELECT ID AS waiting_id, coalesce(DB, '') AS \`schema\`, coalesce(INFO, '') AS waiting
  FROM information_schema.PROCESSLIST
  WHERE STATE LIKE 'Waiting for table%lock' OR STATE LIKE 'Waiting for%metadata lock' LIMIT 1000`;

export const TABLES = `
  SELECT TABLE_SCHEMA AS db, TABLE_NAME AS \`table\`, DATA_LENGTH + INDEX_LENGTH AS size
  FROM information_schema.TABLES
  WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ${SYSTEM} AND DATA_LENGTH IS NOT NULL
  ORDER BY size DESC LIMIT 5000`;
