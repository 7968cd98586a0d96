import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { cannotObserve } from '../../ebpf/testdata/sandbox.ts';
import { Observed } from '../testdata/observed.ts';
import { PythonRuntime } from './runtime.ts';

const PYTHON = '/usr/bin/python3';
const BURN = `
import sys, threading
def burn():
    n = 0
    while True:
        n += 1
for _ in range(int(sys.argv[1])):
    threading.Thread(target=burn, daemon=True).start()
threading.Event().wait()
`;
const NAME = 'container_python_thread_lock_wait_time_seconds';
const skip = cannotObserve() ?? (existsSync(PYTHON) ? false : `no ${PYTHON}`);
const observed = new Observed([new PythonRuntime()]);
after(() => observed.stop());

test(
  'two threads that burn CPU wait for the interpreter lock; one that does, and an idle program, do not',
  { skip },
  async () => {
    const two = observed.start('two', [PYTHON, '-c', BURN, '2']);
    const one = observed.start('one', [PYTHON, '-c', BURN, '1']);
    const idle = observed.start('idle', [PYTHON, '-c', BURN, '0']);
    const series = await observed.collectUntil(
      'a second of waiting',
      (now) => (now[`/two ${NAME}`] ?? 0) > 1,
    );
    for (const name of ['one', 'idle']) {
      const waited = series[`/${name} ${NAME}`];
      assert.ok(waited !== undefined && waited < 0.3, `${name} waited ${waited} s`);
    }
    await observed.end(one);
    await observed.end(idle);
    await observed.end(two);
    const after = await observed.collect();
    assert.ok(
      after[`/two ${NAME}`]! >= series[`/two ${NAME}`]!,
      'the counter stays when the process is gone',
    );
  },
);
