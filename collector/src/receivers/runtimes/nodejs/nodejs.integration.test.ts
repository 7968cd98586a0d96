import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { cannotObserve } from '../../ebpf/testdata/sandbox.ts';
import { Observed } from '../testdata/observed.ts';
import { NodejsRuntime } from './runtime.ts';

/** Once told to, blocks for 300 ms each second, by burning or in a child, and tells how long it has blocked in all. */
const BLOCK = `
const { execSync } = require('node:child_process');
let blocked = 0;
process.stdin.once('data', () => setInterval(() => {
  const began = process.hrtime.bigint();
  if (process.argv[1] === 'child') execSync('sleep 0.3');
  else while (process.hrtime.bigint() - began < 300_000_000n);
  blocked += Number(process.hrtime.bigint() - began) / 1e9;
  console.log(blocked);
}, 1000));
`;
const IDLE = 'setInterval(() => {}, 1000)';
const NAME = 'container_nodejs_event_loop_blocked_time_seconds_total';
const skip = cannotObserve() ?? false;
const observed = new Observed([new NodejsRuntime()]);
after(() => observed.stop());

test(
  'a loop that blocks 300 ms a second, itself or waiting for a child; an idle one does not',
  { skip },
  async () => {
    const said = new Map<string, number>();
    const blockers: ChildProcess[] = [];
    for (const name of ['self', 'child']) {
      const child = observed.start(name, [process.execPath, '-e', BLOCK, name]);
      createInterface({ input: child.stdout! }).on('line', (line) => said.set(name, Number(line)));
      blockers.push(child);
    }
    observed.start('idle', [process.execPath, '-e', IDLE]);
    const started = await observed.collectUntil('all three', (now) => Object.keys(now).length === 3);
    for (const child of blockers) child.stdin!.write('go\n');
    const series = await observed.collectUntil(
      'three rounds',
      () => [...said.values()].length === 2 && [...said.values()].every((s) => s > 0.85),
    );
    for (const name of ['self', 'child']) {
      const blocked = series[`/${name} ${NAME}`]! - started[`/${name} ${NAME}`]!;
      const own = said.get(name)!;
      assert.ok(
        blocked > own * 0.9 && blocked < own + 1,
        `${name}: ${blocked} s, by its own account ${own} s`,
      );
    }
    const idle = series[`/idle ${NAME}`]! - started[`/idle ${NAME}`]!;
    assert.ok(idle < 0.5, `idle: ${idle} s`);
  },
);
