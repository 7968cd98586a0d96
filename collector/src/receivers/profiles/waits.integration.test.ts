import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MEMORY_PROFILE_TYPE, OFF_CPU_PROFILE_TYPE } from '@gumshoe/schema/tables/profiles';
import type { SampleRow } from '@gumshoe/schema/tables/profiles';
import { unsupported } from '../ebpf/native.ts';
import { cannotObserve, Sandbox } from '../ebpf/testdata/sandbox.ts';
import { openProfileReceiver } from './open.ts';
import type { ProfileReceiver, ProfileRows } from './receiver.ts';

/** Each thread waits in its own way for good, or touches memory and then waits. */
const WAITERS = `
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static int ends[2], pair[2];
static volatile char byte;
#define WAY __attribute__((noinline, noclone))
/* The C library hides who calls it: in between there is one more. */
#define THROUGH(name) WAY void name(void) { do_##name(); byte++; }
WAY void do_wait_for_lock(void) { pthread_mutex_lock(&held); byte++; }
WAY void do_wait_for_pipe(void) { char c; byte += read(ends[0], &c, 1); }
WAY void do_wait_for_peer(void) { char c; byte += syscall(SYS_recvfrom, pair[0], &c, 1, 0, 0, 0); }
WAY void do_wait_for_any(void) { struct pollfd p = { ends[0], POLLIN, 0 }; byte += poll(&p, 1, -1); }
WAY void do_wait_a_moment(void) { struct timespec t = { 0, 20000000 }; for (;;) { nanosleep(&t, 0); byte++; } }
THROUGH(wait_for_lock) THROUGH(wait_for_pipe) THROUGH(wait_for_peer) THROUGH(wait_for_any) THROUGH(wait_a_moment)
WAY void touch_memory(void) {
  size_t size = 64 << 20; char *all = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(all, size, MADV_NOHUGEPAGE);
  for (;;) { for (size_t at = 0; at < size; at += 4096) all[at] = 1; madvise(all, size, MADV_DONTNEED);
    struct timespec t = { 0, 50000000 }; nanosleep(&t, 0); byte++; }
}
static void *run(void *way) { ((void (*)(void))way)(); return 0; }
int main(void) {
  void (*ways[])(void) = { wait_for_lock, wait_for_pipe, wait_for_peer, wait_for_any, wait_a_moment, touch_memory };
  pthread_t thread;
  pthread_mutex_lock(&held);
  if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 1;
  for (int i = 0; i < 6; i++) pthread_create(&thread, 0, run, ways[i]);
  write(1, "started\\n", 8);
  pthread_join(thread, 0);
}
`;
const skip =
  cannotObserve() ?? unsupported()[0] ?? (spawnSync('gcc', ['--version']).status !== 0 && 'no gcc');

let sandbox: Sandbox;
let receiver: ProfileReceiver;
const rows: SampleRow[] = [];
const stacks = new Map<string, readonly string[]>();

before(async () => {
  if (skip) return;
  sandbox = new Sandbox('waits');
  const source = join(sandbox.folder, 'waiters.c');
  const program = join(sandbox.folder, 'waiters');
  writeFileSync(source, WAITERS);
  execFileSync('gcc', ['-O1', '-w', '-fno-omit-frame-pointer', '-pthread', '-o', program, source]);
  const take = (batch: ProfileRows): void => {
    for (const { Hash, Stack } of batch.stacks) stacks.set(Hash, Stack);
    rows.push(...batch.samples);
  };
  receiver = openProfileReceiver(
    { target: { cgroups: [sandbox.cgroup], pids: [], netns: [] }, frequency: 49 },
    { ownerOf: () => ({ serviceName: 'waiters', resource: { 'container.id': '/waiters' } }), onRows: take },
  );
  const child = sandbox.start('waiters', [program]);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  // until all of them wait: what came before says nothing of them
  await sleep(500);
  await receiver.collect();
  rows.length = 0;
  for (let i = 0; i < 4 || (i < 120 && touched() <= TOUCHED); i++) {
    await sleep(500);
    await receiver.collect();
  }
});

after(async () => {
  await receiver?.stop();
  await sandbox?.stop();
});

interface Sum {
  readonly seconds: number;
  readonly reasons: readonly string[];
}

/** Waits of a function that were told so far. The machine may be busy: then all wait for a CPU as well. */
function waitsOf(name: string): Sum {
  const own = rows.filter(
    ({ Type, StackHash }) => Type === OFF_CPU_PROFILE_TYPE && stacks.get(StackHash)?.includes(name),
  );
  const seconds = own.reduce((sum, { Value }) => sum + Value, 0) / 1e9;
  const byReason = Map.groupBy(own, ({ Labels }) => Labels['wait.reason'] ?? '');
  const most = [...byReason].map(([reason, of]) => ({
    reason,
    value: of.reduce((sum, one) => sum + one.Value, 0),
  }));
  return {
    seconds,
    reasons: most
      .filter(({ reason, value }) => reason !== 'runqueue' && value > 1e8)
      .map(({ reason }) => reason),
  };
}

/** Bytes that are at least to be told: two rounds of touch_memory. */
const TOUCHED = 2 * (64 << 20);

/** Bytes told of touch_memory so far. */
const touched = (): number =>
  rows
    .filter(
      ({ Type, StackHash }) =>
        Type === MEMORY_PROFILE_TYPE && stacks.get(StackHash)?.includes('touch_memory'),
    )
    .reduce((sum, { Value }) => sum + Value, 0);

/** From the first row's start to the last row's end, in seconds. */
function observed(): number {
  const starts = rows.map(({ Start }) => Number(Start));
  return Math.max(...rows.map(({ End }) => Number(End))) - Math.min(...starts);
}

const WAYS: readonly (readonly [string, string])[] = [
  ['wait_for_lock', 'lock'],
  ['wait_for_pipe', 'pipe'],
  ['wait_for_peer', 'network'],
  ['wait_for_any', 'poll'],
  ['wait_a_moment', 'sleep'],
];

for (const [name, reason] of WAYS)
  test(`${name}: all of its time, by its reason, also while it lasts`, { skip }, () => {
    const { seconds, reasons } = waitsOf(name);
    assert.deepEqual(reasons, [reason]);
    const wall = observed();
    assert.ok(seconds > 0.6 * wall && seconds < 1.1 * wall, `${seconds} s of ${wall} s`);
  });

test('the scheduler itself is not part of a stack', { skip }, () => {
  if (/^0+ /.test(readFileSync('/proc/kallsyms', 'latin1').slice(0, 40))) return;
  const own = rows
    .filter(({ Type }) => Type === OFF_CPU_PROFILE_TYPE)
    .map(({ StackHash }) => stacks.get(StackHash));
  const scheduling = own.filter((frames) => frames?.some((frame) => /^(bpf_|__bpf|__schedule)/.test(frame)));
  assert.deepEqual(scheduling, []);
});

test('memory is told by who touches it, scaled to what was not looked at', { skip }, () => {
  const memory = rows.filter(({ Type }) => Type === MEMORY_PROFILE_TYPE);
  const bytes = touched();
  const all = memory.reduce((sum, { Value }) => sum + Value, 0);
  assert.ok(bytes > TOUCHED, `${bytes} bytes`);
  assert.ok(bytes > 0.9 * all, `${bytes} of ${all} bytes`);
});
