import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';

let created = 0;

/** A network of its own for what a test starts: the eBPF target filter then sees nothing else of the machine. */
export class NetworkNamespace {
  readonly name: string;
  /** Inode number, as in gs_tuple.netns. */
  readonly inode: number;
  readonly #programs = new Set<ChildProcess>();
  readonly #cleanups: (() => void)[] = [];

  constructor() {
    this.name = `gumshoe-bpf-${process.pid}-${++created}`;
    execFileSync('ip', ['netns', 'add', this.name]);
    execFileSync('ip', ['-n', this.name, 'link', 'set', 'lo', 'up']);
    this.inode = statSync(`/run/netns/${this.name}`).ino;
  }

  /** Starts a program inside. `user` drops root. The process id is the program's own. */
  start(command: readonly string[], options: { user?: string; input?: boolean } = {}): ChildProcess {
    const drop = options.user ? asUser(options.user) : [];
    const child = spawn('nsenter', [`--net=/run/netns/${this.name}`, ...drop, ...command], {
      stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    this.#programs.add(child);
    child.once('exit', () => this.#programs.delete(child));
    return child;
  }

  /** Starts a server and waits until its output matches. Rejects with the output when it exits or takes too long. */
  serve(command: readonly string[], ready: RegExp, options: { user?: string } = {}): Promise<ChildProcess> {
    const child = this.start(command, options);
    return new Promise((resolve, reject) => {
      let output = '';
      const fail = (why: string): void => reject(new Error(`${command[0]} ${why}: ${output.slice(-500)}`));
      const timer = setTimeout(() => fail('was not ready within 30 s'), 30_000);
      const onOutput = (chunk: Buffer): void => {
        output += chunk.toString();
        if (!ready.test(output)) return;
        clearTimeout(timer);
        resolve(child);
      };
      child.stdout?.on('data', onOutput);
      child.stderr?.on('data', onOutput);
      child.once('error', (error) => fail(error.message));
      child.once('exit', (code) => {
        clearTimeout(timer);
        fail(`exited with ${code}`);
      });
    });
  }

  /** Runs a program to its end. Rejects when it fails. */
  async run(command: readonly string[], options: { user?: string; mayFail?: boolean } = {}): Promise<string> {
    const child = this.start(command, options);
    let output = '';
    let errors = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0 && !options.mayFail)
      throw new Error(`${command.join(' ')} exited with ${code}: ${errors}`);
    return output;
  }

  /** Called when everything has stopped. */
  afterwards(cleanup: () => void): void {
    this.#cleanups.push(cleanup);
  }

  /** Stops, by pid, everything that was started here, and removes the namespace. */
  async close(): Promise<void> {
    await Promise.all([...this.#programs].map(stop));
    for (const cleanup of this.#cleanups) cleanup();
    execFileSync('ip', ['netns', 'delete', this.name]);
  }
}

function asUser(user: string): readonly string[] {
  const group = execFileSync('id', ['-g', user], { encoding: 'utf8' }).trim();
  return ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups'];
}

/** SIGTERM, then SIGKILL after five seconds. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}
