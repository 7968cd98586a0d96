import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HOUR, MINUTE, milliseconds } from '@gumshoe/base/time';
import { comparable, CountingSource, rangeOf } from '../testdata/counting-source.ts';
import { FILLED_FROM, FILLED_METRICS, FILLED_SOURCE } from '../testdata/filled-cache.ts';
import { CachedReader } from './reader.ts';

const FILLER = fileURLToPath(new URL('../testdata/cache-filler.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'gumshoe-killed-cache-'));
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

/** A process that fills the cache; `lines` are the windows it says it has kept. */
function fill(directory: string, seed: number) {
  const child = spawn(process.execPath, [FILLER, directory, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  return {
    lines,
    async kept(count: number): Promise<void> {
      while (lines.length < count) {
        assert.equal(child.exitCode, null, 'the filler ended');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await once(child, 'exit');
      running.delete(child);
    },
  };
}

/** All windows of the fillers are right, from a source that cannot answer where a window was said to be kept. */
async function check(directory: string, kept: readonly string[]): Promise<void> {
  const now = FILLED_FROM + 100 * HOUR;
  const source = new CountingSource({ ...FILLED_SOURCE, now: () => now });
  const clock = { now: () => milliseconds(now) };
  const reader = new CachedReader(source.reader(), { directory, sourceKey: 'filled', clock });
  for (const line of kept) {
    const [at, failures] = line.split(' ', 2).map(Number);
    assert.equal(failures, 0, line);
    const window = { from: at!, to: at! + 25 * MINUTE };
    const series = await reader.series(FILLED_METRICS, rangeOf(window.from, window.to));
    assert.deepEqual(comparable(series), comparable(source.truth(FILLED_METRICS, window)));
  }
  assert.equal(source.questions.length, 0, 'what a filler has kept is there');
  const whole = { from: FILLED_FROM, to: FILLED_FROM + 30 * HOUR };
  const series = await reader.series(FILLED_METRICS, rangeOf(whole.from, whole.to));
  assert.deepEqual(comparable(series), comparable(source.truth(FILLED_METRICS, whole)));
  const { failures, notes } = reader.stats();
  assert.deepEqual([failures, notes], [0, []]);
  await reader.close();
}

test('a process killed while it writes loses nothing it has kept and leaves no half-written chunk', async () => {
  const directory = join(root, 'killed');
  const kept: string[] = [];
  for (let round = 0; round < 5; round++) {
    const filler = fill(directory, round);
    await filler.kept(3 + round * 4);
    await filler.kill();
    kept.push(...filler.lines);
  }
  await check(directory, kept);
});

test('two processes fill one cache at once', async () => {
  const directory = join(root, 'two');
  const fillers = [fill(directory, 40), fill(directory, 41)];
  await Promise.all(fillers.map((filler) => filler.kept(25)));
  await Promise.all(fillers.map((filler) => filler.kill()));
  const kept = fillers.flatMap(({ lines }) => lines);
  await check(directory, kept);
});
