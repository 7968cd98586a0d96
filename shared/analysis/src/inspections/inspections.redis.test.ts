import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REDIS_CASES } from './testdata/database-cases.ts';
import { REDIS_STATES } from './testdata/database-states.ts';
import { levelChecks } from './testdata/level-case.ts';
import { stateChecks } from './testdata/state-case.ts';

for (const { name, complaints } of [
  ...REDIS_CASES.flatMap(levelChecks),
  ...REDIS_STATES.flatMap(stateChecks),
])
  test(name, () => assert.deepEqual(complaints(), []));
