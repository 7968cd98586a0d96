import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { compareMany } from './run.ts';

const installed = spawnSync('prometheus', ['--version']).status === 0;

test(
  'generated expressions over native histograms have the answers of a real Prometheus',
  { skip: installed ? false : 'prometheus is not installed' },
  async () => {
    const { compared, mismatches, empty, errors } = await compareMany('histograms', 300, 20_260_102);
    assert.deepEqual(mismatches, []);
    assert.equal(compared, 600);
    assert.ok(empty + errors < compared / 2, `${empty} ${errors}`);
  },
);
