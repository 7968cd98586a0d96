import type { MapDump } from '../../processors/counter-fold.ts';
import type { ProgramPreference } from './hooks.ts';

/** What this receiver asks of the kernel, in its own words; native.ts speaks to the loader. */

/** One program of an object, as /status lists it. */
export interface ProgramStatus {
  readonly object: string;
  readonly program: string;
  readonly attached: boolean;
  /** '' when attached; else the kernel's reason, with the verifier's last lines. */
  readonly reason: string;
}

/** A value for `.rodata` before load. */
export interface Constant {
  readonly name: string;
  readonly size: 4 | 8;
  readonly value: number | bigint;
}

/** Keys to put into a map before anything is attached; the values are 1. */
export interface Preset {
  readonly map: string;
  readonly keys: readonly Uint8Array[];
}

export interface ObjectPlan {
  /** File name in bpf/out without `.bpf.o`. */
  readonly name: string;
  readonly constants: readonly Constant[];
  readonly presets: readonly Preset[];
  /** Programs that are left alone. */
  readonly skip: readonly string[];
  readonly prefer?: readonly ProgramPreference[];
  /** Size of the ring buffer: a power of two of at least a page. */
  readonly ringBytes: number;
  /** Map by iterator program, for those that walk one. */
  readonly iteratorMaps: Readonly<Record<string, string>>;
}

/** Ring-buffer records of one batch, framed as ./batch.ts reads them. */
export type BatchConsumer = (batch: DataView) => void;

/** A uprobe in place, or the kernel's reason. */
export type AttachedUprobe =
  { readonly ok: true; readonly detach: () => void } | { readonly ok: false; readonly reason: string };

export interface KernelObject {
  readonly programs: readonly ProgramStatus[];
  /** All entries of a hash map. */
  dump(map: string): MapDump;
  /** The value of one entry; undefined when it is not there. */
  lookup(map: string, key: Uint8Array): Uint8Array | undefined;
  /** Entries that are not there are no error. */
  delete(map: string, keys: readonly Uint8Array[]): void;
  /** Sum over CPUs of each entry of a per-CPU array of u64, by index. */
  counters(map: string): readonly number[];
  /** Runs an iterator program to its end; a refused one is no error, /status shows it. */
  iterate(program: string): void;
  /** Attaches a program of section `uprobe` at an offset of a file, for every process that maps the file. */
  attachUprobe(program: string, path: string, offset: number): AttachedUprobe;
  /** Detaches at once; records still in the ring buffer are delivered before it resolves. */
  close(): Promise<void>;
}

export interface Kernel {
  /** A refused object is a value: no program attached, each with the reason. */
  load(plan: ObjectPlan, onBatch: BatchConsumer): KernelObject;
}
