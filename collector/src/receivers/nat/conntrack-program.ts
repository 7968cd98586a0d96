import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';
import { parseConntrack, type Translation } from '../../identity/conntrack-text.ts';
import type { NatSource } from '../../identity/conntrack.ts';

const run = promisify(execFile);
const PROGRAM = ['conntrack'];
const LIST_LIMIT_BYTES = 16 << 20;
const LIST_PATIENCE_MS = 5000;
/** Translations between two intervals; the oldest are given up first. */
const WAITING = 20_000;

/** Translations of the connections there are, by `conntrack -L`; [] where it is not installed, or not allowed. */
export async function listedTranslations(): Promise<readonly Translation[]> {
  try {
    const options = { maxBuffer: LIST_LIMIT_BYTES, timeout: LIST_PATIENCE_MS };
    const [program = '', ...words] = PROGRAM;
    const { stdout } = await run(program, [...words, '-L', '-p', 'tcp', '--dst-nat'], options);
    return parseConntrack(stdout);
  } catch {
    return [];
  }
}

/** The event stream of conntrack-tools: a process of its own, which ends with `close`. */
export class ConntrackProgram implements NatSource {
  readonly name = 'conntrack -E';
  readonly #child: ChildProcess;
  #waiting: Translation[] = [];
  #rest = '';
  #ended = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.once('exit', () => (this.#ended = true));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#read(text));
  }

  /** The reason where it is not installed or may not listen. `command`: how to run it, for other namespaces. */
  static async start(command: readonly string[] = PROGRAM): Promise<ConntrackProgram | string> {
    const [program = '', ...words] = command;
    const child = spawn(program, [...words, '-E', '-e', 'NEW', '-p', 'tcp', '--dst-nat'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-500)));
    const reason = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code) => resolve(said.trim() || `${command.join(' ')} ended with ${code}`));
      // it says nothing when it has begun to listen
      setTimeout(resolve, 300, undefined);
    });
    return reason ?? new ConntrackProgram(child);
  }

  translations(): Iterable<Translation> | undefined {
    if (this.#ended) return undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  close(): void {
    this.#child.kill();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, 4096);
    this.#waiting.push(...parseConntrack(lines.join('\n')));
    if (this.#waiting.length > WAITING) this.#waiting = this.#waiting.slice(-WAITING);
  }
}
