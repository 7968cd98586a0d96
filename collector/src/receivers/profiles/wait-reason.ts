import { constants } from '../ebpf/layout.generated.ts';

/** What a thread waits for. `poll`: for any of several things, as an idle worker does. */
export type WaitReason =
  | 'runqueue'
  | 'disk'
  | 'lock'
  | 'network'
  | 'pipe'
  | 'poll'
  | 'sleep'
  | 'page fault'
  | 'child'
  | 'signal'
  | 'other';

/** The kernel's own way to put a thread to sleep, and ours to hear of it: above what is waited for. */
const SCHEDULING =
  /^(bpf_|__bpf_|__traceiter_|trace_|stack_trace_|perf_|get_perf_|__schedule|schedule|preempt_schedule|io_schedule|__cond_resched|dynamic_)/;

/** First match wins, from the innermost function outwards; names of the kernel's functions since 4.18. */
const BY_FUNCTION: readonly (readonly [RegExp, WaitReason])[] = [
  [/^(futex_|do_futex|__futex)/, 'lock'],
  [/^(mutex_lock|__mutex|rwsem_|down_(read|write)|__down|rt_mutex|osq_lock|flock_lock|fcntl_setlk)/, 'lock'],
  [/^(posix_lock_inode|locks_lock_inode|do_lock_file|semaphore|do_semtimedop|__do_semtimedop)/, 'lock'],
  [/^(ep_poll|do_epoll|do_poll|do_sys_poll|do_select|core_sys_select|poll_schedule|io_cqring_wait)/, 'poll'],
  [/^(hrtimer_nanosleep|do_nanosleep|common_nsleep|msleep)/, 'sleep'],
  [/^(sk_wait|wait_woken|tcp_|udp_|unix_|inet_|sk_stream|__skb_wait|skb_wait|netlink_|sock_)/, 'network'],
  [/^(pipe_|anon_pipe|fifo_|tty_|n_tty|eventfd_|signalfd_|timerfd_|inotify_)/, 'pipe'],
  [/^(do_wait|kernel_wait4|__do_sys_wait)/, 'child'],
  [/^(sigsuspend|do_sigtimedwait|ptrace_|do_signal_stop|__ia32_sys_pause|__x64_sys_pause)/, 'signal'],
  [/^(folio_wait|wait_on_page|wait_on_buffer|blk_|submit_bio|jbd2|ext4_|xfs_|btrfs_|nfs_|fuse_)/, 'disk'],
  [/^(handle_mm_fault|do_user_addr_fault|exc_page_fault|do_page_fault|do_mem_abort)/, 'page fault'],
];

/** Where the kernel's functions have no names. By system call number, for each architecture. */
const BY_SYSCALL: Readonly<Record<string, readonly (readonly [readonly number[], WaitReason])[]>> = {
  x64: [
    [[202, 449, 454, 455, 456, 65, 220, 73], 'lock'],
    [[7, 23, 232, 270, 271, 281, 426, 441], 'poll'],
    [[35, 230], 'sleep'],
    [[42, 43, 44, 45, 46, 47, 288, 299, 307], 'network'],
    [[61, 247], 'child'],
    [[34, 128, 130], 'signal'],
    [[17, 18, 74, 75, 162, 277, 295, 296, 306, 327, 328], 'disk'],
  ],
  arm64: [
    [[98, 449, 454, 455, 456, 192, 193, 32], 'lock'],
    [[22, 72, 73, 426, 441], 'poll'],
    [[101, 115], 'sleep'],
    [[202, 203, 206, 207, 211, 212, 242, 243, 269], 'network'],
    [[95, 260], 'child'],
    [[133, 137], 'signal'],
    [[67, 68, 69, 70, 81, 82, 83, 84, 267, 286, 287], 'disk'],
  ],
};

/** `kernel`: innermost first. `detail`: gs_profile_key. */
export function waitReason(
  detail: number,
  kernel: readonly string[],
  architecture: string = process.arch,
): WaitReason {
  if (detail & constants.GS_WAIT_RUNQUEUE) return 'runqueue';
  for (const name of kernel) {
    const found = BY_FUNCTION.find(([pattern]) => pattern.test(name));
    // A fault and a lock wait for the device when the kernel says so.
    if (found) return detail & constants.GS_WAIT_IO && found[1] !== 'network' ? 'disk' : found[1];
  }
  if (detail & constants.GS_WAIT_IO) return 'disk';
  const syscall = (detail & constants.GS_WAIT_SYSCALL) - 1;
  return BY_SYSCALL[architecture]?.find(([numbers]) => numbers.includes(syscall))?.[1] ?? 'other';
}

/** Without the functions that only put the thread to sleep. */
export function withoutScheduler(kernel: readonly string[]): readonly string[] {
  const first = kernel.findIndex((name) => !SCHEDULING.test(name));
  return first < 0 ? [] : kernel.slice(first);
}
