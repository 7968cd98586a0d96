import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { sleep } from './command.ts';

export interface ServiceDefinition {
  readonly unit: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly namespace: string;
  /** `cgroup.procs` files to join before the program starts. */
  readonly cgroups: readonly string[];
  readonly logFile: string;
  readonly cwd: string;
  /** Start again two seconds after it dies, as a supervisor would. */
  readonly restart: boolean;
  /** Keep stdin open, for programs that read commands. */
  readonly stdin?: boolean;
}

const JOIN = 'for f in $GS_CGROUPS; do echo $$ > $f || exit 71; done; unset GS_CGROUPS; exec "$@"';

/** One supervised program of the shop in its own cgroup and network namespace. */
export class Service {
  readonly definition: ServiceDefinition;
  private child: ChildProcess | undefined;
  private wanted = false;
  restarts = 0;
  private readonly restartListeners: (() => void)[] = [];

  constructor(definition: ServiceDefinition) {
    this.definition = definition;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get running(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  onRestart(listener: () => void): void {
    this.restartListeners.push(listener);
  }

  start(): void {
    this.wanted = true;
    const { program, args, namespace, user, cgroups, env, cwd, logFile, stdin } = this.definition;
    const identity = user ? ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups'] : [];
    const words = ['nsenter', `--net=/run/netns/${namespace}`, '--', ...identity, program, ...args];
    const log = openSync(logFile, 'a');
    this.child = spawn('/bin/sh', ['-c', JOIN, 'sh', ...words], {
      cwd,
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin:/usr/sbin',
        LANG: 'C.UTF-8',
        ...env,
        GS_CGROUPS: cgroups.join(' '),
      },
      stdio: [stdin ? 'pipe' : 'ignore', log, log],
    });
    closeSync(log);
    this.child.on('exit', () => this.exited());
    this.child.on('error', () => this.exited());
  }

  private exited(): void {
    if (!this.wanted || !this.definition.restart) return;
    setTimeout(() => {
      if (!this.wanted) return;
      this.restarts++;
      this.start();
      for (const listener of this.restartListeners) listener();
    }, 2000).unref();
  }

  /** Signals the program itself: the shell, nsenter and setpriv all replaced themselves by it. */
  signal(name: NodeJS.Signals): void {
    if (this.running) this.child?.kill(name);
  }

  write(text: string): void {
    this.child?.stdin?.write(text);
  }

  /** Stops it for good: TERM (or `signal`), then KILL after five seconds. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.wanted = false;
    if (!this.running) return;
    this.child?.stdin?.end();
    this.signal(signal);
    for (let i = 0; i < 50 && this.running; i++) await sleep(100);
    this.signal('SIGKILL');
    for (let i = 0; i < 20 && this.running; i++) await sleep(50);
  }
}
