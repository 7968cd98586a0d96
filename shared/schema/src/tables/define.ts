/** One ClickHouse column. `type` and `codec` are ClickHouse's own words. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly codec?: string;
}

export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly ColumnDefinition[];
  readonly indexes: readonly string[];
  readonly engine: string;
  readonly partitionBy: string;
  readonly orderBy: string;
  /** Expression of type DateTime that TTL counts from. */
  readonly ttlFrom: string;
  readonly settings: string;
}

/** ClickHouse database that holds every table of ours. */
export const DATABASE = 'gumshoe';

export type Signal = 'traces' | 'logs' | 'profiles';

/** Days each signal is kept unless configured otherwise. */
export const DEFAULT_TTL_DAYS: Readonly<Record<Signal, number>> = {
  traces: 7,
  logs: 7,
  profiles: 7,
};
