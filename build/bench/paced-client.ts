import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from './compile.ts';

/** Of a request in the log: when it was sent, µs since the epoch, and how long its answer took, µs. */
const DOUBLES = 2;

/** A stretch of time, ms since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface PacedLoad {
  readonly address: string;
  readonly port: number;
  /** Network namespace of the client. */
  readonly namespace: string;
  /** Keep-alive connections. */
  readonly connections: number;
  /** Requests a second of all together. */
  readonly rate: number;
  /** Before the client's own words: what binds it to processors. */
  readonly prefix: readonly string[];
  /** For the client and its log. */
  readonly dir: string;
}

/** What was answered in one stretch. */
export interface Answers {
  all: number;
  /** ms, of those that count */
  readonly durations: number[];
}

/**
 * A client that asks over many connections in equal distances until it is told to end (paced-client.c): one thread
 * without a garbage collector. Of many processes each waits for the others' turns on a processor, and calls that latency.
 */
export class PacedClient {
  readonly #child: ChildProcess;
  readonly #log: string;
  #said = '';

  private constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.#log = log;
    child.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk));
    child.on('error', (error) => (this.#said = error.message)); // has no process id: end() says so
  }

  /** @throws Error when the client cannot be compiled. */
  static start({ address, port, namespace, connections, rate, prefix, dir }: PacedLoad): PacedClient {
    const [program, log] = [compile('paced-client', dir), join(dir, 'latencies')];
    const words = [address, String(port), String(connections), String(rate), log];
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', ...prefix, program, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new PacedClient(child, log);
  }

  /**
   * Ends the client. Durations of requests that were sent in each stretch, in whole milliseconds that `counts`.
   * @throws Error when the client had ended by itself.
   */
  async end(stretches: readonly Stretch[], counts: (ms: number) => boolean): Promise<readonly Answers[]> {
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null)
      throw new Error(`the client ended by itself, with exit code ${child.exitCode}: ${this.#said.trim()}`);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
    const { buffer, byteOffset, byteLength } = readFileSync(this.#log);
    rmSync(this.#log);
    return answersOf(new Float64Array(buffer, byteOffset, byteLength / 8), stretches, counts);
  }

  /** Ends it if it still runs. */
  stop(): void {
    this.#child.kill('SIGTERM');
  }
}

function answersOf(
  log: Float64Array,
  stretches: readonly Stretch[],
  counts: (ms: number) => boolean,
): readonly Answers[] {
  const answers = stretches.map((): Answers => ({ all: 0, durations: [] }));
  for (let i = 0; i + 1 < log.length; i += DOUBLES) {
    const ms = Math.floor(log[i]! / 1000);
    const answer = answers[stretches.findIndex(({ from, to }) => ms >= from && ms < to)];
    if (!answer) continue;
    answer.all++;
    if (counts(ms)) answer.durations.push(log[i + 1]! / 1000);
  }
  return answers;
}
