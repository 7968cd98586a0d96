import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../demo/command.ts';

/** From one client's start to the next one's: as one they ask at once. */
const APART_MS = 13.3;
/** More than any benchmark takes: clients are told when to end. */
const LONGEST_S = 3600;

/** A stretch of time, ms since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface PacedLoad {
  readonly url: string;
  /** Network namespace of the clients. */
  readonly namespace: string;
  /** Keep-alive connections, a client each. */
  readonly connections: number;
  /** Requests a second of all together. */
  readonly rate: number;
  /** Before the client's own words: what binds it to processors. */
  readonly prefix: readonly string[];
  /** For the clients' logs. */
  readonly dir: string;
}

interface Client {
  readonly child: ChildProcess;
  readonly log: string;
}

/**
 * Clients that ask at a steady rate until they are told to end: each a process of h2load of one thread without a
 * garbage collector, whose own pauses would hide others. What is compared shares one set of them, since their phases,
 * which chance decides when they start, move the median more than what is measured.
 */
export class PacedClients {
  readonly #clients: readonly Client[];

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  static async start({ url, namespace, connections, rate, prefix, dir }: PacedLoad): Promise<PacedClients> {
    const clients: Client[] = [];
    for (let i = 0; i < connections; i++) {
      const log = join(dir, `latencies-${i}.tsv`);
      const program = [`--net=/run/netns/${namespace}`, '--', ...prefix, 'h2load'];
      const words = [
        '--h1',
        '-t',
        '1',
        '-c',
        '1',
        '-D',
        String(LONGEST_S),
        '--rps',
        String(rate / connections),
      ];
      const child = spawn('nsenter', [...program, ...words, `--log-file=${log}`, url], { stdio: 'ignore' });
      child.on('error', () => {}); // has no process id: end() says so
      clients.push({ child, log });
      await sleep(APART_MS);
    }
    return new PacedClients(clients);
  }

  /**
   * Ends the clients. Durations of requests, ms, that were sent in each stretch, in whole milliseconds that `counts`.
   * @throws Error when a client had ended by itself.
   */
  async end(stretches: readonly Stretch[], counts: (ms: number) => boolean): Promise<readonly Answers[]> {
    const answers = stretches.map((): Answers => ({ all: 0, durations: [] }));
    for (const { child, log } of this.#clients) {
      if (child.pid === undefined || child.exitCode !== null)
        throw new Error(`h2load ended by itself, with exit code ${child.exitCode}`);
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
      read(log, stretches, answers, counts);
    }
    return answers;
  }

  /** Ends what still runs. */
  stop(): void {
    for (const { child } of this.#clients) child.kill('SIGTERM');
  }
}

/** What was answered in one stretch. */
export interface Answers {
  all: number;
  /** ms, of those that count */
  readonly durations: number[];
}

/** Adds a client's log to `answers`. A line a request: start (µs since the epoch), status, duration (µs). */
function read(
  log: string,
  stretches: readonly Stretch[],
  answers: readonly Answers[],
  counts: (ms: number) => boolean,
): void {
  for (const line of readFileSync(log, 'latin1').split('\n')) {
    const [start, , duration] = line.split('\t');
    const ms = Math.floor(Number(start) / 1000);
    const answer = answers[stretches.findIndex(({ from, to }) => ms >= from && ms < to)];
    if (!answer || duration === undefined) continue;
    answer.all++;
    if (counts(ms)) answer.durations.push(Number(duration) / 1000);
  }
  rmSync(log);
}
