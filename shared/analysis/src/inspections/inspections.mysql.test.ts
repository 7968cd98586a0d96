import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { MYSQL_CASES } from './testdata/database-cases.ts';

for (const { name, complaints } of MYSQL_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));
