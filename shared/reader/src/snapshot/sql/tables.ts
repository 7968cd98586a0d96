import type { Labels } from '@gumshoe/base/series';
import type { LogRecord, Span } from '@gumshoe/engine/ports';
import { RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { DATABASE, type ColumnDefinition } from '@gumshoe/schema/tables/define';
import { LOGS } from '@gumshoe/schema/tables/logs';
import { METRIC_SAMPLES } from '@gumshoe/schema/tables/metric-samples';
import { PROFILING_SAMPLES, PROFILING_STACKS } from '@gumshoe/schema/tables/profiles';
import { TRACE_TIMES } from '@gumshoe/schema/tables/trace-times';
import { TRACES } from '@gumshoe/schema/tables/traces';
import { severityOf } from '@gumshoe/text/log-level';
import type { ProfileSample, ProfileStack } from '../record-types.ts';
import { HASH } from './types.ts';
import { timeTextOfMs } from './times.ts';

/** What a cell of a row may be. Maps and lists become JSON when a query asks for the whole of them. */
export type Cell = string | number | Labels | readonly string[];

/** One sample of a series. */
export interface MetricRow {
  readonly labels: Labels;
  readonly at: number;
  readonly value: number;
}

/** When a trace was. */
export interface TraceTime {
  readonly traceId: string;
  readonly from: number;
  readonly to: number;
}

interface TableOf<Row> {
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  /** What a snapshot knows of them; a column that is not here is empty. */
  readonly cells: Readonly<Record<string, (row: Row) => Cell>>;
  /** Bounds on this column keep rows from being read. */
  readonly time?: string;
  /** Equality of this column keeps blocks from being read. */
  readonly key?: string;
}

const columnsOf = (table: { readonly columns: readonly ColumnDefinition[] }): readonly ColumnDefinition[] =>
  table.columns.map((one) => ({ name: one.name, type: one.type.replace(/LowCardinality\((\w+)\)/g, '$1') }));

/** Empty ones are left out, as by collectors that do not know them. */
const resourceOf = ({ serviceName, containerId }: { serviceName: string; containerId: string }): Labels => ({
  ...(serviceName === '' ? {} : { [RESOURCE_ATTRIBUTES.serviceName]: serviceName }),
  ...(containerId === '' ? {} : { [RESOURCE_ATTRIBUTES.containerId]: containerId }),
});

/** The lowest number of each text of OpenTelemetry's: a snapshot keeps the text. */
const SEVERITY_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['TRACE', 1],
  ...(['debug', 'info', 'warning', 'error', 'critical'] as const)
    .map(severityOf)
    .map(({ text, number }) => [text, number] as const),
]);

const SPANS: TableOf<Span> = {
  name: TRACES.name,
  columns: columnsOf(TRACES),
  time: 'Timestamp',
  cells: {
    Timestamp: (span) => timeTextOfMs(span.start),
    TraceId: (span) => span.traceId,
    SpanId: (span) => span.spanId,
    ParentSpanId: (span) => span.parentSpanId,
    SpanName: (span) => span.name,
    SpanKind: (span) => span.kind,
    ServiceName: (span) => span.serviceName,
    ResourceAttributes: resourceOf,
    SpanAttributes: (span) => span.attributes,
    Duration: (span) => Math.round(span.duration * 1e6),
    StatusCode: (span) => span.status,
    StatusMessage: (span) => span.statusMessage,
  },
};

const TIMES: TableOf<TraceTime> = {
  name: TRACE_TIMES.name,
  columns: columnsOf(TRACE_TIMES),
  cells: {
    TraceId: (trace) => trace.traceId,
    Start: (trace) => timeTextOfMs(trace.from),
    End: (trace) => timeTextOfMs(trace.to),
  },
};

const RECORDS: TableOf<LogRecord> = {
  name: LOGS.name,
  columns: columnsOf(LOGS),
  time: 'Timestamp',
  cells: {
    Timestamp: (record) => timeTextOfMs(record.timestamp),
    TraceId: (record) => record.traceId,
    SpanId: (record) => record.spanId,
    SeverityText: (record) => record.severity,
    SeverityNumber: (record) => SEVERITY_NUMBERS.get(record.severity) ?? 0,
    ServiceName: (record) => record.serviceName,
    Body: (record) => record.body,
    ResourceAttributes: resourceOf,
    LogAttributes: (record) => record.attributes,
  },
};

const STACKS: TableOf<ProfileStack> = {
  name: PROFILING_STACKS.name,
  columns: columnsOf(PROFILING_STACKS).map((one) => (one.name === 'Hash' ? { ...one, type: HASH } : one)),
  cells: {
    ServiceName: ([service]) => service,
    Hash: ([, hash]) => hash,
    Stack: ([, , frames]) => JSON.parse(frames) as readonly string[],
  },
};

const SAMPLES: TableOf<ProfileSample> = {
  name: PROFILING_SAMPLES.name,
  columns: columnsOf(PROFILING_SAMPLES).map((one) =>
    one.name === 'StackHash' ? { ...one, type: HASH } : one,
  ),
  cells: {
    ServiceName: ([service]) => service,
    Type: ([, type]) => type,
    Start: ([, , start]) => timeTextOfMs(Number(start)),
    End: ([, , , end]) => timeTextOfMs(Number(end)),
    Labels: ([, , , , container, , , cut]) => ({
      ...(container === '' ? {} : { [RESOURCE_ATTRIBUTES.containerId]: container }),
      ...(Number(cut ?? 0) > 0 ? { 'stack.cut': 'true' } : {}),
    }),
    StackHash: ([, , , , , hash]) => hash,
    Value: ([, , , , , , value]) => Number(value),
  },
};

function withoutName(labels: Labels): Labels {
  const { __name__: _name, ...rest } = labels;
  return rest;
}

/** Native histograms are not in it, and no stale markers. */
const SAMPLES_OF_METRICS: TableOf<MetricRow> = {
  name: METRIC_SAMPLES.name,
  columns: columnsOf(METRIC_SAMPLES),
  time: 'Timestamp',
  key: 'MetricName',
  cells: {
    MetricName: ({ labels }) => labels['__name__'] ?? '',
    Labels: ({ labels }) => withoutName(labels),
    Timestamp: ({ at }) => timeTextOfMs(at),
    Value: ({ value }) => value,
  },
};

export const SNAPSHOT_TABLES = [SPANS, TIMES, RECORDS, STACKS, SAMPLES, SAMPLES_OF_METRICS] as const;
export type SnapshotTable = (typeof SNAPSHOT_TABLES)[number];

/** What to say when it is none of them. */
export const NO_TABLE = {
  code: 'not-found',
  remedy: `There are ${SNAPSHOT_TABLES.map(({ name }) => name).join(', ')}.`,
} as const;

/** The table of a name, with or without its database. */
export const tableOf = (path: readonly string[]): SnapshotTable | undefined =>
  path.length === 1 || path[0] === DATABASE
    ? SNAPSHOT_TABLES.find(({ name }) => name === path.at(-1))
    : undefined;
