import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadObject } from 'ebpf-loader-native';
import type { Attached, IteratorLink, LoadedObject, Refusal } from 'ebpf-loader-native';
import type { PythonLayout } from '../../symbols/python-layout.ts';
import type { PythonProcess } from '../../symbols/python-process.ts';
import { constants, layout } from '../ebpf/layout.generated.ts';
import type { KernelTarget } from '../ebpf/target.ts';
import { decodeSamples } from './decode.ts';
import { NO_COUNTS } from './kernel.ts';
import type { KernelSample, ProfileCounters, ProfileKernel, ProfileProgram } from './kernel.ts';

const OBJECTS = fileURLToPath(new URL('../../../../bpf/out/', import.meta.url));
const ONLINE_CPUS = '/sys/devices/system/cpu/online';
/** Keeps map target_pids current; of no use in other modes. */
const PID_PROGRAMS = ['target_inherit', 'target_forget'];
/** Longer than a program runs, so that nobody still writes to the set that is read. */
const SETTLE_MS = 2;
const MOST_LEFT_OUT = 1024;
const SET = Uint8Array.of(1);

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

/** An object that makes a profile. */
export interface ProfilePlan {
  /** File of bpf/out without its ending. */
  readonly object: string;
  /** Sampled on each CPU, so many times a second. */
  readonly clock?: { readonly program: string; readonly frequency: number };
  /** An iterator over `map` that completes a set of samples after the sets have changed over. */
  readonly settle?: { readonly program: string; readonly map: string };
  readonly maxEntries?: Readonly<Record<string, number>>;
  /** Stacks of one set that there is room for, where the object keeps a share of its samples when there are more. */
  readonly room?: number;
}

export const cpuPlan = (frequency: number): ProfilePlan => ({
  object: 'cpu_profile',
  clock: { program: 'cpu_sample', frequency },
});

export const OFF_CPU_PLAN: ProfilePlan = {
  object: 'offcpu',
  settle: { program: 'offcpu_settle', map: 'waiting_threads' },
};

/** Few places allocate: a quarter of the room saves 6 MB of the kernel's memory. */
export const MEMORY_PLAN: ProfilePlan = {
  object: 'memory_profile',
  maxEntries: {
    profile_samples_0: 2048,
    profile_samples_1: 2048,
    profile_stacks_0: 1024,
    profile_stacks_1: 1024,
  },
  room: 1024,
};

/** CPUs that run. */
export const onlineCpus = (): readonly number[] => parseCpuList(readFileSync(ONLINE_CPUS, 'utf8'));

/** Nothing runs, and /status says why. */
function refusedKernel(object: string, reason: string): ProfileKernel {
  return {
    programs: [{ object, program: '*', attached: false, reason }],
    drain: async () => [],
    setPython: () => {},
    counters: () => NO_COUNTS,
    close: () => {},
  };
}

/** Loads the object of a profile and attaches it. A refusal is a value. */
export function openProfileKernel(
  target: KernelTarget,
  collectorTgid: number,
  plan: ProfilePlan,
): ProfileKernel {
  try {
    return new NativeProfileKernel(load(target, collectorTgid, plan), target, plan);
  } catch (error) {
    return refusedKernel(plan.object, error instanceof Error ? error.message : String(error));
  }
}

function load(
  target: KernelTarget,
  collectorTgid: number,
  { object, maxEntries = {} }: ProfilePlan,
): LoadedObject {
  return loadObject({
    bytes: readFileSync(`${OBJECTS}/${object}.bpf.o`),
    name: object,
    exclude: target.mode === constants.GS_TARGET_PID ? [] : PID_PROGRAMS,
    globals: { target_mode: u32(target.mode), collector_tgid: u32(collectorTgid) },
    maxEntries,
  });
}

/** CPUs of a list such as `0-3,8`. */
export function parseCpuList(text: string): readonly number[] {
  return text
    .trim()
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

class NativeProfileKernel implements ProfileKernel {
  readonly programs: readonly ProfileProgram[];
  readonly #object: LoadedObject;
  readonly #plan: ProfilePlan;
  #settle: IteratorLink | undefined;
  #set = 0;
  /** Of how many samples one is kept; what was lost until the last drain. */
  #share = 1;
  #lost = 0;

  constructor(object: LoadedObject, target: KernelTarget, plan: ProfilePlan) {
    this.#object = object;
    this.#plan = plan;
    for (const id of target.cgroupIds) object.update('target_cgroups', u64(id), SET);
    for (const pid of target.pids) object.update('target_pids', u32(pid), SET);
    for (const netns of target.netns) object.update('target_netns', u32(netns), SET);
    this.programs = [...object.refusals.map((refusal) => refused(plan.object, refusal)), ...this.#attach()];
  }

  async drain(): Promise<readonly KernelSample[]> {
    const full = this.#set;
    this.#set = 1 - full;
    this.#object.update('profile_control', u32(0), u32(this.#set));
    await sleep(SETTLE_MS);
    this.#settle?.read();
    const samples = this.#object.takeEntries(`profile_samples_${full}`);
    const stacks = this.#object.takeEntries(`profile_stacks_${full}`);
    this.#makeRoom(stacks.count);
    return decodeSamples(samples, stacks);
  }

  /** Half the room is for what comes suddenly. */
  #makeRoom(stacks: number): void {
    const { room } = this.#plan;
    if (room === undefined) return;
    const { samplesLost, stacksLost } = this.counters();
    const wanted = stacks + samplesLost + stacksLost - this.#lost;
    this.#lost = samplesLost + stacksLost;
    this.#share = nextShare(this.#share, wanted, room / 2);
    this.#object.update('profile_control', u32(1), u32(this.#share));
  }

  setPython(tgid: number, python: PythonProcess | undefined): void {
    if (python) this.#object.update('python_processes', u32(tgid), encodePython(python));
    else this.#object.delete('python_processes', u32(tgid));
  }

  counters(): ProfileCounters {
    return {
      samples: this.#counter(constants.GS_PROFILE_SAMPLES),
      samplesLost: this.#counter(constants.GS_PROFILE_SAMPLES_LOST),
      stacksLost: this.#counter(constants.GS_PROFILE_STACKS_LOST),
      shortWaits: this.#counter(constants.GS_PROFILE_SHORT),
      shortNs: this.#counter(constants.GS_PROFILE_SHORT_NS),
      skipped: this.#counter(constants.GS_PROFILE_SKIPPED),
    };
  }

  close(): void {
    this.#object.close();
  }

  #attach(): readonly ProfileProgram[] {
    const { object } = this.#plan;
    return this.#object.programs().map(({ name }) => {
      const made = this.#attachOne(name);
      const failed = made.find((one) => !one.ok);
      const isAttached = made.some((one) => one.ok);
      return failed && !failed.ok && !isAttached
        ? refused(object, failed.refusal)
        : { object, program: name, attached: isAttached, reason: '' };
    });
  }

  #attachOne(name: string): readonly Attached[] {
    const { clock, settle } = this.#plan;
    if (name === clock?.program) return this.#attachToCpus(name, clock.frequency);
    if (name !== settle?.program) return [this.#object.attach(name)];
    const made = this.#object.attachIterator(name, settle.map);
    if (made.ok) this.#settle = made.link;
    return [made];
  }

  /** A CPU that goes offline meanwhile is no refusal of the others. */
  #attachToCpus(program: string, frequency: number): readonly Attached[] {
    return onlineCpus().map((cpu) => this.#object.attachPerfEvent(program, cpu, frequency));
  }

  #counter(index: number): number {
    const slots = this.#object.lookup('profile_counters', u32(index));
    if (!slots) return 0;
    return new BigUint64Array(slots.slice().buffer).reduce((sum, value) => sum + Number(value), 0);
  }
}

/** Of how many samples one is to be kept, when with `share` as many stacks as `wanted` came. */
export const nextShare = (share: number, wanted: number, room: number): number =>
  Math.min(MOST_LEFT_OUT, Math.max(1, Math.round((share * wanted) / room)));

function refused(object: string, { program, stage, message, code, log }: Refusal): ProfileProgram {
  const reason = `${stage}: ${message} (${code})${log ? `\n${log.trimEnd()}` : ''}`;
  return { object, program, attached: false, reason };
}

const MARK_MASKS: Readonly<Record<PythonLayout['markKind'], number>> = { each: 0, entry: 1, owner: 3 };
const MARK_STYLES: Readonly<Record<PythonLayout['markKind'], number>> = {
  each: constants.GS_PYTHON_MARK_ENTRY,
  entry: 0,
  owner: constants.GS_PYTHON_MARK_OWNER,
};

function encodePython({ runtime, layout: offsets }: PythonProcess): Uint8Array {
  const { size, fields } = layout.gs_python_process;
  const view = new DataView(new ArrayBuffer(size));
  view.setBigUint64(fields.runtime.offset, BigInt(runtime), true);
  const put = (field: { readonly offset: number }, value: number | undefined) =>
    view.setUint16(field.offset, value ?? constants.GS_PYTHON_NONE, true);
  put(fields.runtime_current_thread, offsets.runtimeCurrentThread);
  put(fields.runtime_interpreter, offsets.runtimeInterpreter);
  put(fields.interpreter_thread, offsets.interpreterThread);
  put(fields.thread_next, offsets.threadNext);
  put(fields.thread_id, offsets.threadId);
  put(fields.thread_cframe, offsets.threadFrame);
  put(fields.cframe_frame, offsets.cframeFrame);
  put(fields.frame_code, offsets.frameCode);
  put(fields.frame_previous, offsets.framePrevious);
  put(fields.frame_mark, offsets.frameMark ?? 0);
  view.setUint8(fields.mark_mask.offset, MARK_MASKS[offsets.markKind]);
  view.setUint8(fields.mark_style.offset, MARK_STYLES[offsets.markKind]);
  return new Uint8Array(view.buffer);
}
