import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const CGROUP2 = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
const JOIN = 'echo $$ > "$0" && exec "$@"';
/** Unprivileged, and the same on every machine: PostgreSQL refuses to run as root. */
const UID = 65534;

/** Why real programs cannot be observed here; undefined when they can. */
export function cannotObserve(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel has no BTF';
  if (!existsSync(join(CGROUP2, 'cgroup.procs'))) return 'no cgroup v2 mount';
  return undefined;
}

/** Port that nothing listens on, outside the range of client ports, where services are expected. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 10000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** ms; RabbitMQ alone takes half a minute to start on a machine that has more to do. */
const PATIENCE = 180_000;

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE; performance.now() < end; ) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error(`waited in vain: ${what}`);
}

/** A cgroup whose last process has just ended is busy for a moment. */
async function removeCgroup(folder: string): Promise<void> {
  await until(`${folder} to be removed`, () => {
    try {
      rmdirSync(folder);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
      throw error;
    }
  });
}

export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const accepted = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  return accepted;
}

/** Programs of one test in a cgroup of their own, each unit in a cgroup below, as systemd arranges services. */
export class Sandbox {
  /** Folder of the slice in cgroup v2. */
  readonly cgroup: string;
  readonly folder: string;
  readonly #children: ChildProcess[] = [];
  readonly #units = new Set<string>();

  constructor(name: string) {
    this.cgroup = join(CGROUP2, `gumshoe-test-${name}-${process.pid}.slice`);
    this.folder = mkdtempSync(join(tmpdir(), `gumshoe-${name}-`));
    chownSync(this.folder, UID, UID);
    mkdirSync(this.cgroup);
  }

  /** Names of the units by cgroup id. */
  get units(): ReadonlyMap<bigint, string> {
    const idOf = (folder: string): bigint => statSync(folder, { bigint: true }).ino;
    return new Map([...this.#units].map((folder) => [idOf(folder), basename(folder, '.service')]));
  }

  /** Starts a program in `<unit>.service`; with `unprivileged` it is not root. */
  start(unit: string, command: readonly string[], options: { unprivileged?: boolean } = {}): ChildProcess {
    const cgroup = join(this.cgroup, `${unit}.service`);
    if (!this.#units.has(cgroup)) mkdirSync(cgroup);
    this.#units.add(cgroup);
    const user = options.unprivileged ? ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'] : [];
    const args = ['-c', JOIN, join(cgroup, 'cgroup.procs'), ...user, ...command];
    const child = spawn('sh', args, { cwd: this.folder, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#children.push(child);
    return child;
  }

  async startPostgres(unit: string): Promise<number> {
    const port = await freePort();
    const data = join(this.folder, 'postgres');
    const initdb = this.start(unit, [postgresProgram('initdb'), '-D', data, '-U', 'shop', '-A', 'trust', '--no-sync'], { unprivileged: true });
    initdb.stdout?.resume();
    await once(initdb, 'exit');
    const settings = ['-c', 'fsync=off', '-c', 'autovacuum=off', '-c', 'listen_addresses=127.0.0.1', '-k', this.folder];
    this.start(unit, [postgresProgram('postgres'), '-D', data, '-p', String(port), ...settings], { unprivileged: true });
    await until('PostgreSQL', () => accepts(port));
    return port;
  }

  async startRedis(unit: string): Promise<number> {
    const port = await freePort();
    const child = this.start(unit, ['redis-server', '--port', String(port), '--save', '', '--bind', '127.0.0.1'], {
      unprivileged: true,
    });
    child.stdout?.resume();
    await until('Redis', () => accepts(port));
    return port;
  }

  /** nginx in front of `upstream`, with keep-alive on both sides and two workers. */
  async startNginx(unit: string, upstream: number): Promise<number> {
    const port = await freePort();
    const file = join(this.folder, 'nginx.conf');
    writeFileSync(file, nginxConfiguration(this.folder, port, upstream));
    this.start(unit, ['nginx', '-c', file, '-e', join(this.folder, 'nginx.log')], { unprivileged: true });
    await until('nginx', () => accepts(port));
    return port;
  }

  /** Processes of a unit. */
  processes(unit: string): readonly number[] {
    return processesOf(join(this.cgroup, `${unit}.service`));
  }

  /** Ends every process of a unit. */
  end(unit: string): Promise<void> {
    return endProcesses(join(this.cgroup, `${unit}.service`));
  }

  /** Stops every program and removes what was made. */
  async stop(): Promise<void> {
    for (const unit of this.#units) await endProcesses(unit);
    await Promise.all(
      this.#children.map((child) => (child.exitCode ?? child.signalCode ?? undefined) !== undefined || once(child, 'exit')),
    );
    for (const unit of this.#units) await removeCgroup(unit);
    await removeCgroup(this.cgroup);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function nginxConfiguration(folder: string, port: number, upstream: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`);
  return `daemon off; worker_processes 2; pid ${folder}/nginx.pid;
events {}
http {
  access_log off; ${temporary.join(' ')}
  upstream up { server 127.0.0.1:${upstream}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;
}

/** Debian keeps PostgreSQL's programs in a folder per version. */
export function postgresProgram(name: string): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions.map((version) => join(root, version, 'bin', name)).find(existsSync) ?? name;
}

const processesOf = (cgroup: string): readonly number[] =>
  readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);

async function endProcesses(cgroup: string): Promise<void> {
  await until(`${cgroup} to be empty`, () => {
    const pids = processesOf(cgroup);
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // exited by itself
      }
    }
    return pids.length === 0;
  });
}
