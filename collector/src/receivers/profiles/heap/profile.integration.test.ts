import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { unsupported } from '../../ebpf/native.ts';
import { cannotObserve } from '../../ebpf/testdata/sandbox.ts';
import { heapText } from './command.ts';
import { heapPprof, profileHeap, type HeapProfile } from './profile.ts';

/** For each line of input: 3000 sessions of 1000 bytes and 200 files of 20,000 are kept, all else is freed. */
const SHOP = `
#include <stdio.h>
#include <stdlib.h>
#define WAY __attribute__((noinline, noclone))
static char *volatile kept;
WAY char *new_session(size_t size) { char *session = malloc(size); session[0] = 1; return session; }
WAY void handle_login(void) { kept = new_session(1000); }
WAY void handle_upload(void) { kept = new_session(20000); }
WAY void handle_page(void) { char *volatile page = malloc(5000); page[0] = 1; free(page); }
WAY void grow_list(void) {
  char *volatile list = 0;
  for (int size = 100; size <= 1000; size += 100) list = realloc(list, size);
  free(list);
}
WAY void other_ways(void) { void *aligned; char *volatile zeroed = calloc(10, 30); free(zeroed);
  if (!posix_memalign(&aligned, 64, 256)) free(aligned); }
int main(void) {
  char line[16];
  setvbuf(stdout, 0, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin)) {
    for (int i = 0; i < 3000; i++) { handle_login(); if (i % 15 == 0) handle_upload(); handle_page(); grow_list(); other_ways(); }
    puts("done");
  }
}
`;
const skip =
  cannotObserve() ?? unsupported()[0] ?? (spawnSync('gcc', ['--version']).status !== 0 && 'no gcc');

describe('memory of a real program that leaks', { skip }, () => {
  let folder: string;
  let shop: ChildProcess;
  let profile: HeapProfile;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gumshoe-heap-'));
    writeFileSync(join(folder, 'shop.c'), SHOP);
    execFileSync('gcc', [
      ...['-O1', '-w', '-fno-omit-frame-pointer'],
      ...['-o', join(folder, 'shop'), join(folder, 'shop.c')],
    ]);
    shop = spawn(join(folder, 'shop'), { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(shop, 'spawn');
    await serve(); // what happens once only is over
    const ended = new AbortController();
    profile = await profileHeap({
      pid: shop.pid!,
      seconds: 60,
      sampleBytes: 8192,
      signal: ended.signal,
      onAttached: () => void serve().then(() => ended.abort()),
    });
  });
  after(() => {
    shop?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  async function serve(): Promise<void> {
    shop.stdin!.write('go\n');
    await once(shop.stdout!, 'data');
  }

  const leakOf = (name: string) => profile.leaks.find(({ stack }) => stack.includes(name))!;

  test('what leaks is found with its callers, and nothing else', () => {
    assert.equal(profile.leaks.length, 2);
    assert.deepEqual(leakOf('handle_upload').stack.slice(1, 4), ['new_session', 'handle_upload', 'main']);
    assert.deepEqual(leakOf('handle_login').stack.slice(1, 4), ['new_session', 'handle_login', 'main']);
  });

  test('every call is counted', () => {
    // login, page, ten of the list, two others
    assert.equal(profile.counts.allocations, 3000 * 14 + 200);
    assert.equal(profile.counts.lost, 0);
  });

  test('blocks larger than the sampling distance: to the byte', () => {
    assert.deepEqual([leakOf('handle_upload').bytes, leakOf('handle_upload').blocks], [200 * 20_000, 200]);
    assert.match(heapText(profile, 3), /in 200 blocks not freed[^]*new_session\n\s+handle_upload/);
  });

  test('smaller ones: estimated from those that were remembered', () => {
    // 366 of 3000 are expected to be remembered: a fifth is four standard deviations
    const { bytes } = leakOf('handle_login');
    assert.ok(Math.abs(bytes - 3_000_000) < 0.25 * 3_000_000, `${bytes} bytes`);
    assert.ok(profile.counts.sampled < 0.4 * profile.counts.allocations, `${profile.counts.sampled}`);
  });

  test('the program goes on as before', async () => {
    await serve();
    assert.equal(shop.exitCode, null);
  });

  const skipPprof = spawnSync('go', ['version']).status !== 0 && 'no go tool (golang-go)';
  test('pprof finds the leak', { skip: skipPprof }, () => {
    const file = join(folder, 'heap.pb');
    writeFileSync(file, heapPprof(profile));
    const env = { ...process.env, HOME: folder, PPROF_TMPDIR: folder };
    const flags = ['tool', 'pprof', '-sample_index=inuse_objects', '-top', '-cum', file];
    const { stdout } = spawnSync('go', flags, { encoding: 'utf8', env, timeout: 60_000 });
    assert.match(stdout, /\s200\s.*handle_upload$/m);
  });

  test('a process that is not there is said to be', async () => {
    await assert.rejects(profileHeap({ pid: 2 ** 22 - 1, seconds: 1, sampleBytes: 1 }), /ENOENT/);
  });
});
