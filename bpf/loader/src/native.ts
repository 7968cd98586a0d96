import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What the addon answers when the kernel refuses; the last lines of the verifier's log where there are any. */
export interface NativeRefusal {
  readonly errno: number;
  readonly code: string;
  readonly message: string;
  readonly program?: string;
  readonly log?: string;
}

export interface NativeObject {
  programs(): { readonly name: string; readonly section: string; readonly autoload: boolean }[];
  maps(): {
    readonly name: string;
    readonly type: string;
    readonly keySize: number;
    readonly valueSize: number;
    readonly maxEntries: number;
  }[];
  setAutoload(program: string, on: boolean): void;
  setMaxEntries(map: string, entries: number): void;
  setGlobal(variable: string, bytes: Uint8Array): void;
  load(): NativeRefusal | undefined;
  attach(program: string): number | NativeRefusal;
  attachPerfEvent(program: string, cpu: number, pid: number, frequency: number): number | NativeRefusal;
  attachUprobe(
    program: string,
    path: string,
    offset: number,
    pid: number,
    symbol?: string,
  ): number | NativeRefusal;
  attachIterator(program: string, map?: string): number | NativeRefusal;
  readIterator(link: number): ArrayBuffer;
  detach(link: number): boolean;
  detachLater(link: number): boolean;
  lookup(map: string, key: Uint8Array): Uint8Array | undefined;
  update(map: string, key: Uint8Array, value: Uint8Array): void;
  remove(map: string, key: Uint8Array): boolean;
  entries(
    map: string,
    take: boolean,
  ): { readonly count: number; readonly keys: ArrayBuffer; readonly values: ArrayBuffer };
  openRing(map: string, batchBytes: number, flushMs: number, deliver: (batch: ArrayBuffer) => void): number;
  ringStatistics(ring: number): { readonly records: number; readonly batches: number };
  closeRing(ring: number): void;
  programStatistics(program: string): { readonly runTimeNs: number; readonly runCount: number } | undefined;
  close(): void;
}

/** The machine's clock, seconds (adjtimex(2)). */
export interface ClockState {
  /** Offset from its reference, which the kernel still corrects. */
  readonly offset: number;
  /** By how much it may be wrong at most. */
  readonly maxError: number;
  readonly synchronized: boolean;
}

export interface NativeStarvationWatch {
  arm(): void;
  starved(): number;
  close(): void;
}

export interface NativeAddon {
  readonly BpfObject: new (bytes: Uint8Array, name: string) => NativeObject;
  readonly StarvationWatch: new (
    everyMs: number,
    most: number,
    relief: readonly string[],
  ) => NativeStarvationWatch;
  enableStatistics(): number | NativeRefusal;
  closeDescriptor(fd: number): void;
  possibleCpus(): number;
  releaseFilePages(): number;
  clockState(): ClockState | undefined;
  openPinnedMap(path: string):
    | {
        readonly fd: number;
        readonly type: number;
        readonly keySize: number;
        readonly valueSize: number;
      }
    | NativeRefusal;
  /** Fills `value`; whether the key was there. */
  lookupPinnedMap(fd: number, key: Uint8Array, value: Uint8Array): boolean;
}

const PATH = join(import.meta.dirname, '..', 'build', 'Release', 'ebpf_loader.node');
let addon: NativeAddon | undefined;

/** Why the addon cannot be loaded here; undefined when it can. */
export function addonProblem(): string | undefined {
  if (process.platform !== 'linux') return `eBPF needs Linux, this is ${process.platform}`;
  return existsSync(PATH) ? undefined : 'the native addon is not built: run npm run bootstrap';
}

/** Loads the addon at first use, so that importing the package is harmless on any platform. */
export function nativeAddon(): NativeAddon {
  const problem = addonProblem();
  if (problem) throw new Error(problem);
  addon ??= createRequire(import.meta.url)(PATH) as NativeAddon;
  return addon;
}
