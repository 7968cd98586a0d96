import { POSTGRES_MAINTENANCE_METRICS as M } from '@gumshoe/schema/metrics/postgres-maintenance';
import type pg from 'pg';
import type { ProbeContext, ProbeTarget } from '../define.ts';
import { connect, rowsOf } from './client.ts';
import { emitIndexes, emitTables, type IndexState, type TableState } from './emit-tables.ts';
import { DATABASES, indexesQuery, tablesQuery } from './table-queries.ts';

/** Sizes and statistics of tables are read this often, ms: it costs the server a look at every file. */
const PACE = 60_000;
const MAX_TABLES = 1000;

interface Look {
  readonly at: number;
  readonly tables: readonly TableState[];
  readonly indexes: readonly IndexState[];
}

/**
 * Tables and indexes of every database of one server. Each database is looked at once a minute, through a session of
 * its own that is closed again; in between its last figures are told.
 */
export class TableTracker {
  private readonly target: ProbeTarget;
  private readonly looks = new Map<string, Look>();
  private readonly sizes = new Map<string, number>();
  private readonly problems = new Map<string, string>();
  private listedAt = -Infinity;

  constructor(target: ProbeTarget) {
    this.target = target;
  }

  /** `client` is asked for the list of databases. Returns what could not be read, one sentence each. */
  async collect(client: pg.Client, context: ProbeContext): Promise<readonly string[]> {
    if (context.now - this.listedAt >= PACE) await this.list(client, context.now);
    const deadline = performance.now() + context.timeout;
    const due = [...this.sizes.keys()]
      .filter((db) => context.now - (this.looks.get(db)?.at ?? -Infinity) >= PACE)
      .sort((a, b) => (this.looks.get(a)?.at ?? 0) - (this.looks.get(b)?.at ?? 0));
    for (const db of due) {
      if (performance.now() >= deadline) break;
      await this.look(db, context);
    }
    this.emit(context);
    return [...this.problems.values()];
  }

  private async list(client: pg.Client, now: number): Promise<void> {
    this.listedAt = now;
    this.problems.delete('');
    try {
      const rows = await rowsOf<{ db: string; size: number }>(client, DATABASES);
      const present = new Set(rows.map(({ db }) => db));
      this.sizes.clear();
      for (const { db, size } of rows) this.sizes.set(db, size);
      for (const db of [...this.looks.keys(), ...this.problems.keys()]) {
        if (present.has(db)) continue;
        this.looks.delete(db);
        this.problems.delete(db);
      }
    } catch (error) {
      this.problems.set('', `databases: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async look(db: string, context: ProbeContext): Promise<void> {
    const before = this.looks.get(db);
    let session: pg.Client | undefined;
    this.problems.delete(db);
    try {
      session = await connect(this.target, context.timeout, db);
      await session.query(`SET lock_timeout = '500ms'`);
      const tables = await rowsOf<TableState & Record<string, unknown>>(session, tablesQuery(MAX_TABLES));
      const indexes = await rowsOf<IndexState & Record<string, unknown>>(session, indexesQuery(MAX_TABLES));
      const seconds = before ? (context.now - before.at) / 1000 : NaN;
      const sizes = new Map(before?.tables.map((one) => [keyOf(one), one.size]));
      this.looks.set(db, {
        at: context.now,
        tables: tables.map((one) => ({
          ...one,
          db,
          growth: (one.size - (sizes.get(keyOf(one)) ?? NaN)) / seconds,
        })),
        indexes: indexes.map((one) => ({ ...one, db })),
      });
    } catch (error) {
      this.problems.set(
        db,
        `tables of database ${db}: ${error instanceof Error ? error.message : String(error)}`,
      );
      // what was known is not true for ever, and the next try is due in a minute
      this.looks.set(db, { at: context.now, tables: [], indexes: [] });
    } finally {
      await session?.end().catch(() => {});
    }
  }

  private emit(context: ProbeContext): void {
    for (const [db, size] of this.sizes) context.emit(M.databaseSize, size, { db });
    const looks = [...this.looks.values()];
    emitTables(
      context,
      looks.flatMap(({ tables }) => tables),
    );
    emitIndexes(
      context,
      looks.flatMap(({ indexes }) => indexes),
    );
  }
}

const keyOf = ({ schema, table }: TableState): string => `${schema}\u0000${table}`;
