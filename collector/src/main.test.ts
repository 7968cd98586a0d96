import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

test('exit codes: 2 for a bad configuration, 0 for --help', () => {
  const bad = spawnSync(process.execPath, [MAIN, '--interval', 'never'], { encoding: 'utf8' });
  assert.equal(bad.status, 2);
  assert.match(bad.stderr, /gumshoe-collector: --interval never: a duration/);
  const help = spawnSync(process.execPath, [MAIN, '--help'], { encoding: 'utf8' });
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--target-cgroup <path>/);
});
