import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POSTGRES_CASES } from './testdata/database-cases.ts';
import { POSTGRES_STATES } from './testdata/database-states.ts';
import { levelChecks } from './testdata/level-case.ts';
import { stateChecks } from './testdata/state-case.ts';

for (const { name, complaints } of [
  ...POSTGRES_CASES.flatMap(levelChecks),
  ...POSTGRES_STATES.flatMap(stateChecks),
])
  test(name, () => assert.deepEqual(complaints(), []));
