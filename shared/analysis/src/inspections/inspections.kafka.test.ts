import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelChecks } from './testdata/level-case.ts';
import { KAFKA_CASES } from './testdata/level-cases.ts';

for (const { name, complaints } of KAFKA_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));
