import type { TableDefinition } from './define.ts';

const ZSTD = 'ZSTD(1)';

/** OpenTelemetry ClickHouse exporter's otel_logs. */
export const LOGS: TableDefinition = {
  name: 'otel_logs',
  columns: [
    { name: 'Timestamp', type: 'DateTime64(9)', codec: `Delta, ${ZSTD}` },
    { name: 'TraceId', type: 'String', codec: ZSTD },
    { name: 'SpanId', type: 'String', codec: ZSTD },
    { name: 'TraceFlags', type: 'UInt32', codec: ZSTD },
    { name: 'SeverityText', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'SeverityNumber', type: 'Int32', codec: ZSTD },
    { name: 'ServiceName', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'Body', type: 'String', codec: ZSTD },
    {
      name: 'ResourceAttributes',
      type: 'Map(LowCardinality(String), String)',
      codec: ZSTD,
    },
    {
      name: 'LogAttributes',
      type: 'Map(LowCardinality(String), String)',
      codec: ZSTD,
    },
  ],
  indexes: [
    'INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1',
    'INDEX idx_body Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 1',
  ],
  engine: 'MergeTree',
  partitionBy: 'toDate(Timestamp)',
  orderBy: '(ServiceName, SeverityText, toUnixTimestamp(Timestamp), TraceId)',
  ttlFrom: 'toDateTime(Timestamp)',
  settings: 'ttl_only_drop_parts = 1',
};

export interface LogRow {
  readonly Timestamp: string;
  readonly TraceId: string;
  readonly SpanId: string;
  readonly TraceFlags: number;
  readonly SeverityText: string;
  readonly SeverityNumber: number;
  readonly ServiceName: string;
  readonly Body: string;
  readonly ResourceAttributes: Readonly<Record<string, string>>;
  readonly LogAttributes: Readonly<Record<string, string>>;
}
