import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { flameGraph } from '@gumshoe/model/derived/flame-graph';
import { pprofFile } from './pprof.ts';

const skip = spawnSync('go', ['version']).status !== 0 && 'no go tool (golang-go)';

test('go tool pprof reads functions, files, lines and sums', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-pprof-'));
  const file = join(folder, 'profile.pb.gz');
  const graph = flameGraph({
    frames: ['burn shop.py:3', 'std::map<int, char>::find', 'main'],
    stacks: [Uint32Array.of(0, 2), Uint32Array.of(1, 2), Uint32Array.of(2)],
    values: Float64Array.of(7e9, 2e9, 1e9),
    unit: 'nanoseconds',
  });
  const range = { from: milliseconds(1_700_000_000_000), to: milliseconds(1_700_000_060_000) };
  writeFileSync(file, pprofFile(graph, range));
  const read = (...flags: string[]): string => {
    const done = spawnSync('go', ['tool', 'pprof', ...flags, file], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, HOME: folder, PPROF_TMPDIR: folder },
    });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout;
  };
  try {
    const top = read('-top', '-lines');
    assert.match(top, /Duration: 60s, Total samples = 10s/);
    assert.match(top, /^\s+7s 70.00% 70.00%\s+7s 70.00%\s+burn shop\.py:3$/m);
    assert.match(top, /^\s+2s .*std::map/m);
    assert.match(top, /^\s+1s 10.00%\s+100%\s+10s\s+100%\s+main$/m);
    assert.match(read('-traces'), /7s\s+burn\n\s+main/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
