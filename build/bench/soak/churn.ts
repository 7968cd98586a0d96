import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const JOIN = 'echo $$ > $1; shift; exec "$@"';

export interface Churned {
  readonly containers: number;
  readonly requests: number;
}

/**
 * Containers that come and go: every `every` ms one of Docker's cgroup names appears under `parent`, sends
 * `requests` HTTP requests over as many connections from inside `namespace`, and is gone.
 */
export class Churn {
  readonly #parent: string;
  readonly #namespace: string;
  readonly #url: string;
  readonly #requests: number;
  readonly #alive = new Map<ChildProcess, string>();
  #timer: NodeJS.Timeout | undefined;
  #started = 0;

  constructor(parent: string, namespace: string, url: string, requests: number) {
    this.#parent = parent;
    this.#namespace = namespace;
    this.#url = url;
    this.#requests = requests;
  }

  start(every: number): void {
    this.#timer = setInterval(() => this.#one(), every);
  }

  #one(): void {
    if (this.#alive.size >= 16) return;
    const id = createHash('sha256').update(`${process.pid} ${this.#started++}`).digest('hex');
    const folder = join(this.#parent, `docker-${id}.scope`);
    mkdirSync(folder);
    const hey = ['hey', '-n', String(this.#requests), '-c', '2', '-disable-keepalive', this.#url];
    const words = ['nsenter', `--net=/run/netns/${this.#namespace}`, '--', ...hey];
    const child = spawn('/bin/sh', ['-c', JOIN, 'sh', join(folder, 'cgroup.procs'), ...words], {
      stdio: 'ignore',
    });
    this.#alive.set(child, folder);
    child.on('exit', () => this.#gone(child, folder));
    child.on('error', () => this.#gone(child, folder));
  }

  #gone(child: ChildProcess, folder: string): void {
    this.#alive.delete(child);
    try {
      rmdirSync(folder);
    } catch {
      // the slice it stands in is removed whole at the end
    }
  }

  get done(): Churned {
    const containers = this.#started - this.#alive.size;
    return { containers, requests: containers * this.#requests };
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const child of this.#alive.keys()) child.kill('SIGKILL');
  }
}
