import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { MEMCACHED_CASES } from './testdata/database-cases.ts';

for (const { name, complaints } of MEMCACHED_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));
