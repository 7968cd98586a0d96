import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Observed } from '../testdata/observed.ts';
import { JVM } from './runtime.ts';

const SOURCE = fileURLToPath(new URL('testdata/Spin.java', import.meta.url));
const MACHINES = '/usr/lib/jvm';
const homes = existsSync(MACHINES) ? readdirSync(MACHINES) : [];
/** Each Java machine of this computer; its versions differ in what they tell. */
const javas = homes.map((home) => join(MACHINES, home, 'bin/java')).filter((path) => existsSync(path));
const javac = javas.map((path) => `${path}c`).find((path) => existsSync(path));
const skip = javac === undefined && 'no Java compiler';

const folder = mkdtempSync(join(tmpdir(), 'gumshoe-jvm-'));
const observed = new Observed([JVM]);
after(async () => {
  await observed.stop();
  rmSync(folder, { recursive: true, force: true });
});

const compile = (): void => {
  const made = spawnSync(javac!, ['--release', '11', '-d', folder, SOURCE], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
};
const LIMITED = ['-Xmx64m', '-cp', folder, 'Spin', '--password=secret'];

for (const java of skip ? [] : javas)
  for (const gc of ['Serial', 'G1'])
    test(
      `a real ${java} with ${gc}: heap within its limit, time of collections grows`,
      { skip },
      async () => {
        if (!existsSync(join(folder, 'Spin.class'))) compile();
        const name = `spin-${javas.indexOf(java)}-${gc}`;
        const child = observed.start(name, [java, `-XX:+Use${gc}GC`, ...LIMITED]);
        const gcTime = (series: Readonly<Record<string, number>>): number =>
          Object.entries(series)
            .filter(([key]) => key.startsWith(`/${name} container_jvm_gc_time_seconds{Spin,`))
            .reduce((sum, [, value]) => sum + value, 0);
        const first = await observed.collectUntil('collections', (series) => gcTime(series) > 0);
        const of = (metric: string): number => first[`/${name} container_jvm_${metric}{Spin}`] ?? NaN;
        assert.ok(of('heap_used_bytes') > 0 && of('heap_used_bytes') <= of('heap_size_bytes'));
        assert.ok(of('heap_size_bytes') <= of('heap_max_size_bytes') * 1.01);
        assert.ok(
          Math.abs(of('heap_max_size_bytes') - 64 * 2 ** 20) < 4 * 2 ** 20,
          `${of('heap_max_size_bytes')}`,
        );
        assert.ok(of('safepoint_time_seconds') > 0 && of('safepoint_sync_time_seconds') >= 0);
        assert.ok(Object.keys(first).some((key) => key.startsWith(`/${name} container_jvm_info{Spin,`)));
        assert.ok(!JSON.stringify(first).includes('secret'));
        await observed.collectUntil('more collections', (series) => gcTime(series) > gcTime(first));
        await observed.end(child);
      },
    );

test('a JVM without counters is refused with the reason', { skip }, async () => {
  const child = observed.start('mute', [javas[0]!, '-XX:-UsePerfData', ...LIMITED]);
  for (let i = 0; i < 3; i++) await observed.collect();
  assert.match(JSON.stringify(observed.receiver.status()), /no hsperfdata/);
  await observed.end(child);
});
