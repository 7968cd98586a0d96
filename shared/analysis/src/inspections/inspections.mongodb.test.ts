import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { MONGODB_CASES } from './testdata/database-cases.ts';

for (const { name, complaints } of MONGODB_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));
