import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sleep } from './command.ts';

/** A program of ours that prints one JSON line when it is ready and logs to stderr. */
export class Program {
  readonly name: string;
  readonly logFile: string;
  private readonly child: ChildProcess;
  readonly ready: Promise<Readonly<Record<string, unknown>>>;

  constructor(
    name: string,
    args: readonly string[],
    logFile: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.name = name;
    this.logFile = logFile;
    const log = openSync(logFile, 'a');
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'pipe', log],
      env: { ...process.env, ...env },
    });
    this.ready = this.readLine(180_000);
    this.ready.catch(() => {});
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  private readLine(limit: number): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      let text = '';
      const timer = setTimeout(() => reject(this.failure(`was not ready after ${limit / 1000} s`)), limit);
      this.child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk;
        const end = text.indexOf('\n');
        if (end < 0) return;
        clearTimeout(timer);
        try {
          resolve(JSON.parse(text.slice(0, end)));
        } catch {
          reject(this.failure(`printed ${JSON.stringify(text.slice(0, end))} where its ready line belongs`));
        }
        text = '';
      });
      this.child.on('exit', (code, signal) => {
        clearTimeout(timer);
        reject(this.failure(`ended with ${signal ?? `exit code ${code}`} before it was ready`));
      });
    });
  }

  private failure(what: string): Error {
    const tail = readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-8).join('\n  ');
    return new Error(`${this.name} ${what}; the end of ${basename(this.logFile)}:\n  ${tail}`);
  }

  async stop(limit = 15_000): Promise<void> {
    if (!this.running) return;
    this.child.kill('SIGTERM');
    for (let waited = 0; this.running && waited < limit; waited += 50) await sleep(50);
    if (this.running) this.child.kill('SIGKILL');
    for (let waited = 0; this.running && waited < 2000; waited += 50) await sleep(50);
  }
}
