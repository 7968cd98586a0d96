import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { compareMany } from './run.ts';

const installed = spawnSync('prometheus', ['--version']).status === 0;

test(
  'generated expressions have the answers of a real Prometheus',
  { skip: installed ? false : 'prometheus is not installed' },
  async () => {
    const { compared, mismatches, empty, errors, explained } = await compareMany('floats', 400, 20_260_101);
    assert.deepEqual(mismatches, []);
    assert.equal(compared, 800);
    const differing = [...explained.values()].reduce((sum, count) => sum + count, 0);
    // Most of what is compared must be results, not refusals, nothings and declared differences.
    assert.ok(empty + errors + differing < compared / 2, `${empty} ${errors} ${differing}`);
  },
);
