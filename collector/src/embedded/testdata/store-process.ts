import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A real store in a child process, for tests. */
export interface StoreProcess {
  readonly clickhouse: string;
  readonly prometheus: string;
  /** Sends the signal and waits for the end; gives the exit code, or the signal that ended it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null>;
}

export async function startStore(directory: string, flags: readonly string[] = []): Promise<StoreProcess> {
  const child = spawn(process.execPath, [
    MAIN,
    ...['--data', directory, '--clickhouse-listen', '127.0.0.1:0', '--prometheus-listen', '127.0.0.1:0'],
    ...flags,
  ]);
  const ready = JSON.parse(await firstLine(child)) as { clickhouse: string; prometheus: string };
  return {
    ...ready,
    stop: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
      return child.exitCode ?? child.signalCode;
    },
  };
}

/** First line on stdout; rejects with what went to stderr when the process ends before. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const end = out.indexOf('\n');
      if (end >= 0) resolve(out.slice(0, end));
    });
    child.once('exit', () => reject(new Error(errors)));
  });
}
