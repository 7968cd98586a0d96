import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { ProcessorShare } from './processor-share.ts';

const UNIT = 'gumshoe-collector.service';

/** A cgroup v2 of the collector in a folder, and what /proc says of it. */
function machine(context: TestContext, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-share-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const [procfs, cgroupfs] = [join(folder, 'proc'), join(folder, 'cgroup')];
  mkdirSync(join(procfs, 'self'), { recursive: true });
  mkdirSync(join(cgroupfs, UNIT), { recursive: true });
  writeFileSync(join(cgroupfs, 'cgroup.controllers'), 'cpu memory\n');
  writeFileSync(join(procfs, 'self/cgroup'), `0::/${UNIT}\n`);
  for (const [name, value] of Object.entries(files)) writeFileSync(join(cgroupfs, UNIT, name), `${value}\n`);
  writeFileSync(join(procfs, 'self/schedstat'), '1000000 2500000000 12\n');
  const said: string[] = [];
  /** The part of the time for which the watch saw it wait; 0 as it is armed. */
  let starved = 0;
  const watch = { arm: () => void (starved = 0), starved: () => starved, close: () => {} };
  const share = new ProcessorShare({
    procfs,
    cgroupfs,
    watch: () => watch,
    logger: { log: (level, message) => void said.push(`${level}: ${message}`) },
  });
  context.after(() => share.stop());
  const read = (name: string): string => readFileSync(join(cgroupfs, UNIT, name), 'utf8').trim();
  const starve = (part: number): void => void (starved = part);
  return { share, starve, read, said, procfs, unit: join(cgroupfs, UNIT) };
}

test('leaves a cgroup alone that is not idle', (context) => {
  const { share, starve, read } = machine(context, { 'cpu.idle': '0', 'cpu.weight': '100' });
  share.start(0);
  starve(0.9);
  share.look(1000);
  assert.equal(share.state, 'as configured');
  assert.deepEqual([read('cpu.idle'), read('cpu.weight')], ['0', '100']);
  assert.equal(share.waitedSeconds, 2.5);
});

test('takes a share when it waited too long, gives way again after it, later each time that was too early', (context) => {
  const { share, starve, read, said } = machine(context, { 'cpu.idle': '1', 'cpu.weight': '0' });
  share.start(0);
  assert.deepEqual([share.state, read('cpu.idle'), read('cpu.weight')], ['takes its share', '0', '20']);
  share.look(9_999);
  assert.equal(share.state, 'takes its share', 'while it starts');
  share.look(10_000);
  assert.deepEqual([share.state, read('cpu.idle')], ['gives way', '1']);
  share.look(40_000);
  assert.equal(share.state, 'gives way');
  starve(0.93);
  share.look(41_000);
  assert.equal(share.state, 'takes its share');
  assert.match(said.at(-1)!, /takes its share/);
  share.look(50_999);
  assert.equal(share.state, 'takes its share');
  share.look(51_000);
  assert.equal(share.state, 'gives way');
  starve(0.9);
  share.look(52_000);
  share.look(71_999);
  assert.equal(share.state, 'takes its share', 'twice as long');
  share.look(72_000);
  assert.equal(share.state, 'gives way');
  starve(0.9);
  share.look(173_000);
  share.look(183_000);
  assert.equal(share.state, 'gives way', 'after the first hold again');
  assert.equal(share.fellBehind, 3);
});

test('gives way again when it ends', (context) => {
  const { share, read } = machine(context, { 'cpu.idle': '1', 'cpu.weight': '0' });
  share.start(0);
  share.stop();
  assert.equal(read('cpu.idle'), '1');
});

test('says so when it may not change its cgroup', (context) => {
  const { share, said, unit } = machine(context, {});
  symlinkSync('/sys/class/net/lo/ifindex', join(unit, 'cpu.idle')); // reads 1, and not even root writes it
  share.start(0);
  assert.equal(share.state, 'gives way for good');
  assert.match(said.join(), /^warn: .*can fall behind/);
});

test('takes its share from the start where the kernel does not count waiting', (context) => {
  const { share, read, procfs } = machine(context, { 'cpu.idle': '1', 'cpu.weight': '0' });
  rmSync(join(procfs, 'self/schedstat'));
  share.start(0);
  assert.deepEqual([share.state, read('cpu.idle'), read('cpu.weight')], ['takes its share', '0', '20']);
  share.look(60_000);
  assert.equal(share.state, 'takes its share');
  assert.equal(share.waitedSeconds, undefined);
});
