import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

const MAX_LINE = 4096;
/** ms until a command that ended is started again, doubled each time up to the last. */
const PAUSE = 5_000;
const LONGEST_PAUSE = 600_000;

/** Full path of a program on a PATH; undefined when it is on none of its folders. */
export function onPath(program: string, path: string): string | undefined {
  return path
    .split(':')
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A command that prints lines until it is stopped, started again when it ends by itself. */
export class LineCommand {
  readonly #file: string;
  readonly #args: readonly string[];
  readonly #onLine: (line: string) => void;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pause = PAUSE;
  #rest = '';
  /** Why it does not run; '' while it does. */
  reason = '';

  constructor(file: string, args: readonly string[], onLine: (line: string) => void) {
    this.#file = file;
    this.#args = args;
    this.#onLine = onLine;
    this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }

  #start(): void {
    const child = spawn(this.#file, this.#args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    this.reason = '';
    this.#rest = '';
    child.unref();
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    child.once('error', (error) => this.#ended(child, error.message));
    child.once('exit', (code, signal) => this.#ended(child, `ended with ${signal ?? code}`));
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) this.#onLine(line.slice(0, MAX_LINE));
    if (lines.length > 0) this.#pause = PAUSE;
  }

  #ended(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.reason = `${this.#file} ${this.#args[0]}: ${reason}`;
    this.#timer = setTimeout(() => this.#start(), this.#pause).unref();
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}
