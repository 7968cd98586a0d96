import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  enableStatistics,
  forEachRecord,
  loadObject,
  possibleCpus,
  probeSupport,
  runTimes,
  type LoadedObject,
} from './index.ts';

const support = probeSupport();
const skip = support.supported ? false : support.reasons.join('; ');
const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const canDropPrivileges = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;
const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls getpgid(argument) `count` times in a process of its own that waits for a line first. */
const CALLER = `import os, sys
print(os.getpid(), flush=True)
sys.stdin.readline()
for i in range(int(sys.argv[2])):
    os.getpgid(int(sys.argv[1]))
print("done", flush=True)
`;

function caller(argument: number, count: number) {
  const child = spawn('python3', ['-c', CALLER, String(argument), String(count)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = (async function* () {
    let text = '';
    for await (const chunk of child.stdout) {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        yield text.slice(0, end);
        text = text.slice(end + 1);
      }
    }
  })();
  return {
    child,
    pid: async () => Number((await lines.next()).value),
    run: async () => {
      child.stdin.write('\n');
      await lines.next();
      child.stdin.end();
    },
  };
}

describe('loader on the running kernel', { skip }, () => {
  let dir: string;
  let bytes: Uint8Array;
  let object: LoadedObject | undefined;

  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'ebpf-loader-'));
    const source = join(import.meta.dirname, '..', 'testdata', 'sample.bpf.c');
    const out = join(dir, 'sample.bpf.o');
    const arch = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
    const done = spawnSync(
      'clang',
      ['-target', 'bpf', '-g', '-O2', `-I/usr/include/${arch}`, '-c', source, '-o', out],
      { encoding: 'utf8' },
    );
    assert.equal(done.status, 0, done.stderr);
    bytes = readFileSync(out);
  });

  after(() => {
    object?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a preferred program that the kernel refuses is replaced without a word', () => {
    const prefer = [{ programs: ['refused'], otherwise: ['on_call'] }];
    object = loadObject({ bytes, name: 'sample', exclude: ['absent_hook'], prefer });
    assert.deepEqual(object.refusals, []);
    const names = object.programs().map(({ name }) => name);
    assert.deepEqual([names.includes('refused'), names.includes('on_call')], [false, true]);
  });

  test('what a preferred program replaces is not loaded beside it', () => {
    const prefer = [{ programs: ['on_call'], otherwise: ['on_clock'] }];
    object = loadObject({ bytes, name: 'sample', exclude: ['refused', 'absent_hook'], prefer });
    const names = object.programs().map(({ name }) => name);
    assert.deepEqual([names.includes('on_call'), names.includes('on_clock')], [true, false]);
  });

  test('one refused program costs that program only, and the refusal has the verifier’s last lines', () => {
    object = loadObject({ bytes, name: 'sample' });
    const refusal = object.refusals.find((one) => one.program === 'refused');
    assert.equal(refusal?.stage, 'load');
    assert.equal(refusal?.code, 'EACCES');
    assert.match(refusal?.log ?? '', /map_value_or_null|invalid mem access/);
    assert.deepEqual(
      object.programs().map((program) => program.name),
      ['on_getpgid', 'absent_hook', 'on_clock', 'on_call', 'each_count'],
    );
    const attached = object.attach('absent_hook');
    assert.equal(attached.ok, false);
    assert.equal(attached.ok ? '' : attached.refusal.code, 'ENOENT');
    object.close();
  });

  test('globals, ring buffer, maps and per-CPU maps see exactly what one process did', async () => {
    const who = caller(0, 250);
    const pid = await who.pid();
    object = loadObject({
      bytes,
      name: 'sample',
      exclude: ['refused', 'absent_hook'],
      globals: { watched_tgid: u32(pid) },
    });
    assert.deepEqual(object.refusals, []);
    const numbers: number[] = [];
    let batches = 0;
    const ring = object.openRing(
      'events',
      (batch) => {
        batches++;
        const view = new DataView(batch);
        forEachRecord(batch, (offset, length) => {
          assert.equal(length, 16);
          assert.equal(view.getUint32(offset, true), pid);
          numbers.push(Number(view.getBigUint64(offset + 8, true)));
        });
      },
      { flushMs: 20 },
    );
    const attached = object.attach('on_getpgid');
    assert.ok(attached.ok);
    await who.run();
    for (let i = 0; i < 1500 && numbers.length < 250; i++) await settle(20);
    assert.equal(numbers.length, 250);
    assert.equal(ring.statistics().records, 250);
    assert.ok(batches < 250, `batched, not one by one (${batches})`);
    const value = object.lookup('counts', u32(0));
    assert.equal(value && new DataView(value.buffer).getBigUint64(0, true), 250n);
    assert.equal(object.lookup('counts', u32(7)), undefined);
    const totals = object.lookup('totals', u32(0));
    assert.equal(totals?.byteLength, possibleCpus() * 8);
    const slots = new BigUint64Array(totals?.buffer ?? new ArrayBuffer(0));
    assert.equal(
      slots.reduce((sum, one) => sum + one, 0n),
      250n,
    );
    ring.close();
    object.close();
  });

  test('a detached program sees nothing more', async () => {
    const who = caller(0, 10);
    const pid = await who.pid();
    object = loadObject({
      bytes,
      name: 'sample',
      exclude: ['refused', 'absent_hook'],
      globals: { watched_tgid: u32(pid) },
    });
    const attached = object.attach('on_getpgid');
    assert.ok(attached.ok);
    attached.link.detach();
    await who.run();
    assert.equal(object.entries('counts').count, 0);
    object.close();
  });

  test('maps are written, read in batches, taken and deleted', () => {
    object = loadObject({
      bytes,
      name: 'sample',
      exclude: ['refused', 'absent_hook'],
      maxEntries: { counts: 4096 },
    });
    const value = new Uint8Array(8);
    for (let i = 0; i < 3000; i++) {
      new DataView(value.buffer).setBigUint64(0, BigInt(i * 2), true);
      object.update('counts', u32(i), value);
    }
    const { count, keys, values } = object.entries('counts');
    assert.equal(count, 3000);
    const numbers = new Uint32Array(keys);
    const doubled = new BigUint64Array(values);
    for (let i = 0; i < count; i++) assert.equal(doubled[i], BigInt((numbers[i] ?? 0) * 2));
    assert.equal(object.delete('counts', u32(5)), true);
    assert.equal(object.delete('counts', u32(5)), false);
    assert.equal(object.takeEntries('counts').count, 2999);
    assert.equal(object.entries('counts').count, 0);
    assert.throws(() => object?.lookup('counts', new Uint8Array(3)), /key has 4 bytes, not 3/);
    assert.throws(() => object?.entries('nothing'), /no map nothing/);
    object.close();
  });

  test('bad input is a clear error', () => {
    assert.throws(
      () => loadObject({ bytes: new Uint8Array(64), name: 'garbage' }),
      /open eBPF object garbage/,
    );
    assert.throws(
      () => loadObject({ bytes, name: 'sample', globals: { nothing: u32(1) } }),
      /no global variable nothing/,
    );
    assert.throws(
      () => loadObject({ bytes, name: 'sample', globals: { watched_tgid: new Uint8Array(2) } }),
      /has 4 bytes, not 2/,
    );
  });

  test('a perf event attaches on a CPU, and an impossible one is a refusal', () => {
    object = loadObject({ bytes, name: 'sample', exclude: ['refused', 'absent_hook'] });
    assert.ok(object.attachPerfEvent('on_clock', 0, 49, process.pid).ok);
    const refused = object.attachPerfEvent('on_clock', 4095, 49);
    assert.equal(refused.ok, false);
    object.close();
  });

  test('a uprobe on a library function sees the calls of one process', async () => {
    const who = caller(0, 40);
    const pid = await who.pid();
    object = loadObject({ bytes, name: 'sample', exclude: ['refused', 'absent_hook'] });
    const library = /\S+\/libc\.so\S*/.exec(readFileSync(`/proc/${pid}/maps`, 'utf8'))?.[0] ?? '';
    const attached = object.attachUprobe('on_call', library, { symbol: 'getpgid', pid });
    assert.ok(attached.ok, attached.ok ? '' : attached.refusal.message);
    const refused = object.attachUprobe('on_call', library, { symbol: 'no_such_function', pid });
    assert.equal(refused.ok ? 'attached' : refused.refusal.stage, 'attach');
    await who.run();
    const slots = new BigUint64Array(object.lookup('totals', u32(0))?.buffer ?? new ArrayBuffer(0));
    assert.equal(
      slots.reduce((sum, one) => sum + one, 0n),
      40n,
    );
    object.close();
  });

  test('an iterator writes one map’s entries, again with each read', () => {
    object = loadObject({ bytes, name: 'sample', exclude: ['refused', 'absent_hook'] });
    const attached = object.attachIterator('each_count', 'counts');
    assert.ok(attached.ok, attached.ok ? '' : attached.refusal.message);
    assert.equal(attached.link.read().byteLength, 0);
    for (const key of [3, 7, 11]) object.update('counts', u32(key), new Uint8Array(8));
    assert.deepEqual(
      [...new Uint32Array(attached.link.read())].sort((a, b) => a - b),
      [3, 7, 11],
    );
    attached.link.detach();
    assert.throws(() => attached.link.read(), /no such link/);
    object.close();
  });

  test('run time of programs is counted while statistics are on', async () => {
    const who = caller(0, 30);
    const pid = await who.pid();
    object = loadObject({
      bytes,
      name: 'sample',
      exclude: ['refused', 'absent_hook'],
      globals: { watched_tgid: u32(pid) },
    });
    const stop = enableStatistics();
    assert.ok(object.attach('on_getpgid').ok);
    await who.run();
    const statistics = object.programStatistics('on_getpgid');
    stop();
    assert.ok(statistics && statistics.runCount >= 30, `${statistics?.runCount} runs`);
    assert.ok(statistics.runTimeNs > 0);
    const ran = runTimes().find(({ program }) => program === 'on_getpgid');
    assert.deepEqual([ran?.object, ran?.runs], ['sample', statistics.runCount]);
    assert.equal(ran?.seconds, statistics.runTimeNs / 1e9);
    object.close();
    assert.ok(!runTimes().some((one) => one.object === 'sample'));
  });

  test('while JavaScript is busy the kernel’s ring fills, and what fitted arrives afterwards', async () => {
    const who = caller(0, 200_000);
    const pid = await who.pid();
    object = loadObject({
      bytes,
      name: 'sample',
      exclude: ['refused', 'absent_hook'],
      globals: { watched_tgid: u32(pid) },
    });
    let records = 0;
    const ring = object.openRing('events', (batch) => forEachRecord(batch, () => records++), {
      batchBytes: 4096,
      flushMs: 5,
    });
    assert.ok(object.attach('on_getpgid').ok);
    const done = who.run();
    const made = () => {
      const value = object?.lookup('counts', u32(0));
      return value ? Number(new DataView(value.buffer).getBigUint64(0, true)) : 0;
    };
    // The line that lets the process go must leave first; then nothing else runs here.
    await settle(5);
    const before = records;
    while (made() < 200_000) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    await done;
    for (let i = 0, last = -1; i < 600 && (last !== records || ring.statistics().records !== records); i++) {
      last = records;
      await settle(50);
    }
    // Eight batches wait for JavaScript, one is being filled, one is being handed over; the ring holds the rest.
    const most = (64 * 1024) / 24 + 10 * (4096 / 24 + 1);
    const waited = records - before;
    assert.ok(records > 1000 && waited <= most, `${waited} waited, room was for ${most}`);
    assert.ok(records < 200_000, 'the test was too slow to fill anything');
    assert.equal(ring.statistics().records, records);
    ring.close();
    object.close();
  });

  test(
    'without privileges loading is a clear error, and the probe says why',
    { skip: !canDropPrivileges },
    () => {
      const out = join(dir, 'sample.bpf.o');
      chmodSync(dir, 0o755);
      const script = `import { loadObject, probeSupport } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
import { readFileSync } from 'node:fs';
let error = '';
try { loadObject({ bytes: readFileSync(process.argv[1]), name: 'sample' }); } catch (thrown) { error = thrown.code + ' ' + thrown.message; }
console.log(JSON.stringify({ error, ...probeSupport() }));`;
      const words = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
      const done = spawnSync('setpriv', [...words, '--input-type=module', '--eval', script, out], {
        encoding: 'utf8',
        cwd: '/',
      });
      assert.equal(done.status, 0, done.stderr);
      const said = JSON.parse(done.stdout) as { error: string; supported: boolean; reasons: string[] };
      assert.match(said.error, /^EPERM sample: /);
      assert.equal(said.supported, false);
      assert.match(said.reasons.join(), /not privileged/);
    },
  );

  test('a process killed with -9 leaves no program behind', async () => {
    const script = `import { loadObject } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
import { readFileSync } from 'node:fs';
const object = loadObject({ bytes: readFileSync(process.argv[1]), name: 'sample', exclude: ['refused', 'absent_hook'] });
object.attach('on_getpgid');
console.log('attached');
setInterval(() => {}, 1000);`;
    const out = join(dir, 'sample.bpf.o');
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, out], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const loaded = () => {
      const shown = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' }).stdout;
      return (JSON.parse(shown || '[]') as { name?: string }[]).filter(
        (program) => program.name === 'on_getpgid',
      ).length;
    };
    const before = loaded();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    for (let i = 0; i < 600 && loaded() >= before; i++) await settle(50);
    assert.ok(before > 0);
    assert.equal(loaded(), before - 1);
  });
});

test('importing and probing is harmless', () => {
  assert.equal(support.supported, support.reasons.length === 0);
});
