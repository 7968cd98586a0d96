import type { TableDefinition } from './define.ts';

const ZSTD = 'ZSTD(1)';

/** OpenTelemetry ClickHouse exporter's otel_traces. Duration in ns; Timestamp is the start. */
export const TRACES: TableDefinition = {
  name: 'otel_traces',
  columns: [
    { name: 'Timestamp', type: 'DateTime64(9)', codec: `Delta, ${ZSTD}` },
    { name: 'TraceId', type: 'String', codec: ZSTD },
    { name: 'SpanId', type: 'String', codec: ZSTD },
    { name: 'ParentSpanId', type: 'String', codec: ZSTD },
    { name: 'TraceState', type: 'String', codec: ZSTD },
    { name: 'SpanName', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'SpanKind', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'ServiceName', type: 'LowCardinality(String)', codec: ZSTD },
    {
      name: 'ResourceAttributes',
      type: 'Map(LowCardinality(String), String)',
      codec: ZSTD,
    },
    { name: 'ScopeName', type: 'String', codec: ZSTD },
    { name: 'ScopeVersion', type: 'String', codec: ZSTD },
    {
      name: 'SpanAttributes',
      type: 'Map(LowCardinality(String), String)',
      codec: ZSTD,
    },
    { name: 'Duration', type: 'Int64', codec: ZSTD },
    { name: 'StatusCode', type: 'LowCardinality(String)', codec: ZSTD },
    { name: 'StatusMessage', type: 'String', codec: ZSTD },
    { name: 'Events.Timestamp', type: 'Array(DateTime64(9))', codec: ZSTD },
    { name: 'Events.Name', type: 'Array(LowCardinality(String))', codec: ZSTD },
    {
      name: 'Events.Attributes',
      type: 'Array(Map(LowCardinality(String), String))',
      codec: ZSTD,
    },
    { name: 'Links.TraceId', type: 'Array(String)', codec: ZSTD },
    { name: 'Links.SpanId', type: 'Array(String)', codec: ZSTD },
    { name: 'Links.TraceState', type: 'Array(String)', codec: ZSTD },
    {
      name: 'Links.Attributes',
      type: 'Array(Map(LowCardinality(String), String))',
      codec: ZSTD,
    },
  ],
  indexes: [
    'INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1',
    'INDEX idx_span_id SpanId TYPE bloom_filter(0.001) GRANULARITY 1',
    'INDEX idx_parent_span_id ParentSpanId TYPE bloom_filter(0.001) GRANULARITY 1',
    'INDEX idx_duration Duration TYPE minmax GRANULARITY 1',
  ],
  engine: 'MergeTree',
  partitionBy: 'toDate(Timestamp)',
  orderBy: '(ServiceName, SpanName, toUnixTimestamp(Timestamp), TraceId)',
  ttlFrom: 'toDateTime(Timestamp)',
  settings: 'ttl_only_drop_parts = 1',
};

/** One row of otel_traces in JSONEachRow as the writer sends it; only the columns we fill. */
export interface TraceRow {
  /** Decimal `seconds.nnnnnnnnn` or ClickHouse date-time text, UTC. */
  readonly Timestamp: string;
  /** 32 and 16 lower-case hex digits; ParentSpanId '' for a root. */
  readonly TraceId: string;
  readonly SpanId: string;
  readonly ParentSpanId: string;
  readonly SpanName: string;
  readonly SpanKind: SpanKind;
  readonly ServiceName: string;
  readonly ResourceAttributes: Readonly<Record<string, string>>;
  readonly ScopeName: string;
  readonly SpanAttributes: Readonly<Record<string, string>>;
  /** ns, decimal text or safe integer. */
  readonly Duration: number | string;
  readonly StatusCode: StatusCode;
  readonly StatusMessage: string;
  /** What only applications' own spans have. */
  readonly TraceState?: string;
  readonly ScopeVersion?: string;
  readonly 'Events.Timestamp'?: readonly string[];
  readonly 'Events.Name'?: readonly string[];
  readonly 'Events.Attributes'?: readonly Readonly<Record<string, string>>[];
  readonly 'Links.TraceId'?: readonly string[];
  readonly 'Links.SpanId'?: readonly string[];
  readonly 'Links.TraceState'?: readonly string[];
  readonly 'Links.Attributes'?: readonly Readonly<Record<string, string>>[];
}

/** As the OpenTelemetry exporter spells them. */
export type SpanKind = 'Server' | 'Client' | 'Producer' | 'Consumer' | 'Internal';
export type StatusCode = 'Unset' | 'Ok' | 'Error';
