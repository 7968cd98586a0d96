import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { highestFirst } from '../counters.ts';
import type { ProbeContext } from '../define.ts';

export interface TableSize {
  readonly db: string;
  readonly table: string;
  /** bytes, data and indexes */
  readonly size: number;
}

/** Sizes are read this often, ms: the server opens every table for it. */
export const SIZES_PACE = 60_000;

/** Sizes of tables with their growth since the look before. */
export class TableSizes {
  at = -Infinity;
  private tables: readonly TableSize[] = [];
  private growth = new Map<string, number>();

  update(tables: readonly TableSize[], now: number): void {
    const before = new Map(this.tables.map((one) => [keyOf(one), one.size]));
    const seconds = (now - this.at) / 1000;
    this.growth = new Map(
      tables.flatMap((one) => {
        const size = before.get(keyOf(one));
        return size === undefined ? [] : [[keyOf(one), (one.size - size) / seconds] as const];
      }),
    );
    this.tables = tables;
    this.at = now;
  }

  /** Every database; of tables the largest and the fastest growing ones. */
  emit(context: ProbeContext): void {
    const databases = new Map<string, number>();
    for (const { db, size } of this.tables) databases.set(db, (databases.get(db) ?? 0) + size);
    for (const [db, size] of databases) context.emit(M.databaseSize, size, { db });
    const growthOf = (one: TableSize): number => this.growth.get(keyOf(one)) ?? NaN;
    const largest = highestFirst(this.tables, ({ size }) => size);
    const growing = highestFirst(this.tables, growthOf);
    for (const one of new Set([...largest, ...growing])) {
      const labels = { db: one.db, table: one.table };
      context.emit(M.tableSize, one.size, labels);
      context.emit(M.tableGrowth, growthOf(one), labels);
    }
  }
}

const keyOf = ({ db, table }: TableSize): string => `${db}\u0000${table}`;
