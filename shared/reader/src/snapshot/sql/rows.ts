import { isStaleAt } from '@gumshoe/promql/source';
import { LOGS } from '@gumshoe/schema/tables/logs';
import { METRIC_SAMPLES } from '@gumshoe/schema/tables/metric-samples';
import { PROFILING_SAMPLES, PROFILING_STACKS } from '@gumshoe/schema/tables/profiles';
import { TRACE_TIMES } from '@gumshoe/schema/tables/trace-times';
import { TRACES } from '@gumshoe/schema/tables/traces';
import { metricsOf, recordBlocks, seriesBlocks } from '../contents.ts';
import type { SnapshotFile } from '../database.ts';
import type { ScanColumn } from './scope.ts';
import { SNAPSHOT_TABLES, type Cell, type MetricRow, type TraceTime } from './tables.ts';
import { isArray, isInteger, isMap, isNumber } from './types.ts';

/** What SQLite takes. */
export type SqliteValue = string | number | bigint | null;

/** Which rows of a table may be left out: those outside of a time (ms, both ends in it), those of another key. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
  readonly keys?: ReadonlySet<string>;
}

/** Rows of a table, decoded block by block. Throws FailureError `corrupt`. */
export function* rowsOf(
  file: SnapshotFile,
  table: string,
  columns: readonly ScanColumn[],
  range: RowRange,
): Generator<SqliteValue[]> {
  const takers = columns.map((one) => taker(table, one));
  for (const row of SOURCES[table]!(file, range)) yield takers.map((take) => take(row));
}

const within = (at: number, { from, to }: RowRange): boolean => at >= from && at <= to;

type RowSource = (file: SnapshotFile, range: RowRange) => Iterable<unknown>;

const SOURCES: Readonly<Record<string, RowSource>> = {
  *[TRACES.name](file, range) {
    for (const block of recordBlocks(file, 'spans'))
      for (const span of block) if (within(span.start, range)) yield span;
  },
  *[LOGS.name](file, range) {
    // events are log records in a store
    for (const part of ['logs', 'events'] as const)
      for (const block of recordBlocks(file, part))
        for (const record of block) if (within(record.timestamp, range)) yield record;
  },
  *[PROFILING_SAMPLES.name](file) {
    for (const block of recordBlocks(file, 'profile-samples')) yield* block;
  },
  *[PROFILING_STACKS.name](file) {
    for (const block of recordBlocks(file, 'profile-stacks')) yield* block;
  },
  [TRACE_TIMES.name]: (file) => traceTimes(file),
  [METRIC_SAMPLES.name]: (file, range) => metricRows(file, range),
};

function* metricRows(file: SnapshotFile, range: RowRange): Generator<MetricRow> {
  const wanted = range.keys && new Set(metricsOf(file).filter((name) => range.keys!.has(name)));
  for (const { content } of seriesBlocks(file, wanted))
    for (const { labels, timestamps, values } of content)
      for (let i = 0; i < timestamps.length; i++) {
        const at = timestamps[i]!;
        if (within(at, range) && !isStaleAt(values, i)) yield { labels, at, value: values[i]! };
      }
}

/** As the materialized view of a store makes them. */
function traceTimes(file: SnapshotFile): Iterable<TraceTime> {
  const times = new Map<string, TraceTime>();
  for (const block of recordBlocks(file, 'spans'))
    for (const { traceId, start } of block) {
      const known = times.get(traceId);
      const [from, to] = [Math.min(known?.from ?? start, start), Math.max(known?.to ?? start, start)];
      times.set(traceId, { traceId, from, to });
    }
  return times.values();
}

/** How one column of a row is found. Rows that follow each other often share an object, such as labels. */
function taker(name: string, { column, key }: ScanColumn): (row: unknown) => SqliteValue {
  const table = SNAPSHOT_TABLES.find((one) => one.name === name)!;
  const type = table.columns.find((one) => one.name === column)!.type;
  const cell = (table.cells as Readonly<Record<string, (row: never) => Cell>>)[column];
  if (!cell) return () => emptyOf(type, key);
  if (key !== undefined)
    return (row) => ownValue(cell(row as never) as Readonly<Record<string, string>>, key);
  // a number becomes a float to SQLite, whatever its value
  if (isInteger(type)) return (row) => BigInt(Math.round(cell(row as never) as number));
  if (!isMap(type) && !isArray(type)) return (row) => sqliteValue(cell(row as never) as string | number);
  return (row) => JSON.stringify(cell(row as never));
}

const ownValue = (map: Readonly<Record<string, string>>, key: string): string =>
  Object.hasOwn(map, key) ? map[key]! : '';

/** SQLite has no NaN. */
const sqliteValue = (value: string | number): SqliteValue => (Number.isNaN(value) ? null : value);

function emptyOf(type: string, key: string | undefined): SqliteValue {
  if (key !== undefined) return '';
  if (isArray(type)) return '[]';
  if (isMap(type)) return '{}';
  if (type.startsWith('DateTime64')) return '1970-01-01 00:00:00.000000000';
  return isNumber(type) ? 0n : '';
}
