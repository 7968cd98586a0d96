import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findMounts } from './proc/cgroup-files.ts';

const CGROUPFS = '/sys/fs/cgroup';
const mounts = findMounts(CGROUPFS);
const root = mounts.controller('cpu') ?? mounts.unified ?? CGROUPFS;
const folder = join(root, `gumshoe-share-${process.pid}`);
const [idle, hog] = [join(folder, 'idle'), join(folder, 'hog')];

function problem(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  for (const path of [folder, idle, hog]) mkdirSync(path);
  if (existsSync(join(folder, 'cgroup.subtree_control')))
    try {
      writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu');
    } catch {
      return 'the cpu controller is not to be had';
    }
  return existsSync(join(idle, 'cpu.idle')) ? false : 'the kernel has no cpu.idle';
}

const skip = problem();
after(() => {
  for (const path of [idle, hog, folder]) if (existsSync(path)) rmdirSync(path);
});

/** Does what each line says; prints the state of its share and what cpu.idle says then. */
const SCRIPT = `
import { readFileSync } from 'node:fs';
import { ProcessorShare } from ${JSON.stringify(join(import.meta.dirname, 'processor-share.ts'))};
const share = new ProcessorShare({ procfs: '/proc', cgroupfs: ${JSON.stringify(CGROUPFS)}, logger: { log() {} } });
const say = () => console.log(JSON.stringify([share.state, readFileSync(${JSON.stringify(join(idle, 'cpu.idle'))}, 'utf8').trim()]));
process.stdin.on('data', (line) => {
  const word = String(line).trim();
  if (word === 'start') share.start(0);
  if (word === 'look') share.look(10_000);
  if (word === 'work') for (const end = process.cpuUsage().user + 3e5; process.cpuUsage().user < end; );
  if (word === 'after') share.look(20_000);
  if (word === 'stop') share.stop();
  say();
  if (word === 'stop') process.exit();
});`;

test(
  'the thread that watches takes the share while the main thread is at work and gets no processor',
  { skip, timeout: 120_000 },
  async (t) => {
    writeFileSync(join(idle, 'cpu.idle'), '1');
    const child = spawn('taskset', ['-c', '0', process.execPath, '--input-type=module', '--eval', SCRIPT], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const busy = spawn('taskset', ['-c', '0', '/bin/sh', '-c', 'while :; do :; done']);
    t.after(async () => {
      for (const one of [child, busy]) one.kill('SIGKILL');
      await Promise.all([child, busy].map((one) => one.exitCode ?? one.signalCode ?? once(one, 'exit')));
    });
    writeFileSync(join(idle, 'cgroup.procs'), String(child.pid));
    const ask = async (word: string): Promise<unknown> => {
      child.stdin.write(`${word}\n`);
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      return JSON.parse(String(line));
    };
    assert.deepEqual(await ask('start'), ['takes its share', '0']);
    assert.deepEqual(await ask('look'), ['gives way', '1']);
    writeFileSync(join(hog, 'cgroup.procs'), String(busy.pid));
    const began = performance.now();
    // 0.3 s of work: of the three thousandths that an idle group gets it would take two minutes
    assert.deepEqual(
      await ask('work'),
      ['gives way', '0'],
      'the thread that watches wrote it, the other one was at work',
    );
    assert.ok(performance.now() - began < 50_000);
    assert.deepEqual(await ask('after'), ['takes its share', '0']);
    assert.deepEqual(await ask('stop'), ['takes its share', '1']);
    assert.equal(readFileSync(join(idle, 'cpu.idle'), 'utf8').trim(), '1');
  },
);
