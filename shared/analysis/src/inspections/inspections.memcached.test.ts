import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MEMCACHED_CASES } from './testdata/database-cases.ts';
import { MEMCACHED_STATES } from './testdata/database-states.ts';
import { levelChecks } from './testdata/level-case.ts';
import { stateChecks } from './testdata/state-case.ts';

for (const { name, complaints } of [
  ...MEMCACHED_CASES.flatMap(levelChecks),
  ...MEMCACHED_STATES.flatMap(stateChecks),
])
  test(name, () => assert.deepEqual(complaints(), []));
