import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { Slice, TopUnit } from '../demo/cgroups.ts';
import { sleep } from '../demo/command.ts';
import { Network } from '../demo/network.ts';
import { Program } from '../demo/program.ts';
import { closeWhenInterrupted } from './interrupt.ts';
import { ProcessorsAwake } from './processors-awake.ts';
import { processorSeconds } from './collector-threads.ts';
import { startTaker } from './taker.ts';
import { statisticsCost } from './statistics-cost.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CPU_TIME = /^gumshoe_cpu_seconds_total .*$/m;
const LOSSES = /^gumshoe_(?:ebpf_lost|dropped)_total\{(?:queue="([^"]+)",)?cause="([^"]+)"\} (\S+)$/gm;
const STATISTICS = '/proc/sys/kernel/bpf_stats_enabled';

interface KernelProgram {
  readonly id: number;
  readonly run_time_ns?: number;
  readonly run_cnt?: number;
}

const kernelPrograms = (): KernelProgram[] =>
  JSON.parse(
    spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' }).stdout || '[]',
  ) as KernelProgram[];

/** user + system, seconds */
const cpuOf = (pid: number): number => processorSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'));

const residentBytes = (pid: number): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** What the collector cost over a stretch: shares of one core, and the most memory that was resident, MB (10⁶). */
export interface Cost {
  readonly process: number;
  readonly rss: number;
}

/** Moves a process into a unit's cgroups, as systemd would: it then shares no scheduling group with who started it. */
function moveInto(pid: number, unit: readonly string[]): void {
  for (const file of unit) writeFileSync(file, String(pid));
}

/** Whether the collector's systemd unit gives way to all others: the benchmark runs it as it is installed. */
function unitGivesWay(): boolean {
  const unit = readFileSync(join(ROOT, 'build/systemd/gumshoe-collector.service'), 'utf8');
  return /^CPUWeight=idle$/m.test(unit) && /^Slice=-\.slice$/m.test(unit);
}

/** A slice and a network of our own, a store and a collector that observes the slice. */
export class CollectorHost {
  readonly dir = mkdtempSync(join(tmpdir(), 'gumshoe-bench-'));
  readonly slice: Slice;
  /** Where the collector runs. */
  readonly #unit: TopUnit;
  /** Where the store runs. */
  readonly #elsewhere: Slice;
  readonly network: Network;
  readonly closers: (() => Promise<void> | void)[] = [];
  readonly #statistics = readFileSync(STATISTICS, 'utf8').trim();
  /** Of each run of a program as the kernel times it, the measuring's own part, ns. */
  #statisticsNs = 0;
  #before = new Set<number>();
  #store = '';
  #collector: Program | undefined;
  #listen = '';
  #closed: Promise<void> | undefined;

  constructor() {
    const id = `b${process.pid.toString(36)}`;
    this.slice = new Slice(id);
    this.#unit = new TopUnit(`${id}-collector`);
    if (unitGivesWay()) this.#unit.giveWay();
    this.#elsewhere = new Slice(`${id}-elsewhere`);
    this.network = new Network(id.slice(1));
    mkdirSync(join(this.dir, 'log'), { recursive: true });
    closeWhenInterrupted(() => this.close());
  }

  /** A store that takes what it is given, as a real one on another machine does: it may not hold up what is measured. */
  async startStore(): Promise<void> {
    const store = await startTaker(this.dir);
    this.closers.push(() => store.stop());
    this.#store = store.url;
    moveInto(store.pid, this.#elsewhere.unit('store', {}));
  }

  /** Keeps the processors awake, below everything else, the collector first; the store gives way too. */
  keepAwake(): ProcessorsAwake {
    const awake = new ProcessorsAwake(this.dir);
    this.closers.push(() => awake.stop());
    for (const pid of awake.pids) moveInto(pid, this.#unit.files);
    this.#elsewhere.giveWay();
    return awake;
  }

  /** Starts the collector, everything on; with `profileDir` V8 writes a CPU profile there at the end. */
  async observe(profileDir?: string): Promise<void> {
    this.#before = new Set(kernelPrograms().map((program) => program.id));
    const options =
      profileDir === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDir}` };
    const collector = new Program(
      'collector',
      [
        join(ROOT, 'collector/bin/gumshoe-collector.mjs'),
        ...['--listen', '127.0.0.1:0', '--target-cgroup', this.slice.path],
        ...['--clickhouse-url', this.#store],
        ...['--remote-write-url', `${this.#store}/api/v1/write`],
      ],
      join(this.dir, 'log/collector.log'),
      options,
    );
    moveInto(collector.pid, this.#unit.files);
    this.#collector = collector;
    this.closers.push(() => collector.stop());
    this.#listen = String((await collector.ready)['listen']);
    // past loading, the first full read of the machine, and the compiler's warm-up
    await sleep(25_000);
  }

  #kernelTime(): number {
    return (
      kernelPrograms().reduce(
        (sum, { id, run_time_ns = 0, run_cnt = 0 }) =>
          sum + (this.#before.has(id) ? 0 : run_time_ns - run_cnt * this.#statisticsNs),
        0,
      ) / 1e9
    );
  }

  /** What the kernel's statistics of programs say too much of each run, ns; 0 before the first look at them. */
  get statisticsNs(): number {
    return this.#statisticsNs;
  }

  /** The collector's process; 0 before it is started. */
  get pid(): number {
    return this.#collector?.pid ?? 0;
  }

  /** Where it serves /metrics. */
  get address(): string {
    return this.#listen;
  }

  /** Processor time of the collector's process while `work` goes on. */
  async processSeconds(work: () => Promise<void>): Promise<number> {
    const before = cpuOf(this.#collector!.pid);
    await work();
    return cpuOf(this.#collector!.pid) - before;
  }

  /** What the collector's process costs while `work` goes on. */
  async costOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly cost: Cost }> {
    const pid = this.#collector!.pid;
    const [cpu, started] = [cpuOf(pid), performance.now()];
    let rss = 0;
    const look = setInterval(() => (rss = Math.max(rss, residentBytes(pid) / 1e6)), 250);
    const result = await work().finally(() => clearInterval(look));
    const seconds = (performance.now() - started) / 1000;
    return {
      result,
      cost: {
        process: (cpuOf(pid) - cpu) / seconds,
        rss,
      },
    };
  }

  /**
   * Share of one core that its kernel programs take while `work` goes on, without what it costs to measure them. Apart
   * from latencies: the clock is read before and after each run of a program, which costs as much as the shorter ones do.
   */
  async kernelShareOf<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly share: number }> {
    writeFileSync(STATISTICS, '1');
    if (this.#statisticsNs === 0) this.#statisticsNs = statisticsCost();
    const [kernel, started] = [this.#kernelTime(), performance.now()];
    const result = await work();
    const share = (this.#kernelTime() - kernel) / ((performance.now() - started) / 1000);
    writeFileSync(STATISTICS, this.#statistics);
    return { result, share };
  }

  #metrics(): Promise<string> {
    return fetch(`${this.#listen}/metrics`).then((answer) => answer.text());
  }

  /** Series that /metrics has. */
  async series(): Promise<number> {
    return Number(/^gumshoe_series (\d+)$/m.exec(await this.#metrics())?.[1]);
  }

  /** Waits until it has collected once more: what /metrics says is of the last time. */
  async nextCollection(): Promise<void> {
    const time = async (): Promise<string | undefined> => CPU_TIME.exec(await this.#metrics())?.[0];
    const before = await time();
    while ((await time()) === before) await sleep(500);
  }

  /** Losses so far by cause, as the collector counted them when it collected last; without those by sampling. */
  async losses(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const [, queue = '', cause = '', value] of (await this.#metrics()).matchAll(LOSSES))
      if (cause !== 'sampled_out') counts.set(`${queue} ${cause}`.trim(), Number(value));
    return counts;
  }

  /** The same as text, 'nothing' without any. */
  async lost(): Promise<string> {
    return lossText(await this.losses());
  }

  /** Ends the collector, so that its profile is written. */
  async endCollector(): Promise<void> {
    await this.#collector?.stop();
  }

  /** Ends all that was started. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const close of this.closers.reverse()) await close();
    writeFileSync(STATISTICS, this.#statistics);
    this.network.remove();
    this.slice.remove();
    this.#unit.remove();
    this.#elsewhere.remove();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What was lost since `before`. */
export function lossText(
  losses: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number> = new Map(),
): string {
  const parts = [...losses]
    .map(([cause, count]) => [cause, count - (before.get(cause) ?? 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([cause, count]) => `${cause} ${count}`);
  return parts.join(', ') || 'nothing';
}
