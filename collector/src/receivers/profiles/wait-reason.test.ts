import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants } from '../ebpf/layout.generated.ts';
import { isCut } from './stack-end.ts';
import { frequencyFor } from './open.ts';
import { waitReason, withoutScheduler } from './wait-reason.ts';

const { GS_WAIT_IO: IO, GS_WAIT_RUNQUEUE: RUNQUEUE } = constants;

test('the innermost telling function of the kernel gives the reason', () => {
  assert.equal(waitReason(0, ['futex_do_wait', 'do_futex', 'do_syscall_64']), 'lock');
  assert.equal(waitReason(0, ['ep_poll', 'do_epoll_wait']), 'poll');
  assert.equal(waitReason(0, ['wait_woken', 'sk_wait_data', 'tcp_recvmsg']), 'network');
  assert.equal(waitReason(0, ['anon_pipe_read', 'vfs_read']), 'pipe');
  assert.equal(waitReason(0, ['something_new']), 'other');
});

test('who could run waits for a CPU, wherever it stood', () => {
  assert.equal(waitReason(RUNQUEUE, ['futex_do_wait']), 'runqueue');
});

test('what the kernel counts as a wait for a device is one, but for sockets', () => {
  assert.equal(waitReason(IO, ['filemap_fault', 'handle_mm_fault']), 'disk');
  assert.equal(waitReason(IO, []), 'disk');
  assert.equal(waitReason(IO, ['tcp_recvmsg']), 'network');
});

test('without names of the kernel the system call tells', () => {
  assert.equal(waitReason(202 + 1, ['[kernel]'], 'x64'), 'lock');
  assert.equal(waitReason(232 + 1, [], 'x64'), 'poll');
  assert.equal(waitReason(98 + 1, [], 'arm64'), 'lock');
  assert.equal(waitReason(0, [], 'x64'), 'other');
});

test('the scheduler is left out', () => {
  assert.deepEqual(withoutScheduler(['__traceiter_sched_switch', '__schedule', 'schedule', 'do_wait']), [
    'do_wait',
  ]);
  assert.deepEqual(withoutScheduler(['__schedule', 'schedule']), []);
});

test('a stack is whole when it ends where programs and threads begin', () => {
  assert.equal(isCut(['recv', 'serve', 'main', '__libc_start_call_main']), false);
  assert.equal(isCut(['serve', 'libc.so.6+0x2723a']), false);
  assert.equal(isCut(['runtime.futex.abi0', 'runtime.mcall']), false);
  assert.equal(isCut(['recv']), true);
  assert.equal(isCut(['libc.so.6+0x2723a']), true);
  assert.equal(isCut(['compare', 'sort']), true);
  assert.equal(isCut([]), false);
});

test('many CPUs are sampled less often, never with the clock', () => {
  assert.deepEqual(
    [2, 64, 65, 128, 256, 1024].map((cpus) => frequencyFor(99, cpus)),
    [99, 99, 98, 49, 25, 9],
  );
  assert.equal(frequencyFor(49, 64), 49);
});
