import { DATABASE, DEFAULT_TTL_DAYS } from '../tables/define.ts';
import type { Signal, TableDefinition } from '../tables/define.ts';

/** One versioned step. Statements are idempotent and run in order; no statement ends with a semicolon. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export interface MigrationOptions {
  /** Days each signal is kept; 0 keeps it for ever. Missing signals follow DEFAULT_TTL_DAYS. */
  readonly ttlDays?: Partial<Readonly<Record<Signal, number>>>;
  /** Extra MergeTree settings of every table, e.g. `fsync_after_insert = 1`. */
  readonly tableSettings?: string;
}

export const ttlDaysOf = (signal: Signal, options: MigrationOptions): number =>
  options.ttlDays?.[signal] ?? DEFAULT_TTL_DAYS[signal];

/** Dotted names are Nested columns of the OpenTelemetry tables and need quoting. */
const quoted = (name: string): string => `\`${name}\``;

export const ttlExpression = (table: TableDefinition, days: number): string =>
  `${table.ttlFrom} + INTERVAL ${days} DAY`;

/** CREATE TABLE of a definition in the database `gumshoe`. */
export function createTable(table: TableDefinition, signal: Signal, options: MigrationOptions): string {
  const columns = table.columns.map(
    (column) => `${quoted(column.name)} ${column.type}${column.codec ? ` CODEC(${column.codec})` : ''}`,
  );
  const days = ttlDaysOf(signal, options);
  const settings = [table.settings, options.tableSettings ?? ''].filter((text) => text !== '').join(', ');
  return [
    `CREATE TABLE IF NOT EXISTS ${DATABASE}.${table.name}`,
    `(\n  ${[...columns, ...table.indexes].join(',\n  ')}\n)`,
    `ENGINE = ${table.engine}`,
    `PARTITION BY ${table.partitionBy}`,
    `ORDER BY ${table.orderBy}`,
    ...(days > 0 ? [`TTL ${ttlExpression(table, days)}`] : []),
    ...(settings === '' ? [] : [`SETTINGS ${settings}`]),
  ].join('\n');
}
