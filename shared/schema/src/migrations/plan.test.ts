import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TABLES } from '../tables/catalogue.ts';
import { applyMigrations, migrationStatements, ttlStatements } from './plan.ts';

test('versions count up from one without gaps', () => {
  assert.deepEqual(
    migrationStatements().map((migration) => migration.version),
    migrationStatements().map((_, index) => index + 1),
  );
});

test('every table of the catalogue is created with its columns and its time to live', () => {
  const statements = migrationStatements({ ttlDays: { traces: 3, logs: 0 } }).flatMap((m) => m.statements);
  for (const { signal, table } of TABLES) {
    const create = statements.find((sql) =>
      sql.startsWith(`CREATE TABLE IF NOT EXISTS gumshoe.${table.name}\n`),
    );
    assert.ok(create, table.name);
    for (const column of table.columns) assert.ok(create.includes(`\`${column.name}\` ${column.type}`));
    const days = { traces: 3, logs: 0, profiles: 7 }[signal];
    assert.equal(create.includes(`INTERVAL ${days} DAY`), days > 0);
  }
});

test('a changed time to live becomes ALTER TABLE, zero removes it', () => {
  const statements = ttlStatements({ ttlDays: { logs: 0, traces: 30 } });
  assert.ok(
    statements.includes('ALTER TABLE gumshoe.otel_traces MODIFY TTL toDateTime(Timestamp) + INTERVAL 30 DAY'),
  );
  assert.ok(statements.includes('ALTER TABLE gumshoe.otel_logs REMOVE TTL'));
});

test('only missing versions are applied, and an interrupted run is continued', async () => {
  const executed: string[] = [];
  let refuse = true;
  const target = {
    execute: (sql: string) => {
      if (refuse && sql.includes('otel_logs')) return Promise.reject(new Error('disk full'));
      executed.push(sql);
      return Promise.resolve();
    },
    selectNumbers: () =>
      Promise.resolve(
        executed.flatMap((sql) => {
          const version = /INSERT INTO .* VALUES \((\d+)/.exec(sql)?.[1];
          return version === undefined ? [] : [Number(version)];
        }),
      ),
  };
  await assert.rejects(applyMigrations(target), /disk full/);
  refuse = false;
  assert.deepEqual(await applyMigrations(target), [3, 4]);
  assert.deepEqual(await applyMigrations(target), []);
});
