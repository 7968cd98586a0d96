import { DATABASE } from '../tables/define.ts';
import { TRACE_TIMES } from '../tables/trace-times.ts';
import { TRACES } from '../tables/traces.ts';
import { createTable } from './migration.ts';
import type { Migration, MigrationOptions } from './migration.ts';

/** Spans, and when each trace was, so that a search by trace id reads only its time. */
export const tracesMigration = (options: MigrationOptions): Migration => ({
  version: 2,
  name: 'traces',
  statements: [
    createTable(TRACES, 'traces', options),
    createTable(TRACE_TIMES, 'traces', options),
    [
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${DATABASE}.${TRACE_TIMES.name}_mv TO ${DATABASE}.${TRACE_TIMES.name} AS`,
      'SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End',
      `FROM ${DATABASE}.${TRACES.name}`,
      "WHERE TraceId != ''",
      'GROUP BY TraceId',
    ].join('\n'),
  ],
});
