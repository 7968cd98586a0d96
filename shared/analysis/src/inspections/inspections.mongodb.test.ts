import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MONGODB_CASES } from './testdata/database-cases.ts';
import { MONGODB_STATES } from './testdata/database-states.ts';
import { levelChecks } from './testdata/level-case.ts';
import { stateChecks } from './testdata/state-case.ts';

for (const { name, complaints } of [
  ...MONGODB_CASES.flatMap(levelChecks),
  ...MONGODB_STATES.flatMap(stateChecks),
])
  test(name, () => assert.deepEqual(complaints(), []));
