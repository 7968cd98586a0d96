import type { TableDefinition } from './define.ts';

const ZSTD = 'ZSTD(1)';

/**
 * OpenTelemetry ClickHouse exporter's otel_traces_trace_id_ts, filled by a materialized view: one row per
 * trace and inserted block; readers take min(Start) and max(End) of a TraceId.
 */
export const TRACE_TIMES: TableDefinition = {
  name: 'otel_traces_trace_id_ts',
  columns: [
    { name: 'TraceId', type: 'String', codec: ZSTD },
    { name: 'Start', type: 'DateTime64(9)', codec: `Delta, ${ZSTD}` },
    { name: 'End', type: 'DateTime64(9)', codec: `Delta, ${ZSTD}` },
  ],
  indexes: ['INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1'],
  engine: 'MergeTree',
  partitionBy: 'toDate(Start)',
  orderBy: '(TraceId, toUnixTimestamp(Start))',
  ttlFrom: 'toDateTime(Start)',
  settings: 'ttl_only_drop_parts = 1',
};
