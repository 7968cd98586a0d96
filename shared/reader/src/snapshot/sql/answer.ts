import Database from 'better-sqlite3';
import { FailureError } from '@gumshoe/base/failure';
import type { Table } from '@gumshoe/engine/ports';
import { SnapshotFile } from '../database.ts';
import { harden } from '../guard.ts';
import { rowsOf, type RowRange, type SqliteValue } from './rows.ts';
import { scanColumnName, type Scan } from './scope.ts';
import { addFunctions } from './sqlite-functions.ts';
import { nanosecondsOf } from './times.ts';
import type { Plan } from './translate-query.ts';
import { DIALECT } from './tokens.ts';
import { shownType } from './types.ts';

/** Characters of all cells of an answer. */
const LARGEST_ANSWER = 64 * 1024 ** 2;

/**
 * Runs a plan over a snapshot's rows. The database is in memory and has nothing but these rows, so that nothing can
 * be changed and no other file be reached. Throws FailureError.
 */
export function answerSql(path: string, plan: Plan, maxRows: number): Table {
  const file = new SnapshotFile(path);
  const database = new Database(':memory:');
  try {
    addFunctions(database);
    let broken: unknown;
    plan.scans.forEach((scan, i) => {
      const range = rangeOf(database, scan);
      database.table(`rows ${i + 1}`, {
        columns: scan.columns.map(scanColumnName),
        *rows() {
          try {
            yield* rowsOf(file, scan.table, scan.columns, range);
          } catch (error) {
            broken = error;
            throw error;
          }
        },
      });
    });
    harden(database);
    // what does not fit is sorted on disk
    database.pragma('temp_store = FILE');
    try {
      return collect(database, plan.sql, plan.columns, maxRows, path);
    } catch (error) {
      throw broken ?? error;
    }
  } catch (error) {
    throw asFailure(error, path);
  } finally {
    database.close();
    file.close();
  }
}

function collect(
  database: Database.Database,
  sql: string,
  columns: Table['columns'],
  maxRows: number,
  path: string,
): Table {
  const statement = database.prepare(sql).raw().safeIntegers();
  const shown = columns.map(({ name, type }) => ({ name, type: shownType(type) }));
  const rows: (readonly (string | number | undefined)[])[] = [];
  let size = 0;
  for (const row of statement.iterate() as IterableIterator<(SqliteValue | bigint)[]>) {
    if (rows.length === maxRows) return { columns: shown, rows, truncated: true };
    const cells = row.map((value, i) => cellOf(value, shown[i]!.type));
    for (const cell of cells) size += typeof cell === 'string' ? cell.length : 8;
    if (size > LARGEST_ANSWER) throw tooLarge(path);
    rows.push(cells);
  }
  return { columns: shown, rows, truncated: false };
}

/** Whole numbers of 64 bits come as text, as from ClickHouse. */
function cellOf(value: SqliteValue | bigint, type: string): string | number | undefined {
  if (value === null) return undefined;
  if (/^U?Int64$/.test(type)) return String(value);
  return typeof value === 'bigint' ? Number(value) : value;
}

/** What WHERE says of time and key, once for the whole query. Texts of instants compare as the instants. */
function rangeOf(database: Database.Database, { from, to, keys }: Scan): RowRange {
  const value = (sql: string): unknown => database.prepare(`SELECT ${sql}`).pluck().get();
  const ms = (sql: string): number => Number(nanosecondsOf(value(sql)) / 1_000_000n);
  const lists = keys.map((members) => new Set(members.map((sql) => String(value(sql)))));
  const [first, ...others] = lists;
  const common = first && new Set([...first].filter((key) => others.every((list) => list.has(key))));
  return {
    // a millisecond more at both ends: rows have fractions of one
    from: Math.max(...from.map(ms), -Infinity) - 1,
    to: Math.min(...to.map(ms), Infinity) + 1,
    ...(common ? { keys: common } : {}),
  };
}

const tooLarge = (path: string): FailureError =>
  new FailureError({
    code: 'limit-exceeded',
    tried: 'query the snapshot',
    target: path,
    reason: `the answer is larger than ${LARGEST_ANSWER} characters`,
    remedy: 'Ask for fewer or shorter columns, or fewer rows.',
  });

function asFailure(error: unknown, path: string): FailureError {
  if (error instanceof FailureError) return error;
  return new FailureError({
    code: 'invalid-input',
    tried: 'query the snapshot',
    target: path,
    reason: error instanceof Error ? error.message : String(error),
    remedy: DIALECT,
  });
}
