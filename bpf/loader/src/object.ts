import { nativeAddon, type NativeObject, type NativeRefusal } from './native.ts';

/** A program that the kernel did not take. A value: one refused program costs one feature, not the object. */
export interface Refusal {
  readonly program: string;
  /** libbpf section, `tp_btf/sched_process_exit`. */
  readonly section: string;
  readonly stage: 'load' | 'attach';
  readonly errno: number;
  /** `EPERM`, `EINVAL`, … */
  readonly code: string;
  readonly message: string;
  /** Last lines of the verifier's log; '' where the verifier said nothing. */
  readonly log: string;
}

export interface ProgramFacts {
  readonly name: string;
  readonly section: string;
}

export interface MapFacts {
  readonly name: string;
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** Programs that do the work of others, at hooks that not every kernel has. */
export interface Preference {
  readonly programs: readonly string[];
  /** Loaded in their place when the kernel refuses one of them. */
  readonly otherwise: readonly string[];
}

export interface LoadOptions {
  /** The ELF object. */
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Programs not to load at all. */
  readonly exclude?: readonly string[];
  readonly prefer?: readonly Preference[];
  /** Initial values of global variables by name; the byte length must be the variable's. */
  readonly globals?: Readonly<Record<string, Uint8Array>>;
  readonly maxEntries?: Readonly<Record<string, number>>;
}

/** Packed entries of a map: entry i is `keySize` bytes at `i * keySize`, and likewise its value. */
export interface MapEntries {
  readonly count: number;
  readonly keys: ArrayBuffer;
  readonly values: ArrayBuffer;
}

export interface RingOptions {
  /** A batch crosses into JavaScript when it holds this many bytes (default 256 KiB) … */
  readonly batchBytes?: number;
  /** … or after this many ms (default 50). */
  readonly flushMs?: number;
}

export interface Link {
  readonly program: string;
  /** Idempotent. */
  detach(): void;
  /** The same without waiting: detaching a uprobe takes the kernel 100 ms and more. */
  detachLater(): void;
}

export interface IteratorLink extends Link {
  /** Runs the iterator once; what its program wrote with bpf_seq_write. Throws with `errno`, `code`. */
  read(): ArrayBuffer;
}

export interface RingReader {
  statistics(): { readonly records: number; readonly batches: number };
  close(): void;
}

export type Attached<T extends Link = Link> =
  { readonly ok: true; readonly link: T } | { readonly ok: false; readonly refusal: Refusal };

const isRefusal = (value: number | NativeRefusal): value is NativeRefusal => typeof value !== 'number';

/** Objects of this process that are in the kernel. */
const loaded = new Set<LoadedObject>();

/** Time a program of this process has run since it was loaded, while statistics were on. */
export interface RunTime {
  readonly object: string;
  readonly program: string;
  readonly seconds: number;
  readonly runs: number;
}

/** Of every program that ran; nothing while nobody turns statistics on (`enableStatistics`, kernel.bpf_stats_enabled). */
export function runTimes(): readonly RunTime[] {
  return [...loaded].flatMap((object) =>
    object.programs().flatMap(({ name }): RunTime[] => {
      const { runTimeNs = 0, runCount = 0 } = object.programStatistics(name) ?? {};
      return runCount > 0
        ? [{ object: object.name, program: name, seconds: runTimeNs / 1e9, runs: runCount }]
        : [];
    }),
  );
}

/** One loaded eBPF object. Everything it holds is released by `close`, and by the end of the process in any way. */
export class LoadedObject {
  readonly name: string;
  /** Programs the kernel did not take at load. */
  readonly refusals: readonly Refusal[];
  private readonly native: NativeObject;
  private closed = false;

  constructor(name: string, native: NativeObject, refusals: readonly Refusal[]) {
    this.name = name;
    this.native = native;
    this.refusals = refusals;
    loaded.add(this);
  }

  /** Loaded programs. */
  programs(): readonly ProgramFacts[] {
    return this.native
      .programs()
      .filter((program) => program.autoload)
      .map(({ name, section }) => ({ name, section }));
  }

  maps(): readonly MapFacts[] {
    return this.native.maps();
  }

  private outcome(program: string, made: number | NativeRefusal): Attached {
    if (isRefusal(made)) return { ok: false, refusal: this.refusal(program, made) };
    return { ok: true, link: this.link(program, made) };
  }

  private link(program: string, made: number): Link {
    return {
      program,
      detach: () => void (this.closed || this.native.detach(made)),
      detachLater: () => void (this.closed || this.native.detachLater(made)),
    };
  }

  private refusal(program: string, native: NativeRefusal): Refusal {
    const section = this.native.programs().find((one) => one.name === program)?.section ?? '';
    return {
      program,
      section,
      stage: 'attach',
      errno: native.errno,
      code: native.code,
      message: native.message,
      log: native.log ?? '',
    };
  }

  /** Attaches by the program's section name (tracepoint, raw_tp, tp_btf, …). Throws only for an unknown program. */
  attach(program: string): Attached {
    return this.outcome(program, this.native.attach(program));
  }

  /** Software CPU clock at `frequency` Hz on one CPU; `pid` -1 samples every process. */
  attachPerfEvent(program: string, cpu: number, frequency: number, pid = -1): Attached {
    return this.outcome(program, this.native.attachPerfEvent(program, cpu, pid, frequency));
  }

  /** Uprobe at a file offset, or at `symbol` + offset; `pid` -1 probes every process that maps the file. */
  attachUprobe(
    program: string,
    path: string,
    where: { readonly offset?: number; readonly symbol?: string; readonly pid?: number },
  ): Attached {
    return this.outcome(
      program,
      this.native.attachUprobe(program, path, where.offset ?? 0, where.pid ?? -1, where.symbol),
    );
  }

  /** Attaches an iterator, over the elements of `map` when one is named. */
  attachIterator(program: string, map?: string): Attached<IteratorLink> {
    const made = this.native.attachIterator(program, map);
    if (isRefusal(made)) return { ok: false, refusal: this.refusal(program, made) };
    return {
      ok: true,
      link: { ...this.link(program, made), read: () => this.native.readIterator(made) },
    };
  }

  /** undefined when the key is absent. For per-CPU maps: one slot of 8-byte aligned values for each possible CPU. */
  lookup(map: string, key: Uint8Array): Uint8Array | undefined {
    return this.native.lookup(map, key);
  }

  update(map: string, key: Uint8Array, value: Uint8Array): void {
    this.native.update(map, key, value);
  }

  /** Whether the key was there. */
  delete(map: string, key: Uint8Array): boolean {
    return this.native.remove(map, key);
  }

  /** Every entry; batch operations where the map type has them. */
  entries(map: string): MapEntries {
    return this.native.entries(map, false);
  }

  /** Every entry, deleted as it is read. */
  takeEntries(map: string): MapEntries {
    return this.native.entries(map, true);
  }

  /**
   * Polls a ring buffer on a thread of its own. `deliver` gets batches of records: u32 length, u32 zero, the
   * record padded to 8 bytes; `records()` walks one. When JavaScript falls behind, the kernel's ring fills.
   */
  openRing(map: string, deliver: (batch: ArrayBuffer) => void, options: RingOptions = {}): RingReader {
    const ring = this.native.openRing(map, options.batchBytes ?? 256 * 1024, options.flushMs ?? 50, deliver);
    return {
      statistics: () => this.native.ringStatistics(ring),
      close: () => void (this.closed || this.native.closeRing(ring)),
    };
  }

  /** Run time and count of a program since load; zero unless `enableStatistics` was called. */
  programStatistics(program: string): { readonly runTimeNs: number; readonly runCount: number } | undefined {
    return this.native.programStatistics(program);
  }

  /** Detaches and unloads everything. Idempotent. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    loaded.delete(this);
    this.native.close();
  }
}

/** Each refusal means verifying the others anew, up to a second a time. */
const MOST_REFUSALS = 12;

/**
 * Opens and loads an object. A program that the kernel refuses is left out and reported in `refusals`; the
 * others are loaded without it; one that is only preferred is replaced without a word. Throws when nothing can be loaded: bad bytes, no BTF, a refused map, a missing
 * privilege, or more refusals than are worth another try.
 */
export function loadObject(options: LoadOptions): LoadedObject {
  const preferences = new Set(options.prefer);
  const excluded = new Set([
    ...(options.exclude ?? []),
    ...[...preferences].flatMap(({ otherwise }) => otherwise),
  ]);
  const refusals: Refusal[] = [];
  for (;;) {
    const native = new (nativeAddon().BpfObject)(options.bytes, options.name);
    const programs = native.programs();
    for (const program of programs) if (excluded.has(program.name)) native.setAutoload(program.name, false);
    for (const [map, entries] of Object.entries(options.maxEntries ?? {})) native.setMaxEntries(map, entries);
    for (const [variable, bytes] of Object.entries(options.globals ?? {})) native.setGlobal(variable, bytes);
    const refused = native.load();
    if (!refused) return new LoadedObject(options.name, native, refusals);
    native.close();
    const program =
      programs.find((one) => one.name === refused.program) ?? namedIn(refused.message, programs, excluded);
    const hopeless = refused.code === 'EPERM' || refusals.length >= MOST_REFUSALS;
    if (!program || excluded.has(program.name) || hopeless) throw loadError(options.name, refused);
    const preference = [...preferences].find(({ programs }) => programs.includes(program.name));
    if (preference) {
      preferences.delete(preference);
      for (const name of preference.programs) excluded.add(name);
      for (const name of preference.otherwise) excluded.delete(name);
      continue;
    }
    excluded.add(program.name);
    const { errno, code, message, log = '' } = refused;
    refusals.push({
      program: program.name,
      section: program.section,
      stage: 'load',
      errno,
      code,
      message,
      log,
    });
  }
}

/** libbpf names the program in its message (`prog 'name': …`) when the verifier never saw it, as for a missing hook. */
function namedIn(
  message: string,
  programs: readonly ProgramFacts[],
  excluded: ReadonlySet<string>,
): ProgramFacts | undefined {
  const names = [...message.matchAll(/prog '([^']+)'/g)].map((match) => match[1]);
  return programs.find((program) => names.includes(program.name) && !excluded.has(program.name));
}

function loadError(name: string, refused: NativeRefusal): Error {
  const error = new Error(`${name}: ${refused.message}`);
  return Object.assign(error, { errno: refused.errno, code: refused.code });
}
