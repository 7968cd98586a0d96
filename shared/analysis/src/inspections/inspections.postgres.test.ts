import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { POSTGRES_CASES } from './testdata/database-cases.ts';

for (const { name, complaints } of POSTGRES_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));
