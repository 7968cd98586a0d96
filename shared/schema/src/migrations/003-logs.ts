import { LOGS } from '../tables/logs.ts';
import { createTable } from './migration.ts';
import type { Migration, MigrationOptions } from './migration.ts';

export const logsMigration = (options: MigrationOptions): Migration => ({
  version: 3,
  name: 'logs',
  statements: [createTable(LOGS, 'logs', options)],
});
