import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@gumshoe/base/logger';
import { watchStarvation, type StarvationWatch } from 'ebpf-loader-native';
import { parseCgroupFile } from '../identity/cgroup.ts';
import { findMounts } from './proc/cgroup-files.ts';

/** ms between looks. */
const LOOK_EVERY = 500;
/** Of the time since the last look: an interval's collection beside a busy server comes to half. */
const TOO_LONG = 0.8;
/** ms of its share before it gives way again; twice as long each time that this was too early. */
const HOLD = 10_000;
const LONGEST_HOLD = 300_000;

/** What makes a share: a fifth of others', in cgroup v2 and v1 (cgroup-v2.rst, `cpu.weight`; sched-design-CFS.rst). */
const SHARE: readonly (readonly [file: string, text: string])[] = [
  ['cpu.idle', '0'],
  ['cpu.weight', '20'],
  ['cpu.shares', '204'],
];

export type ProcessorShareState =
  /** Nobody made its cgroup idle: its share is its own affair. */
  | 'as configured'
  /** It runs when nobody else wants the processor. */
  | 'gives way'
  /** It fell behind and takes a share for some time. */
  | 'takes its share'
  /** Its cgroup is idle and it may not change that: it can fall behind. */
  | 'gives way for good';

export interface ProcessorShareOptions {
  readonly procfs: string;
  readonly cgroupfs: string;
  readonly logger: Logger;
  readonly watch?: typeof watchStarvation;
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The cgroup of this process that decides on processors; undefined where none is to be seen. */
function ownCgroup(procfs: string, cgroupfs: string): string | undefined {
  const { unified, controllers } = parseCgroupFile(text(join(procfs, 'self/cgroup')) ?? '');
  const mounts = findMounts(cgroupfs);
  const [root, path] =
    controllers['cpu'] === undefined
      ? [mounts.unified, unified]
      : [mounts.controller('cpu'), controllers['cpu']];
  return root === undefined || path === '' ? undefined : join(root, path);
}

/**
 * Lets everything else on the machine go first as long as that costs nothing (decision 25). Where whoever started the
 * collector made its cgroup idle (`CPUWeight=idle`; cpu.idle, Linux 5.15), a task that wakes takes the processor from it at once. Beside
 * something that takes all there is it would get next to nothing, so how long it waits is watched, by a thread that has
 * nothing else to do, and when that is too long it takes a fifth of what others weigh for some time.
 */
export class ProcessorShare {
  readonly #options: ProcessorShareOptions;
  readonly #cgroup: string | undefined;
  #state: ProcessorShareState = 'as configured';
  #timer: NodeJS.Timeout | undefined;
  #watch: StarvationWatch | undefined;
  /** ms, when it takes or gave way last */
  #changedAt = Number.NEGATIVE_INFINITY;
  #hold = HOLD;
  #fellBehind = 0;

  constructor(options: ProcessorShareOptions) {
    this.#options = options;
    this.#cgroup = ownCgroup(options.procfs, options.cgroupfs);
  }

  get state(): ProcessorShareState {
    return this.#state;
  }

  /** Whether it runs only when nobody else wants a processor. */
  get isIdle(): boolean {
    return this.#state === 'gives way' || this.#state === 'gives way for good';
  }

  /** How often it had to take its share. */
  get fellBehind(): number {
    return this.#fellBehind;
  }

  /** Seconds that the main thread waited for a processor since it was started; undefined where the kernel does not count them. */
  get waitedSeconds(): number | undefined {
    const waited = this.#waitedMs();
    return waited === undefined ? undefined : waited / 1000;
  }

  /** `now` in ms, of any clock that only moves on. */
  start(now: number): void {
    if (this.#cgroup === undefined || text(join(this.#cgroup, 'cpu.idle')) !== '1') return;
    this.#changedAt = now;
    if (!SHARE.map(([file, share]) => this.#write(file, share))[0]) return this.#stay();
    // starting is work for seconds, and the kernel's programs do not wait
    this.#watch = this.#openWatch();
    this.#take(this.#watch ? 'it starts' : 'nobody can tell how long it waits');
    if (!this.#watch) return;
    this.#timer = setInterval(() => this.look(performance.now()), LOOK_EVERY);
    this.#timer.unref();
  }

  /** Leaves the cgroup as it was found. */
  stop(): void {
    clearInterval(this.#timer);
    this.#watch?.close();
    if (this.#state === 'takes its share') this.#write('cpu.idle', '1');
  }

  /** Whether it waited too long, or has taken its share for long enough. */
  look(now: number): void {
    if (!this.#watch) return;
    const starved = this.#watch.starved();
    if (this.#state === 'gives way' && starved > 0) {
      const tooEarly = now - this.#changedAt < this.#hold;
      this.#hold = tooEarly ? Math.min(2 * this.#hold, LONGEST_HOLD) : HOLD;
      this.#fellBehind++;
      this.#changedAt = now;
      this.#take(`it waited for a processor ${Math.min(100, Math.round(100 * starved))} % of the time`);
    } else if (this.#state === 'takes its share' && now - this.#changedAt >= this.#hold) {
      this.#changedAt = now;
      if (!this.#write('cpu.idle', '1')) return;
      this.#state = 'gives way';
      this.#watch.arm();
    }
  }

  /** undefined where the kernel does not count waiting, and without the loader's addon. */
  #openWatch(): StarvationWatch | undefined {
    if (this.#waitedMs() === undefined) return undefined;
    const relief = SHARE.map(([file, share]) => [join(this.#cgroup!, file), share] as const);
    try {
      return (this.#options.watch ?? watchStarvation)(LOOK_EVERY, TOO_LONG, relief);
    } catch {
      return undefined;
    }
  }

  #waitedMs(): number | undefined {
    const [, delay] = text(join(this.#options.procfs, 'self/schedstat'))?.split(' ') ?? [];
    return delay === undefined ? undefined : Number(delay) / 1e6;
  }

  #take(reason: string): void {
    this.#state = 'takes its share';
    this.#options.logger.log('info', 'takes its share of the processors', { reason });
  }

  #stay(): void {
    this.#state = 'gives way for good';
    this.#options.logger.log('warn', 'runs only when nobody else wants a processor, and can fall behind', {
      reason: 'its cgroup is idle and it may not change that (cpu.idle)',
      cgroup: this.#cgroup,
    });
  }

  /** Whether it is there and took it. */
  #write(file: string, value: string): boolean {
    try {
      writeFileSync(join(this.#cgroup!, file), value, { flag: 'r+' });
      return true;
    } catch {
      return false;
    }
  }
}
