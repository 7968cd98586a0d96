import { fileExists } from '../../file-exists.ts';
import type { MapDump } from '../../processors/counter-fold.ts';
import { layout } from '../ebpf/layout.generated.ts';
import type { AttachedUprobe } from '../ebpf/kernel.ts';
import type { ProcessEvent } from '../ebpf/process-event.ts';
import { holdFile, mappedFiles, systemLibraries } from './mapped-files.ts';
import { recognise } from './recognise.ts';
import { TlsTargets, type TargetsOptions, type TargetStatus } from './targets.ts';

/** The request programs in the kernel. */
export interface RequestPrograms {
  attachUprobe(program: string, path: string, offset: number): AttachedUprobe;
  dump(map: string): MapDump;
  delete(map: string, keys: readonly Uint8Array[]): void;
}

export interface TlsReceiverOptions extends Pick<
  TargetsOptions,
  'deny' | 'linger' | 'maxHitsPerSecond' | 'suspicion' | 'onChange'
> {
  readonly programs: RequestPrograms;
  readonly procfs: string;
  readonly hostRoot: string;
  /** ms since the epoch */
  readonly now: () => number;
  /** Does something in so many ms, unless the receiver is closed by then. */
  readonly later: (work: () => void, ms: number) => void;
}

const MAP = 'tls_processes';
const { hits: HITS } = layout.gs_tls_process.fields;
/** Programs link their libraries before this many ms behind their start. */
const LINKED_AFTER = 60;
/** ms between looks at processes that ran before us: a machine has thousands. */
const BETWEEN_ADOPTED = 5;
/** Looks at fresh processes per second; a machine that starts more is not followed through each of them. */
const MAX_LOOKS = 50;

/**
 * Finds the TLS libraries of processes and attaches the kernel's probes to them. A process is looked at when the
 * kernel has seen TLS on a connection of its own, and for its shared libraries also right behind its start (or ours),
 * since many do not live for long, and so that the first connection is not missed.
 */
export class TlsReceiver {
  readonly #options: TlsReceiverOptions;
  readonly #targets: TlsTargets;
  /** Hits of each process at the last look, and whether its files are known. */
  readonly #speakers = new Map<number, number>();
  #looks = 0;
  #skipped = 0;
  #lastUpdate: number;

  constructor(options: TlsReceiverOptions) {
    this.#options = options;
    this.#lastUpdate = options.now();
    this.#targets = new TlsTargets({
      ...options,
      recognise,
      hold: holdFile,
      attach: (program, path, offset) => options.programs.attachUprobe(program, path, offset),
    });
  }

  /** Of processes in the target. */
  onProcess(event: ProcessEvent): void {
    if (event.change === 'exit') {
      this.#speakers.delete(event.tgid);
      this.#targets.exited(event.tgid, event.exitCode, this.#options.now());
      this.#options.programs.delete(MAP, [keyOf(event.tgid)]);
    }
    if (event.change !== 'exec') return;
    this.#speakers.delete(event.tgid);
    if (++this.#looks > MAX_LOOKS) {
      this.#skipped++;
      return;
    }
    this.#options.later(() => this.#look(event.tgid, false), LINKED_AFTER);
  }

  /** Processes that run already: their libraries are attached before they are seen to speak TLS. */
  adopt(tgids: Iterable<number>): void {
    let wait = 0;
    for (const tgid of tgids) this.#options.later(() => this.#look(tgid, false), (wait += BETWEEN_ADOPTED));
  }

  /** Looks at new speakers of TLS, at how often probes are hit, and at what is used no more. Once per second or so. */
  update(): void {
    const now = this.#options.now();
    const seconds = Math.max((now - this.#lastUpdate) / 1000, 0.001);
    this.#lastUpdate = now;
    this.#looks = 0;
    const rates = new Map<number, number>();
    for (const [tgid, hits] of this.#hits()) {
      const before = this.#speakers.get(tgid);
      if (before === undefined && !this.#look(tgid, true)) this.#lookAtSystem();
      this.#speakers.set(tgid, hits);
      rates.set(tgid, Math.max(hits - (before ?? hits), 0) / seconds);
    }
    this.#targets.rates(rates);
    this.#forgetGone(now);
    this.#targets.prune(now);
  }

  /** Processes that started while too many did, and were not looked at then. */
  get skipped(): number {
    return this.#skipped;
  }

  status(): readonly TargetStatus[] {
    return this.#targets.status();
  }

  close(): void {
    this.#targets.close();
  }

  /**
   * False when the process is gone. `speaks`: the kernel saw TLS, so its executable is worth reading; else only when
   * it is known already.
   */
  #look(tgid: number, speaks: boolean): boolean {
    const all = mappedFiles(tgid, this.#options.procfs);
    const files = all.filter(
      ({ isExecutable, identity }) => speaks || !isExecutable || this.#targets.knows(identity),
    );
    this.#targets.use(tgid, files, this.#options.now());
    return all.length > 0;
  }

  /** Who spoke TLS was gone before we looked: the next of its kind likely uses what the system has. */
  #lookAtSystem(): void {
    this.#targets.expect(systemLibraries(this.#options.hostRoot), this.#options.now());
  }

  /** Exits that no event told. */
  #forgetGone(now: number): void {
    for (const tgid of new Set(this.#targets.users()))
      if (!fileExists(`${this.#options.procfs}/${tgid}`)) this.#targets.exited(tgid, 0, now);
  }

  *#hits(): Generator<readonly [tgid: number, hits: number]> {
    const { count, keySize, valueSize, keys, values } = this.#options.programs.dump(MAP);
    const keyView = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
    const valueView = new DataView(values.buffer, values.byteOffset, values.byteLength);
    for (let i = 0; i < count; i++)
      yield [
        keyView.getUint32(i * keySize, true),
        Number(valueView.getBigUint64(i * valueSize + HITS.offset, true)),
      ];
  }
}

const keyOf = (tgid: number): Uint8Array => new Uint8Array(Uint32Array.of(tgid).buffer);
