import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, rmdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const BUSYBOX = '/bin/busybox';
const CGROUPFS = '/sys/fs/cgroup';
const run = promisify(execFile);

function removeEmpty(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeEmpty(join(folder, entry.name));
    rmdirSync(folder);
  } catch {
    // not there, or in use
  }
}

/** Why containers cannot be run here, or false. */
export function skipReason(...binaries: readonly string[]): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = [BUSYBOX, ...binaries].find((path) => !existsSync(path));
  return missing ? `${missing} is not installed` : false;
}

/** A folder with a root file system of one program, and daemons that end with it. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'gumshoe-runtime-'));
  readonly rootfs = join(this.folder, 'rootfs');
  readonly image = join(this.folder, 'image.tar');
  readonly #daemons: ChildProcess[] = [];
  readonly #atEnd: (() => Promise<unknown>)[] = [];

  constructor() {
    mkdirSync(join(this.rootfs, 'bin'), { recursive: true });
    copyFileSync(BUSYBOX, join(this.rootfs, 'bin/busybox'));
    for (const name of ['sh', 'sleep']) symlinkSync('busybox', join(this.rootfs, 'bin', name));
    execFileSync('tar', ['-C', this.rootfs, '-cf', this.image, '.']);
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** Starts a daemon and waits for its socket; the reason when it does not come up. */
  async daemon(command: readonly string[], socket: string): Promise<string | undefined> {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#daemons.push(child);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-600)));
    for (let tries = 0; tries < 150; tries++) {
      if (existsSync(socket)) return undefined;
      if (child.exitCode !== null) return `${program} ended: ${said.trim()}`;
      await sleep(100);
    }
    return `${program} made no socket: ${said.trim()}`;
  }

  async run(program: string, ...args: readonly string[]): Promise<string> {
    return (await run(program, args, { timeout: 30_000 })).stdout.trim();
  }

  /** Done first at the end, in reverse order. */
  atEnd(work: () => Promise<unknown>): void {
    this.#atEnd.unshift(work);
  }

  /** Cgroups that a runtime makes and leaves behind, in every hierarchy; what is not empty stays. */
  removesCgroup(path: string): void {
    this.atEnd(async () => {
      for (const hierarchy of ['', ...readdirSync(CGROUPFS)]) removeEmpty(join(CGROUPFS, hierarchy, path));
    });
  }

  async close(): Promise<void> {
    for (const work of this.#atEnd) await work().catch(() => undefined);
    for (const child of this.#daemons) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await Promise.race([new Promise((resolve) => child.once('exit', resolve)), sleep(10_000)]);
      child.kill('SIGKILL');
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
