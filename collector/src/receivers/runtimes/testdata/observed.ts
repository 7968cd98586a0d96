import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { RuntimeReceiver } from '../receiver.ts';
import type { Runtime } from '../runtime.ts';

export type Series = Readonly<Record<string, number>>;

/** Real programs, each its own container, and the receiver that looks at them and at nobody else. */
export class Observed {
  readonly receiver: RuntimeReceiver;
  readonly containers = new Map<number, { readonly containerId: string }>();
  readonly #children: ChildProcess[] = [];

  constructor(runtimes: readonly Runtime[]) {
    this.receiver = new RuntimeReceiver({
      procfs: '/proc',
      runtimes,
      processes: () => this.containers,
    });
  }

  /** Starts a program as container `/<name>`; `options` as of spawn. */
  start(name: string, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], ...options });
    this.#children.push(child);
    if (child.pid) this.containers.set(child.pid, { containerId: `/${name}` });
    return child;
  }

  /** Values of one interval: `container metric{label values}`. */
  async collect(): Promise<Series> {
    const out: Record<string, number> = {};
    await this.receiver.collect({
      sample: (metric, { containerId }, labels, value) => {
        const values = Object.values(labels).join();
        out[`${containerId} ${metric.name}${values ? `{${values}}` : ''}`] = value;
      },
      histogram: () => undefined,
    });
    return out;
  }

  /** Collects until the condition holds. */
  async collectUntil(what: string, holds: (series: Series) => boolean): Promise<Series> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const series = await this.collect();
      if (holds(series)) return series;
      await sleep(100);
    }
    throw new Error(`waited in vain: ${what}; ${JSON.stringify(this.receiver.status())}`);
  }

  async end(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    if (child.pid) this.containers.delete(child.pid);
  }

  async stop(): Promise<void> {
    this.receiver.stop();
    for (const child of this.#children) await this.end(child);
  }
}
