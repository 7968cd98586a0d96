import { DATABASE } from '../tables/define.ts';
import type { Migration } from './migration.ts';

/** The database and the list of applied versions. Re-applying a version replaces its row. */
export const databaseMigration = (): Migration => ({
  version: 1,
  name: 'database',
  statements: [
    `CREATE DATABASE IF NOT EXISTS ${DATABASE}`,
    [
      `CREATE TABLE IF NOT EXISTS ${DATABASE}.schema_migrations`,
      '(\n  Version UInt32,\n  Name String,\n  AppliedAt DateTime DEFAULT now()\n)',
      'ENGINE = ReplacingMergeTree(AppliedAt)',
      'ORDER BY Version',
    ].join('\n'),
  ],
});
