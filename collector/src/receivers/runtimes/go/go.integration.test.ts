import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cannotObserve } from '../../ebpf/testdata/sandbox.ts';
import { Observed } from '../testdata/observed.ts';
import { GO } from './runtime.ts';

const SOURCE = fileURLToPath(new URL('testdata/allocate.go', import.meta.url));
const skip =
  cannotObserve() ??
  (spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0 ? false : 'no Go compiler');

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-go-'));
const observed = new Observed([GO]);
after(async () => {
  await observed.stop();
  rmSync(folder, { recursive: true, force: true });
});

function build(name: string, ...flags: readonly string[]): string {
  const program = join(folder, name);
  const env = { ...process.env, GOCACHE: join(folder, 'cache'), GOFLAGS: '-mod=mod', GO111MODULE: 'off' };
  const made = spawnSync('go', ['build', ...flags, '-o', program, SOURCE], { encoding: 'utf8', env });
  assert.equal(made.status, 0, made.stderr);
  return program;
}

for (const [name, flags] of [
  ['static', []],
  ['pie', ['-buildmode=pie']],
] as const)
  test(
    `a real Go program (${name}): bytes and objects as its own runtime counts them`,
    { skip },
    async () => {
      const child = observed.start(name, [build(name, ...flags)]);
      const lines = createInterface({ input: child.stdout! });
      await once(lines, 'line');
      for (let round = 0; round < 2; round++) {
        const said = once(lines, 'line');
        child.stdin!.write('go\n');
        const [bytes, objects] = String((await said)[0])
          .split(' ')
          .map(Number);
        const series = await observed.collectUntil('its counts', (now) => Object.keys(now).length === 2);
        const near = (metric: string, own: number): void => {
          const seen = series[`/${name} container_go_alloc_${metric}_total`] ?? NaN;
          assert.ok(Math.abs(seen - own) / own < 0.01, `${metric}: ${seen}, by its own account ${own}`);
        };
        near('bytes', bytes!);
        near('objects', objects!);
      }
      await observed.end(child);
    },
  );

test('a program without symbols is refused with the reason', { skip }, async () => {
  observed.start('stripped', [build('stripped', '-ldflags=-s -w')]);
  for (let i = 0; i < 3; i++) await observed.collect();
  assert.match(JSON.stringify(observed.receiver.status()), /built without symbols/);
});
