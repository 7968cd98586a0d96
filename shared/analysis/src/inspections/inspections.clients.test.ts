import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { CLIENT_CASES } from './testdata/database-cases.ts';

/** All kinds are made alike: what takes a world for each moment is looked at for one. */
const THOROUGHLY = /^mysql-/;

for (const one of CLIENT_CASES) {
  const checks = levelChecks(one);
  for (const { name, complaints } of THOROUGHLY.test(one.inspection) ? checks : checks.slice(0, 2))
    test(name, () => assert.deepEqual(complaints(), []));
}
