import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunDelays } from './run-delays.ts';

test('every thread counts, in turns when there are too many; who ends takes nothing away', (t) => {
  const procfs = mkdtempSync(join(tmpdir(), 'gumshoe-delays-'));
  t.after(() => rmSync(procfs, { recursive: true }));
  const set = (thread: number, seconds: number): void => {
    const folder = join(procfs, '10/task', String(thread));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'schedstat'), `1 ${seconds * 1e9} 3\n`);
  };
  const all = new RunDelays();
  const few = new RunDelays();
  const observe = (): void => {
    all.observe(procfs, [10], 100);
    few.observe(procfs, [10], 2);
  };
  for (const thread of [10, 11, 12, 13]) set(thread, 5);
  observe();
  few.observe(procfs, [10], 2);
  assert.deepEqual([all.seconds, few.seconds], [0, 0], 'what was before is not theirs');
  for (const thread of [10, 11, 12, 13]) set(thread, 6);
  observe();
  assert.deepEqual([all.seconds, few.seconds], [4, 2]);
  observe();
  assert.deepEqual([all.seconds, few.seconds], [4, 4], 'the others had their turn');
  rmSync(join(procfs, '10/task/13'), { recursive: true });
  set(10, 9);
  observe();
  assert.equal(all.seconds, 7);
});
