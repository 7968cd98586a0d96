import { readFileSync } from 'node:fs';
import { sleep } from '../../demo/command.ts';

/** ms between looks at the resident memory, and between questions for /metrics: out of step with the interval. */
const LOOK_EVERY = 250;
const ASK_EVERY = 1_200;
/** ms; a longer pause between looks means that this process did not run: what was measured then says nothing. */
const LONGEST_PAUSE = 5_000;

/** ms for an answer. */
const PATIENCE = 10_000;

/** What was seen since the last `take`. */
export interface Seen {
  /** Bytes, at each look. */
  readonly resident: readonly number[];
  /** ms until the whole answer of /metrics was there, each. */
  readonly answers: readonly number[];
  /** Questions for /metrics that were not answered. */
  readonly unanswered: number;
  /** Bytes of memory that no file backs, and series, at the last look. */
  readonly anonymous: number;
  readonly series: number;
}

/** Looks at a process from outside: its resident memory often, its /metrics regularly. */
export class Looks {
  readonly #pid: number;
  readonly #address: string;
  readonly #running: Promise<readonly void[]>;
  #resident: number[] = [];
  #answers: number[] = [];
  #unanswered = 0;
  #series = NaN;
  #watched = 0;
  #pauses = 0;
  #isStopped = false;

  constructor(pid: number, address: string) {
    this.#pid = pid;
    this.#address = address;
    this.#running = Promise.all([this.#look(), this.#ask()]);
    this.#running.catch(() => {}); // said by `stop`
  }

  /** ms of looking so far, without the pauses in which this process did not run. */
  get watched(): number {
    return this.#watched;
  }

  take(): Seen {
    const seen = {
      resident: this.#resident,
      answers: this.#answers,
      unanswered: this.#unanswered,
      series: this.#series,
    };
    this.#unanswered = 0;
    this.#resident = [];
    this.#answers = [];
    return { ...seen, anonymous: kilobytes(this.#pid, 'RssAnon') * 1024 };
  }

  /** Ends the looking; rejects with what kept it from looking. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #look(): Promise<void> {
    for (let before = performance.now(); !this.#isStopped; await sleep(LOOK_EVERY)) {
      this.#resident.push(kilobytes(this.#pid, 'VmRSS') * 1024);
      const now = performance.now();
      if (now - before < LONGEST_PAUSE) this.#watched += now - before;
      else this.#pauses++;
      before = now;
    }
  }

  async #ask(): Promise<void> {
    for (; !this.#isStopped; await sleep(ASK_EVERY)) {
      const pauses = this.#pauses;
      const asked = performance.now();
      const text = await this.#metrics();
      const took = performance.now() - asked;
      await sleep(LOOK_EVERY * 2); // until the next look has seen a pause
      if (this.#pauses !== pauses) continue;
      if (text === undefined) this.#unanswered++;
      else this.#answers.push(took);
      this.#series = Number(/^gumshoe_series (\d+)$/m.exec(text ?? '')?.[1] ?? this.#series);
    }
  }

  #metrics(): Promise<string | undefined> {
    const signal = AbortSignal.timeout(PATIENCE);
    return fetch(`${this.#address}/metrics`, { signal })
      .then((answer) => answer.text())
      .catch(() => undefined);
  }
}

/** A value of /proc/PID/status. */
function kilobytes(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]);
}
