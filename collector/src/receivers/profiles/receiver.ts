import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { SampleRow, StackRow } from '@gumshoe/schema/tables/profiles';
import { timestampText } from '../../processors/clock-offset.ts';
import { KernelSymbols } from '../../symbols/kernel-symbols.ts';
import { ModuleCache } from '../../symbols/modules.ts';
import type { PythonProcess } from '../../symbols/python-process.ts';
import { ProcessSymbols } from '../../symbols/process-symbols.ts';
import type { KernelSample, ProfileCounters, ProfileKernel, ProfileProgram } from './kernel.ts';
import type { ProfileKind } from './kinds.ts';
import { ProfileQuality } from './quality.ts';
import { type ProfileOwner, RowBuilder, stackKey } from './rows.ts';
import { isCut } from './stack-end.ts';
import { userFrames, wholeStack } from './stack-frames.ts';

export type { ProfileOwner } from './rows.ts';

export interface ProfileRows {
  /** Those of the samples that were not handed over lately. */
  readonly stacks: readonly StackRow[];
  readonly samples: readonly SampleRow[];
}

/** One profile: where its samples come from and what they mean. */
export interface ProfileSource {
  readonly kernel: ProfileKernel;
  readonly kind: ProfileKind;
}

export interface ProfileReceiverOptions {
  readonly sources: readonly ProfileSource[];
  /** undefined: not ours to store. */
  readonly ownerOf: (tgid: number, cgroupId: bigint) => ProfileOwner | undefined;
  /** Rows of one interval. The consumer bounds its own queue. */
  readonly onRows: (rows: ProfileRows) => void;
  /** ns since the epoch. */
  readonly now: () => bigint;
  /** Whether rows would be refused now: samples go to `onShed` without being named. */
  readonly isShedding?: () => boolean;
  readonly onShed?: (samples: number) => void;
  readonly proc?: string;
  readonly kernelSymbols?: KernelSymbols;
}

export interface ProfileTotals {
  /** Of the kernel, by profile type. */
  readonly counters: Readonly<Record<string, ProfileCounters>>;
  /** Stacks of processes that belong to no container. */
  readonly ownerless: number;
}

/** A stack is handed over again after this time, so that a loss heals and its time to live is renewed. */
const REPEAT_STACKS_AFTER = 60_000_000_000n;
/** Of whole processes: rows of all of them at once would be megabytes that only wait. */
const ROWS_AT_ONCE = 200;
const MAX_SENT_STACKS = 20_000;
/** Label of stacks whose callers are missing. */
export const STACK_CUT = 'stack.cut';
/** Processes whose names are kept between intervals; the longest silent goes first. */
const MAX_PROCESSES = 512;

interface KnownProcess {
  readonly started: string;
  readonly symbols: ProcessSymbols;
  hasPython: boolean;
}

interface TypedSample {
  readonly sample: KernelSample;
  readonly kind: ProfileKind;
}

interface SampledProcess {
  readonly tgid: number;
  readonly owner: ProfileOwner;
  readonly symbols: ProcessSymbols;
  readonly samples: readonly TypedSample[];
}

/** Turns the kernel's sampled stacks into rows, once per `collect`. */
export class ProfileReceiver {
  readonly #options: ProfileReceiverOptions;
  readonly #modules = new ModuleCache();
  readonly #kernelSymbols: KernelSymbols;
  readonly #processes = new Map<number, KnownProcess>();
  readonly #proc: string;
  /** When each stack was handed over, by service and hash: those of the last minute. */
  readonly #sent = new Map<string, bigint>();
  readonly quality = new ProfileQuality();
  #ownerless = 0;
  #since: bigint;
  #running: Promise<void> | undefined;

  constructor(options: ProfileReceiverOptions) {
    this.#options = options;
    this.#proc = options.proc ?? '/proc';
    this.#kernelSymbols = options.kernelSymbols ?? new KernelSymbols();
    this.#since = options.now();
  }

  get programs(): readonly ProfileProgram[] {
    return this.#options.sources.flatMap(({ kernel }) => kernel.programs);
  }

  get totals(): ProfileTotals {
    const counters = this.#options.sources.map(({ kernel, kind }) => [kind.type, kernel.counters()]);
    return {
      counters: Object.fromEntries(counters) as Record<string, ProfileCounters>,
      ownerless: this.#ownerless,
    };
  }

  /** Reads what was sampled since the last call and hands over its rows. A call during another waits for that one. */
  collect(): Promise<void> {
    this.#running ??= this.#collect().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Hands over what is left. */
  async stop(): Promise<void> {
    await this.#running;
    await this.collect();
    for (const { kernel } of this.#options.sources) kernel.close();
    this.#modules.close();
    this.#processes.clear();
  }

  async #collect(): Promise<void> {
    const samples = await this.#drain();
    const [start, end] = [this.#since, this.#options.now()];
    this.#since = end;
    if (this.#options.isShedding?.()) return this.#shed(samples.length);
    const began = performance.now();
    const processes = this.#ownProcesses(samples);
    if (samples.some(({ sample }) => sample.kernel.length > 0)) await this.#kernelSymbols.load();
    let rows = new RowBuilder(timestampText(start), timestampText(end));
    for (const own of processes) {
      this.#addProcess(rows, own);
      if (rows.length >= ROWS_AT_ONCE) {
        this.#handOver(rows, end);
        rows = new RowBuilder(timestampText(start), timestampText(end));
      }
      // Reading symbol tables takes a while: others have their turn.
      await setImmediate();
    }
    this.#handOver(rows, end);
    this.#forget();
    this.#modules.trim();
    this.quality.addTime(performance.now() - began);
  }

  #handOver(rows: RowBuilder, now: bigint): void {
    if (rows.length === 0) return;
    this.#options.onRows({ stacks: this.#unsent(rows.stacks, now), samples: rows.samples });
  }

  async #drain(): Promise<readonly TypedSample[]> {
    const { sources } = this.#options;
    const drained = await Promise.all(sources.map(({ kernel }) => kernel.drain()));
    return drained.flatMap((samples, i) => samples.map((sample) => ({ sample, kind: sources[i]!.kind })));
  }

  /** Memory is short: what names take is given back too. */
  #shed(samples: number): void {
    this.#options.onShed?.(samples);
    this.#modules.close();
    this.#sent.clear();
  }

  #addProcess(rows: RowBuilder, { tgid, owner, symbols, samples }: SampledProcess): void {
    const names = {
      frameAt: (address: number) => symbols.frameAt(address),
      codeAt: (code: number) => symbols.codeAt(code),
      interpreter: symbols.python?.module,
    };
    for (const { sample, kind } of samples) {
      const kernel = Array.from(sample.kernel, (address) => this.#kernelSymbols.frameAt(address));
      const { python } = sample;
      const user = userFrames({ user: sample.user, python }, names);
      // Python's own stack is whole, whatever C hides.
      const cut = python.length === 0 && isCut(user);
      const value = sample.value * kind.unit;
      this.quality.add(kind.type, value, user, cut);
      rows.add(owner, {
        type: kind.type,
        tgid,
        frames: wholeStack(kind.kernelFrames?.(kernel) ?? kernel, user),
        labels: { ...kind.labelsOf?.(sample, kernel), ...(cut ? { [STACK_CUT]: 'true' } : {}) },
        value,
      });
    }
    symbols.end();
  }

  #unsent(stacks: readonly StackRow[], now: bigint): readonly StackRow[] {
    for (const [key, sent] of this.#sent) {
      // in the order in which they were handed over
      if (now - sent < REPEAT_STACKS_AFTER && this.#sent.size <= MAX_SENT_STACKS) break;
      this.#sent.delete(key);
    }
    const due = stacks.filter((stack) => !this.#sent.has(stackKey(stack)));
    for (const stack of due) this.#sent.set(stackKey(stack), now);
    return due;
  }

  /** Before anything slow: Python stacks are read from the moment that the interpreter is known. */
  #ownProcesses(samples: readonly TypedSample[]): readonly SampledProcess[] {
    const own: SampledProcess[] = [];
    for (const [tgid, taken] of Map.groupBy(samples, ({ sample }) => sample.tgid)) {
      const owner = this.#options.ownerOf(tgid, taken[0]!.sample.cgroupId);
      if (!owner) {
        this.#ownerless += taken.length;
        continue;
      }
      const known = this.#processOf(tgid);
      known.symbols.begin(taken.find(({ sample }) => sample.user.length > 0)?.sample.user[0]);
      this.#followPython(tgid, known);
      own.push({ tgid, owner, symbols: known.symbols, samples: taken });
    }
    return own;
  }

  /** Tells the kernel where the interpreter of a process is, once it is known. */
  #followPython(tgid: number, process: KnownProcess): void {
    const { python } = process.symbols;
    if ((python !== undefined) === process.hasPython) return;
    process.hasPython = python !== undefined;
    this.#setPython(tgid, python);
  }

  #setPython(tgid: number, python: PythonProcess | undefined): void {
    for (const { kernel } of this.#options.sources) kernel.setPython(tgid, python);
  }

  /** A process id that is used again is another process. */
  #processOf(tgid: number): KnownProcess {
    const root = `${this.#proc}/${tgid}`;
    const started = startOf(root);
    const known = this.#processes.get(tgid);
    this.#processes.delete(tgid);
    if (known && (known.started === started || started === '')) {
      this.#processes.set(tgid, known);
      return known;
    }
    if (known?.hasPython) this.#setPython(tgid, undefined);
    const process = { started, symbols: new ProcessSymbols(root, this.#modules), hasPython: false };
    this.#processes.set(tgid, process);
    return process;
  }

  /** Exited processes, and the longest silent of too many. */
  #forget(): void {
    for (const [tgid, { started, hasPython }] of this.#processes) {
      const now = startOf(`${this.#proc}/${tgid}`);
      const isGone = now === '' || now !== started;
      if (!isGone && this.#processes.size <= MAX_PROCESSES) continue;
      this.#processes.delete(tgid);
      if (hasPython) this.#setPython(tgid, undefined);
    }
  }
}

/** Start time in ticks since boot; '' when the process is gone. */
function startOf(root: string): string {
  try {
    // The name in parentheses may hold anything, parentheses too.
    const stat = readFileSync(`${root}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
