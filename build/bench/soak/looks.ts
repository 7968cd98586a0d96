import { readFileSync } from 'node:fs';
import { sleep } from '../../demo/command.ts';

/** ms between looks at the resident memory, and between questions for /metrics: out of step with the interval. */
const LOOK_EVERY = 250;
const ASK_EVERY = 1_700;

/** What was seen since the last `take`. */
export interface Seen {
  /** Bytes, at each look. */
  readonly resident: readonly number[];
  /** ms until the whole answer of /metrics was there, each. */
  readonly answers: readonly number[];
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
  #series = NaN;
  #isStopped = false;

  constructor(pid: number, address: string) {
    this.#pid = pid;
    this.#address = address;
    this.#running = Promise.all([this.#look(), this.#ask()]);
    this.#running.catch(() => {}); // said by `stop`
  }

  take(): Seen {
    const seen = { resident: this.#resident, answers: this.#answers, series: this.#series };
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
    for (; !this.#isStopped; await sleep(LOOK_EVERY)) {
      this.#resident.push(kilobytes(this.#pid, 'VmRSS') * 1024);
    }
  }

  async #ask(): Promise<void> {
    for (; !this.#isStopped; await sleep(ASK_EVERY)) {
      const asked = performance.now();
      const text = await (await fetch(`${this.#address}/metrics`)).text();
      this.#answers.push(performance.now() - asked);
      this.#series = Number(/^gumshoe_series (\d+)$/m.exec(text)?.[1] ?? NaN);
    }
  }
}

/** A value of /proc/PID/status. */
function kilobytes(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]);
}
