import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { MEMORY_CASES } from './testdata/level-cases.ts';

for (const { name, complaints } of MEMORY_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));
