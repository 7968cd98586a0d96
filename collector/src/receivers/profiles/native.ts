import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadObject } from 'ebpf-loader-native';
import type { LoadedObject, Refusal } from 'ebpf-loader-native';
import type { PythonProcess } from '../../symbols/python-process.ts';
import { constants, layout } from '../ebpf/layout.generated.ts';
import type { KernelTarget } from '../ebpf/target.ts';
import { decodeSamples } from './decode.ts';
import type { KernelSample, ProfileCounters, ProfileKernel, ProfileProgram } from './kernel.ts';

const OBJECTS = fileURLToPath(new URL('../../../../bpf/out/', import.meta.url));
const OBJECT = 'cpu_profile';
const PROGRAM = 'cpu_sample';
const ONLINE_CPUS = '/sys/devices/system/cpu/online';
/** Keeps map target_pids current; of no use in other modes. */
const PID_PROGRAMS = ['target_inherit', 'target_forget'];
/** Longer than a program runs, so that nobody still writes to the set that is read. */
const SETTLE_MS = 2;
const SET = Uint8Array.of(1);

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

/** Nothing runs, and /status says why. */
function refusedKernel(reason: string): ProfileKernel {
  return {
    programs: [{ object: OBJECT, program: '*', attached: false, reason }],
    drain: async () => [],
    setPython: () => {},
    counters: () => ({ samples: 0, samplesLost: 0, stacksLost: 0 }),
    close: () => {},
  };
}

/** Loads the object and samples every CPU `frequency` times a second. A refusal is a value. */
export function openProfileKernel(
  target: KernelTarget,
  collectorTgid: number,
  frequency: number,
): ProfileKernel {
  try {
    return new NativeProfileKernel(load(target, collectorTgid), target, frequency);
  } catch (error) {
    return refusedKernel(error instanceof Error ? error.message : String(error));
  }
}

function load(target: KernelTarget, collectorTgid: number): LoadedObject {
  return loadObject({
    bytes: readFileSync(`${OBJECTS}/${OBJECT}.bpf.o`),
    name: OBJECT,
    exclude: target.mode === constants.GS_TARGET_PID ? [] : PID_PROGRAMS,
    globals: { target_mode: u32(target.mode), collector_tgid: u32(collectorTgid) },
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
  #set = 0;

  constructor(object: LoadedObject, target: KernelTarget, frequency: number) {
    this.#object = object;
    for (const id of target.cgroupIds) object.update('target_cgroups', u64(id), SET);
    for (const pid of target.pids) object.update('target_pids', u32(pid), SET);
    for (const netns of target.netns) object.update('target_netns', u32(netns), SET);
    this.programs = [...object.refusals.map(refused), ...this.#attach(frequency)];
  }

  async drain(): Promise<readonly KernelSample[]> {
    const full = this.#set;
    this.#set = 1 - full;
    this.#object.update('profile_control', u32(0), u32(this.#set));
    await sleep(SETTLE_MS);
    return decodeSamples(
      this.#object.takeEntries(`profile_samples_${full}`),
      this.#object.takeEntries(`profile_stacks_${full}`),
    );
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
    };
  }

  close(): void {
    this.#object.close();
  }

  #attach(frequency: number): readonly ProfileProgram[] {
    const programs: ProfileProgram[] = [];
    for (const { name } of this.#object.programs()) {
      const made = name === PROGRAM ? this.#attachToCpus(frequency) : [this.#object.attach(name)];
      const failed = made.find((one) => !one.ok);
      const isAttached = made.some((one) => one.ok);
      programs.push(
        failed && !failed.ok && !isAttached
          ? refused(failed.refusal)
          : { object: OBJECT, program: name, attached: isAttached, reason: '' },
      );
    }
    return programs;
  }

  /** A CPU that goes offline meanwhile is no refusal of the others. */
  #attachToCpus(frequency: number) {
    return parseCpuList(readFileSync(ONLINE_CPUS, 'utf8')).map((cpu) =>
      this.#object.attachPerfEvent(PROGRAM, cpu, frequency),
    );
  }

  #counter(index: number): number {
    const slots = this.#object.lookup('profile_counters', u32(index));
    if (!slots) return 0;
    return new BigUint64Array(slots.slice().buffer).reduce((sum, value) => sum + Number(value), 0);
  }
}

function refused({ program, stage, message, code, log }: Refusal): ProfileProgram {
  const reason = `${stage}: ${message} (${code})${log ? `\n${log.trimEnd()}` : ''}`;
  return { object: OBJECT, program, attached: false, reason };
}

function encodePython({ runtime, layout: offsets }: PythonProcess): Uint8Array {
  const { size, fields } = layout.gs_python_process;
  const view = new DataView(new ArrayBuffer(size));
  view.setBigUint64(fields.runtime.offset, BigInt(runtime), true);
  const put = (field: { readonly offset: number }, value: number) =>
    view.setUint16(field.offset, value, true);
  put(fields.runtime_current_thread, offsets.runtimeCurrentThread);
  put(fields.runtime_interpreter, offsets.runtimeInterpreter);
  put(fields.interpreter_thread, offsets.interpreterThread);
  put(fields.thread_next, offsets.threadNext);
  put(fields.thread_id, offsets.threadId);
  put(fields.thread_cframe, offsets.threadCframe);
  put(fields.cframe_frame, offsets.cframeFrame);
  put(fields.frame_code, offsets.frameCode);
  put(fields.frame_previous, offsets.framePrevious);
  put(fields.frame_is_entry, offsets.frameIsEntry);
  return new Uint8Array(view.buffer);
}
