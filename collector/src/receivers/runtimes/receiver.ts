import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerSeries, SampleSink } from '../../processors/sample-sink.ts';
import { generationOf, RuntimeProcess } from './process.ts';
import type { Attachment, Runtime } from './runtime.ts';
import { ContainerTotals, type Previous } from './totals.ts';

export interface RuntimeReceiverOptions {
  readonly procfs: string;
  readonly runtimes: readonly Runtime[];
  /** Live processes of the target with their containers. */
  readonly processes: () => Iterable<readonly [pid: number, container: ContainerSeries]>;
}

/** One runtime in one process. */
interface Candidate {
  readonly runtime: Runtime;
  attachment: Attachment | undefined;
  reason: string;
  attempts: number;
  /** Interval of the next attempt; Infinity when it is no such process. */
  next: number;
  busy: boolean;
  readonly previous: Previous;
}

interface Watched {
  readonly generation: string;
  readonly candidates: readonly Candidate[];
  gone: boolean;
}

/** Processes looked at for the first time in one interval; the others have their turn later. */
const NEW_PER_INTERVAL = 200;
/** A runtime makes its files a moment after its process began: asked again so many times, then rarely. */
const MAX_ATTEMPTS = 12;
/** ms that an interval waits for new attachments. */
const PATIENCE = 1000;
const REASONS_SHOWN = 8;

/** Reads what language runtimes tell of themselves, process by process, and sums it up by container. */
export class RuntimeReceiver {
  readonly #options: RuntimeReceiverOptions;
  readonly #watched = new Map<number, Watched>();
  readonly #totals = new ContainerTotals();
  #interval = 0;

  constructor(options: RuntimeReceiverOptions) {
    this.#options = options;
  }

  /** Finds processes, reads those that are attached, and gives the sums. Once per interval. */
  async collect(sink: SampleSink): Promise<void> {
    this.#interval++;
    const live = new Map(this.#options.processes());
    this.#forgetGone(live);
    await this.#attachNew(live);
    for (const runtime of this.#options.runtimes) runtime.prepare?.();
    this.#totals.begin();
    for (const [pid, container] of live) this.#read(pid, container);
    this.#totals.emit(sink);
  }

  /** By runtime: processes read, and reasons of those that are not. */
  status(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      this.#options.runtimes.map((runtime) => [runtime.name, this.#statusOf(runtime)]),
    );
  }

  stop(): void {
    for (const watched of this.#watched.values()) release(watched);
    this.#watched.clear();
    for (const runtime of this.#options.runtimes) runtime.close?.();
  }

  #statusOf(runtime: Runtime): Readonly<Record<string, unknown>> {
    const refused: Record<number, string> = {};
    let attached = 0;
    let refusals = 0;
    for (const [pid, { candidates }] of this.#watched)
      for (const candidate of candidates) {
        if (candidate.runtime !== runtime) continue;
        if (candidate.attachment) attached++;
        else if (candidate.reason && refusals++ < REASONS_SHOWN) refused[pid] = candidate.reason;
      }
    return {
      attached,
      ...(refusals > 0 ? { refusals, refused } : {}),
      ...(runtime.reason ? { reason: runtime.reason } : {}),
      cost: runtime.cost,
    };
  }

  #forgetGone(live: ReadonlyMap<number, ContainerSeries>): void {
    for (const [pid, watched] of this.#watched) {
      if (live.has(pid) && generationOf(this.#options.procfs, pid) === watched.generation) continue;
      release(watched);
      this.#watched.delete(pid);
    }
  }

  async #attachNew(live: ReadonlyMap<number, ContainerSeries>): Promise<void> {
    const { procfs } = this.#options;
    const work: Promise<void>[] = [];
    let fresh = 0;
    for (const pid of live.keys()) {
      const known = this.#watched.get(pid);
      if (!known && ++fresh > NEW_PER_INTERVAL) continue;
      const watched = known ?? this.#watch(pid, generationOf(procfs, pid));
      const due = watched.candidates.filter(
        ({ next, attachment, busy }) => !attachment && !busy && next <= this.#interval,
      );
      if (due.length === 0) continue;
      const process = new RuntimeProcess(procfs, pid);
      for (const candidate of due) work.push(this.#attach(candidate, process, watched));
    }
    // A runtime that is slow to answer has its values in a later interval.
    const late = new AbortController();
    await Promise.race([
      Promise.all(work),
      sleep(PATIENCE, undefined, { signal: late.signal, ref: false }).catch(() => undefined),
    ]);
    late.abort();
  }

  #watch(pid: number, generation: string): Watched {
    const candidates = this.#options.runtimes.map((runtime) => ({
      runtime,
      attachment: undefined,
      reason: '',
      attempts: 0,
      next: 0,
      busy: false,
      previous: new Map(),
    }));
    const watched = { generation, candidates, gone: false };
    this.#watched.set(pid, watched);
    return watched;
  }

  async #attach(candidate: Candidate, process: RuntimeProcess, watched: Watched): Promise<void> {
    candidate.busy = true;
    try {
      const found = await candidate.runtime.attach(process);
      if (found === undefined) candidate.next = Infinity;
      else if ('reason' in found) this.#refuse(candidate, found.reason);
      else if (watched.gone) found.close();
      else Object.assign(candidate, { attachment: found, reason: '', attempts: 0 });
    } catch (error) {
      this.#refuse(candidate, error instanceof Error ? error.message : String(error));
    } finally {
      candidate.busy = false;
    }
  }

  #refuse(candidate: Candidate, reason: string): void {
    candidate.reason = reason;
    candidate.attempts = Math.min(candidate.attempts + 1, MAX_ATTEMPTS);
    // 1, 2, 4 … 64 intervals later: 16 min at the usual 15 s
    candidate.next = this.#interval + 2 ** Math.min(candidate.attempts - 1, 6);
  }

  #read(pid: number, container: ContainerSeries): void {
    for (const candidate of this.#watched.get(pid)?.candidates ?? []) {
      const { attachment, previous } = candidate;
      if (!attachment) continue;
      try {
        attachment.read((metric, value, labels = {}) =>
          this.#totals.add(container, metric, labels, value, previous),
        );
      } catch (error) {
        attachment.close();
        candidate.attachment = undefined;
        this.#refuse(candidate, error instanceof Error ? error.message : String(error));
      }
    }
  }
}

function release(watched: Watched): void {
  watched.gone = true;
  for (const candidate of watched.candidates) {
    candidate.attachment?.close();
    candidate.attachment = undefined;
  }
}
