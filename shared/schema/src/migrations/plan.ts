import { TABLES } from '../tables/catalogue.ts';
import { DATABASE } from '../tables/define.ts';
import { databaseMigration } from './001-database.ts';
import { tracesMigration } from './002-traces.ts';
import { logsMigration } from './003-logs.ts';
import { profilesMigration } from './004-profiles.ts';
import { ttlDaysOf, ttlExpression } from './migration.ts';
import type { Migration, MigrationOptions } from './migration.ts';

export type { Migration, MigrationOptions } from './migration.ts';

/** Every migration in order of version. */
export function migrationStatements(options: MigrationOptions = {}): readonly Migration[] {
  return [databaseMigration(), tracesMigration(options), logsMigration(options), profilesMigration(options)];
}

/** ALTER TABLE statements that bring existing tables to the configured times to live. */
export function ttlStatements(options: MigrationOptions = {}): readonly string[] {
  return TABLES.map(({ signal, table }) => {
    const days = ttlDaysOf(signal, options);
    const target = `ALTER TABLE ${DATABASE}.${table.name}`;
    return days > 0 ? `${target} MODIFY TTL ${ttlExpression(table, days)}` : `${target} REMOVE TTL`;
  });
}

/** Where migrations are applied. Rejections pass through. */
export interface MigrationTarget {
  execute(sql: string): Promise<unknown>;
  /** Runs a SELECT of one UInt32 column; without it every migration is run again, which is harmless. */
  readonly selectNumbers?: (sql: string) => Promise<readonly number[]>;
}

/**
 * Applies what is missing, in order, and records each version after its last statement: an interrupted run is
 * continued by the next one. Returns the versions that were applied now.
 */
export async function applyMigrations(
  target: MigrationTarget,
  options: MigrationOptions = {},
): Promise<readonly number[]> {
  const migrations = migrationStatements(options);
  const first = migrations[0];
  if (first === undefined) return [];
  for (const statement of first.statements) await target.execute(statement);
  const listed = await target.selectNumbers?.(
    `SELECT DISTINCT Version FROM ${DATABASE}.schema_migrations ORDER BY Version`,
  );
  const applied = new Set(listed ?? []);
  const missing = migrations.filter((migration) => !applied.has(migration.version));
  for (const migration of missing) await applyOne(target, migration);
  return missing.map((migration) => migration.version);
}

/**
 * Brings existing tables to the configured times to live, touching only those that differ: a changed TTL makes
 * ClickHouse rewrite parts, and removing one that is not there is an error. Returns what was executed.
 */
export async function applyTtl(
  target: Required<MigrationTarget>,
  options: MigrationOptions = {},
): Promise<readonly string[]> {
  const executed: string[] = [];
  const statements = ttlStatements(options);
  for (const [index, { signal, table }] of TABLES.entries()) {
    const days = ttlDaysOf(signal, options);
    const wanted =
      days > 0 ? `position(engine_full, 'toIntervalDay(${days})') > 0` : "position(engine_full, ' TTL ') = 0";
    const matching = await target.selectNumbers(
      `SELECT count() FROM system.tables WHERE database = '${DATABASE}' AND name = '${table.name}' AND ${wanted}`,
    );
    if (matching[0] === 1) continue;
    await target.execute(statements[index]!);
    executed.push(statements[index]!);
  }
  return executed;
}

async function applyOne(target: MigrationTarget, migration: Migration): Promise<void> {
  for (const statement of migration.statements) await target.execute(statement);
  await target.execute(
    `INSERT INTO ${DATABASE}.schema_migrations (Version, Name) VALUES (${migration.version}, '${migration.name}')`,
  );
}
