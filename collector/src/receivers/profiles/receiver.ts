import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { RESOURCE_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { CPU_PROFILE_TYPE } from '@gumshoe/schema/tables/profiles';
import type { SampleRow, StackRow } from '@gumshoe/schema/tables/profiles';
import { timestampText } from '../../processors/clock-offset.ts';
import { KernelSymbols } from '../../symbols/kernel-symbols.ts';
import { ModuleCache } from '../../symbols/modules.ts';
import { ProcessSymbols } from '../../symbols/process-symbols.ts';
import type { KernelSample, ProfileCounters, ProfileKernel, ProfileProgram } from './kernel.ts';
import { stackFrames } from './stack-frames.ts';
import { stackHash } from './stack-hash.ts';

/** Whose samples they are. */
export interface ProfileOwner {
  readonly serviceName: string;
  /** Resource attributes; `container.id` becomes a label. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface ProfileRows {
  /** Those of the samples that were not handed over lately. */
  readonly stacks: readonly StackRow[];
  readonly samples: readonly SampleRow[];
}

export interface ProfileReceiverOptions {
  readonly kernel: ProfileKernel;
  /** undefined: not ours to store. */
  readonly ownerOf: (tgid: number, cgroupId: bigint) => ProfileOwner | undefined;
  /** Rows of one interval. The consumer bounds its own queue. */
  readonly onRows: (rows: ProfileRows) => void;
  /** Samples a second and CPU. */
  readonly frequency: number;
  /** ns since the epoch. */
  readonly now: () => bigint;
  readonly proc?: string;
  readonly kernelSymbols?: KernelSymbols;
}

export interface ProfileTotals extends ProfileCounters {
  /** Samples of processes that belong to no container. */
  readonly ownerless: number;
}

/** A stack is handed over again after this time, so that a loss heals and its time to live is renewed. */
const REPEAT_STACKS_AFTER = 60_000_000_000n;
const MAX_SENT_STACKS = 50_000;
/** Processes whose names are kept between intervals; the longest silent goes first. */
const MAX_PROCESSES = 512;

interface KnownProcess {
  readonly started: string;
  readonly symbols: ProcessSymbols;
  hasPython: boolean;
}

interface SampledProcess {
  readonly tgid: number;
  readonly owner: ProfileOwner;
  readonly symbols: ProcessSymbols;
  readonly samples: readonly KernelSample[];
}

/** Turns the kernel's sampled stacks into rows, once per `collect`. */
export class ProfileReceiver {
  readonly #options: ProfileReceiverOptions;
  readonly #modules = new ModuleCache();
  readonly #kernelSymbols: KernelSymbols;
  readonly #processes = new Map<number, KnownProcess>();
  readonly #proc: string;
  /** When each stack was handed over last, by service and hash. */
  readonly #sent = new Map<string, bigint>();
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
    return this.#options.kernel.programs;
  }

  get totals(): ProfileTotals {
    return { ...this.#options.kernel.counters(), ownerless: this.#ownerless };
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
    this.#options.kernel.close();
    this.#modules.close();
    this.#processes.clear();
  }

  async #collect(): Promise<void> {
    const samples = await this.#options.kernel.drain();
    const processes = this.#ownProcesses(samples);
    if (samples.some((sample) => sample.kernel.length > 0)) await this.#kernelSymbols.load();
    const [start, end] = [this.#since, this.#options.now()];
    this.#since = end;
    const rows = new RowBuilder(timestampText(start), timestampText(end), 1e9 / this.#options.frequency);
    for (const own of processes) {
      addProcess(rows, own, (address) => this.#kernelSymbols.frameAt(address));
      // Reading symbol tables takes a while: others have their turn.
      await setImmediate();
    }
    this.#forget();
    if (rows.samples.length > 0)
      this.#options.onRows({ stacks: this.#unsent(rows.stacks, end), samples: rows.samples });
  }

  #unsent(stacks: readonly StackRow[], now: bigint): readonly StackRow[] {
    if (this.#sent.size > MAX_SENT_STACKS) this.#sent.clear();
    const due = stacks.filter((stack) => now - (this.#sent.get(keyOf(stack)) ?? 0n) >= REPEAT_STACKS_AFTER);
    for (const stack of due) this.#sent.set(keyOf(stack), now);
    return due;
  }

  /** Before anything slow: Python stacks are read from the moment that the interpreter is known. */
  #ownProcesses(samples: readonly KernelSample[]): readonly SampledProcess[] {
    const own: SampledProcess[] = [];
    for (const [tgid, taken] of Map.groupBy(samples, (sample) => sample.tgid)) {
      const owner = this.#options.ownerOf(tgid, taken[0]!.cgroupId);
      if (!owner) {
        this.#ownerless += taken.reduce((sum, sample) => sum + sample.count, 0);
        continue;
      }
      const known = this.#processOf(tgid);
      known.symbols.begin(taken[0]!.user[0]);
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
    this.#options.kernel.setPython(tgid, python);
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
    if (known?.hasPython) this.#options.kernel.setPython(tgid, undefined);
    const process = { started, symbols: new ProcessSymbols(root, this.#modules), hasPython: false };
    this.#processes.set(tgid, process);
    return process;
  }

  /** Exited processes, and the longest silent of too many. */
  #forget(): void {
    for (const [tgid, { started, hasPython }] of this.#processes) {
      const isGone = startOf(`${this.#proc}/${tgid}`) !== started;
      if (!isGone && this.#processes.size <= MAX_PROCESSES) continue;
      this.#processes.delete(tgid);
      if (hasPython) this.#options.kernel.setPython(tgid, undefined);
    }
  }
}

function addProcess(
  rows: RowBuilder,
  { tgid, owner, symbols, samples }: SampledProcess,
  kernelFrameAt: (address: number) => string,
): void {
  const names = {
    frameAt: (address: number) => symbols.frameAt(address),
    codeAt: (code: number) => symbols.codeAt(code),
    interpreter: symbols.python?.module,
  };
  for (const sample of samples)
    rows.add(owner, tgid, stackFrames(sample, names, kernelFrameAt), sample.count);
  symbols.end();
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

const keyOf = ({ ServiceName, Hash }: Pick<StackRow, 'ServiceName' | 'Hash'>): string =>
  `${ServiceName}\0${Hash}`;

/** Merges samples with equal frames of a process; addresses within one function differ, frames do not. */
class RowBuilder {
  readonly #start: string;
  readonly #end: string;
  readonly #nanosecondsEach: number;
  readonly #stacks = new Map<string, StackRow>();
  readonly #samples = new Map<string, SampleRow & { Value: number }>();

  constructor(start: string, end: string, nanosecondsEach: number) {
    this.#start = start;
    this.#end = end;
    this.#nanosecondsEach = nanosecondsEach;
  }

  add(owner: ProfileOwner, tgid: number, frames: readonly string[], count: number): void {
    const hash = stackHash(frames);
    const stackKey = keyOf({ ServiceName: owner.serviceName, Hash: hash });
    if (!this.#stacks.has(stackKey))
      this.#stacks.set(stackKey, {
        ServiceName: owner.serviceName,
        Hash: hash,
        LastSeen: this.#end,
        Stack: frames,
      });
    const value = Math.round(count * this.#nanosecondsEach);
    const sampleKey = `${tgid}\0${stackKey}`;
    const known = this.#samples.get(sampleKey);
    if (known) known.Value += value;
    else this.#samples.set(sampleKey, this.#sample(owner, tgid, hash, value));
  }

  get stacks(): readonly StackRow[] {
    return [...this.#stacks.values()];
  }

  get samples(): readonly SampleRow[] {
    return [...this.#samples.values()];
  }

  #sample(owner: ProfileOwner, tgid: number, hash: string, value: number): SampleRow & { Value: number } {
    const { containerId, processPid } = RESOURCE_ATTRIBUTES;
    return {
      ServiceName: owner.serviceName,
      Type: CPU_PROFILE_TYPE,
      Start: this.#start,
      End: this.#end,
      Labels: { [containerId]: owner.resource[containerId] ?? '', [processPid]: String(tgid) },
      StackHash: hash,
      Value: value,
    };
  }
}
