import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { compile } from './compile.ts';

/**
 * Keeps every processor busy with what gives way to anything else: one that a hypervisor put to sleep takes tens of
 * microseconds to wake, or as long as other machines like. It also makes what runs there slower, where two processors
 * are one core: latencies are measured with it, cost without.
 */
export class ProcessorsAwake {
  readonly #programs: readonly ChildProcess[];

  /** The program is made in `dir`. */
  constructor(dir: string) {
    const program = compile('awake', dir);
    this.#programs = Array.from({ length: availableParallelism() }, (_, cpu) =>
      spawn('chrt', ['-i', '0', 'taskset', '-c', String(cpu), program], { stdio: 'ignore' }),
    );
  }

  /** Process ids. */
  get pids(): readonly number[] {
    return this.#programs.map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  pause(): void {
    for (const program of this.#programs) program.kill('SIGSTOP');
  }

  resume(): void {
    for (const program of this.#programs) program.kill('SIGCONT');
  }

  stop(): void {
    for (const program of this.#programs) program.kill('SIGKILL');
  }
}
