import { PROFILING_SAMPLES, PROFILING_STACKS } from '../tables/profiles.ts';
import { createTable } from './migration.ts';
import type { Migration, MigrationOptions } from './migration.ts';

export const profilesMigration = (options: MigrationOptions): Migration => ({
  version: 4,
  name: 'profiles',
  statements: [
    createTable(PROFILING_STACKS, 'profiles', options),
    createTable(PROFILING_SAMPLES, 'profiles', options),
  ],
});
