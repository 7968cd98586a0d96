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

/** For each line of input: 3000 sessions of 1000 bytes are kept, everything else is freed. Answers with a line. */
const SHOP = `
#include <stdio.h>
#include <stdlib.h>
#define WAY __attribute__((noinline, noclone))
static char *volatile kept;
WAY char *new_session(size_t size) { char *session = malloc(size); session[0] = 1; return session; }
WAY void handle_login(void) { kept = new_session(1000); }
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
    for (int i = 0; i < 3000; i++) { handle_login(); handle_page(); grow_list(); other_ways(); }
    puts("done");
  }
}
`;
const skip =
  cannotObserve() ?? unsupported()[0] ?? (spawnSync('gcc', ['--version']).status !== 0 && 'no gcc');

describe('memory of a real program that leaks', { skip }, () => {
  let folder: string;
  let shop: ChildProcess;

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
  });
  after(() => {
    shop?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  async function serve(): Promise<void> {
    shop.stdin!.write('go\n');
    await once(shop.stdout!, 'data');
  }

  /** Watches while the program serves once. */
  async function watch(sampleBytes: number): Promise<HeapProfile> {
    const ended = new AbortController();
    return profileHeap({
      pid: shop.pid!,
      seconds: 60,
      sampleBytes,
      signal: ended.signal,
      onAttached: () => void serve().then(() => ended.abort()),
    });
  }

  test('with every block remembered: the leak and nothing else, to the byte', async () => {
    const profile = await watch(1);
    const [leak, ...others] = profile.leaks;
    assert.deepEqual(others, []);
    assert.deepEqual([leak?.bytes, leak?.blocks], [3_000_000, 3000]);
    const names = leak!.stack.slice(1, 4);
    assert.deepEqual(names, ['new_session', 'handle_login', 'main']);
    // login, page, ten of the list, two others; each block but the session is freed
    assert.equal(profile.counts.allocations, 3000 * 14);
    assert.equal(profile.counts.lost, 0);
    assert.match(heapText(profile, 3), /3000 blocks not freed[^]*new_session\n\s+handle_login/);
  });

  test('with some remembered: nearly as much, at the same place', async () => {
    const profile = await watch(8192);
    const [leak] = profile.leaks;
    assert.ok(leak!.stack.includes('handle_login'));
    // 366 of 3000 are expected to be remembered: a fifth is four standard deviations
    assert.ok(Math.abs(leak!.bytes - 3_000_000) < 0.25 * 3_000_000, `${leak!.bytes} bytes`);
    assert.ok(profile.counts.sampled < 0.4 * profile.counts.allocations, `${profile.counts.sampled}`);
  });

  test('the program goes on as before', async () => {
    await serve();
    assert.equal(shop.exitCode, null);
  });

  test(
    'pprof finds the leak',
    { skip: spawnSync('go', ['version']).status !== 0 && 'no go tool' },
    async () => {
      const file = join(folder, 'heap.pb');
      writeFileSync(file, heapPprof(await watch(1)));
      const env = { ...process.env, HOME: folder, PPROF_TMPDIR: folder };
      const flags = ['tool', 'pprof', '-sample_index=inuse_objects', '-top', '-cum', file];
      const { stdout } = spawnSync('go', flags, { encoding: 'utf8', env, timeout: 60_000 });
      assert.match(stdout, /3000\s+100%\s+handle_login$/m);
    },
  );

  test('a process that is not there is said to be', async () => {
    await assert.rejects(profileHeap({ pid: 2 ** 22 - 1, seconds: 1, sampleBytes: 1 }), /ENOENT/);
  });
});
