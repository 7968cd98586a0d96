import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MYSQL_CASES } from './testdata/database-cases.ts';
import { MYSQL_STATES } from './testdata/database-states.ts';
import { levelChecks } from './testdata/level-case.ts';
import { stateChecks } from './testdata/state-case.ts';

for (const { name, complaints } of [
  ...MYSQL_CASES.flatMap(levelChecks),
  ...MYSQL_STATES.flatMap(stateChecks),
])
  test(name, () => assert.deepEqual(complaints(), []));
