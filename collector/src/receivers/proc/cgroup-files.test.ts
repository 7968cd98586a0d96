import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findMounts, readCgroup } from './cgroup-files.ts';

function tree(t: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'gumshoe-cgroup-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

test('cgroup v2: usage, limits, pressure, io', (t) => {
  const root = tree(t, {
    'cgroup.controllers': 'cpu io memory\n',
    'a.slice/cpu.stat': 'usage_usec 2500000\nuser_usec 2000000\nthrottled_usec 500000\n',
    'a.slice/cpu.max': '150000 100000\n',
    'a.slice/memory.stat': 'anon 1000\nfile 500\nfile_mapped 200\n',
    'a.slice/memory.max': '4096000\n',
    'a.slice/memory.events': 'low 0\noom 3\noom_kill 2\n',
    'a.slice/cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=3000000\n',
    'a.slice/io.stat': '8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n',
  });
  const found = readCgroup({ unified: '/a.slice', controllers: {} }, findMounts(root));
  assert.equal(found.cpuUsage, 2.5);
  assert.equal(found.cpuThrottled, 0.5);
  assert.equal(found.cpuLimit, 1.5);
  assert.equal(found.memoryRss, 1200);
  assert.equal(found.memoryCache, 500);
  assert.equal(found.memoryLimit, 4096000);
  assert.equal(found.oomKills, 2);
  assert.deepEqual(found.pressure, [{ resource: 'cpu', kind: 'some', seconds: 3 }]);
  assert.deepEqual(found.io, [{ device: '8:0', reads: 1, readBytes: 10, writes: 2, writtenBytes: 20 }]);
});

test('cgroup v2: no limit and absent files give no figure', (t) => {
  const root = tree(t, {
    'cgroup.controllers': '',
    'a.slice/cpu.max': 'max 100000\n',
    'a.slice/memory.max': 'max\n',
  });
  const found = readCgroup({ unified: '/a.slice', controllers: {} }, findMounts(root));
  assert.equal(found.cpuLimit, undefined);
  assert.equal(found.memoryLimit, undefined);
  assert.equal(found.cpuUsage, undefined);
  assert.deepEqual(found.io, []);
});

test('cgroup v1 on a hybrid machine: each controller at its own path', (t) => {
  const root = tree(t, {
    'unified/u/cgroup.procs': '',
    'cpu,cpuacct/c/cpuacct.usage': '3000000000\n',
    'cpu,cpuacct/c/cpu.cfs_quota_us': '50000\n',
    'cpu,cpuacct/c/cpu.cfs_period_us': '100000\n',
    'cpu,cpuacct/c/cpu.stat': 'nr_periods 5\nnr_throttled 1\nthrottled_time 250000000\n',
    'memory/m/memory.stat': 'cache 1\nrss 2\ntotal_cache 700\ntotal_rss 900\ntotal_mapped_file 100\n',
    'memory/m/memory.limit_in_bytes': '9223372036854771712\n',
    'memory/m/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
    'blkio/b/blkio.throttle.io_serviced_recursive': '8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n',
    'blkio/b/blkio.throttle.io_service_bytes_recursive': '8:0 Read 50\n8:0 Write 60\nTotal 110\n',
  });
  const controllers = { cpu: '/c', cpuacct: '/c', memory: '/m', blkio: '/b' };
  const found = readCgroup({ unified: '/u', controllers }, findMounts(root));
  assert.equal(found.cpuUsage, 3);
  assert.equal(found.cpuThrottled, 0.25);
  assert.equal(found.cpuLimit, 0.5);
  assert.equal(found.memoryRss, 1000);
  assert.equal(found.memoryCache, 700);
  assert.equal(found.memoryLimit, undefined, 'the largest number means none');
  assert.equal(found.oomKills, 4);
  assert.deepEqual(found.io, [{ device: '8:0', reads: 5, readBytes: 50, writes: 6, writtenBytes: 60 }]);
});

test('cgroup v1, recorded of a limited service after direct I/O and a kill for memory (Linux 6.18)', () => {
  const root = fileURLToPath(new URL('testdata/cgroup-v1/', import.meta.url));
  const path = '/shop.service';
  const controllers = { cpu: path, cpuacct: path, memory: path, blkio: path };
  const found = readCgroup({ unified: '', controllers }, findMounts(root));
  assert.deepEqual(found, {
    cpuUsage: 0.555343278,
    cpuThrottled: 2077922977 * 1e-9,
    cpuLimit: 0.2,
    memoryRss: 114688,
    memoryCache: 4243456,
    memoryLimit: 64 << 20,
    oomKills: 1,
    pressure: [],
    io: [{ device: '254:0', reads: 382, readBytes: 17580032, writes: 64, writtenBytes: 4194304 }],
  });
});

test('a controller that is not mounted gives no figure', (t) => {
  const root = tree(t, { 'cpu,cpuacct/a/cpuacct.usage': '1000000000\n' });
  const found = readCgroup(
    { unified: '', controllers: { cpuacct: '/a', memory: '/a', blkio: '/a' } },
    findMounts(root),
  );
  assert.equal(found.cpuUsage, 1);
  assert.equal(found.memoryRss, undefined);
});
