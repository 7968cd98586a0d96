import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program that does nothing. */
const NOTHING = `char LICENSE[] __attribute__((section("license"), used)) = "GPL";
__attribute__((section("socket"), used)) int nothing(void *context) { return 0; }\n`;
const RUNS = 200_000;

interface Statistics {
  readonly run_time_ns?: number;
  readonly run_cnt?: number;
}

/**
 * What the kernel's statistics of programs (kernel.bpf_stats_enabled, which must be on) say of one run of a program
 * that does nothing, ns: the clock is read before and after each run, and part of that counts as the program's time.
 * @throws Error when clang or bpftool cannot be run.
 */
export function statisticsCost(): number {
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-bench-clock-'));
  const pin = `/sys/fs/bpf/gumshoe-bench-${process.pid}`;
  const run = (program: string, ...words: string[]): string => {
    const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? stderr.trim()}`);
    return stdout;
  };
  const [source, object, data] = [join(dir, 'nothing.c'), join(dir, 'nothing.o'), join(dir, 'packet')];
  try {
    writeFileSync(source, NOTHING);
    writeFileSync(data, new Uint8Array(64));
    run('clang', '-O2', '-target', 'bpf', '-c', source, '-o', object);
    run('bpftool', 'prog', 'load', object, pin, 'type', 'socket');
    run('bpftool', 'prog', 'run', 'pinned', pin, 'data_in', data, 'repeat', String(RUNS));
    const shown = JSON.parse(run('bpftool', '-j', 'prog', 'show', 'pinned', pin)) as Statistics;
    return (shown.run_time_ns ?? 0) / (shown.run_cnt ?? RUNS);
  } finally {
    rmSync(pin, { force: true });
    rmSync(dir, { recursive: true, force: true });
  }
}
