import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveElectron } from '../../bootstrap/electron-runtime.mjs';
import { claim, WORK_PREFIX } from '../../demo/leftovers.ts';
import { report, type DemoReport } from '../../demo/report.ts';
import { Shop } from '../../demo/shop.ts';
import { Stack } from '../../demo/stack.ts';
import { sleep } from '../../demo/command.ts';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Why the shop cannot be observed here; undefined when it can. */
export function labProblem(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel has no BTF';
  if (!existsSync(join(ROOT, 'bpf/out/requests.bpf.o'))) return 'the eBPF objects are not built';
  if (!existsSync('/usr/lib/postgresql')) return 'PostgreSQL is not installed';
  return undefined;
}

export const electron = (): string | undefined => resolveElectron(ROOT);

/** The shop and its observers, started together and stopped together. */
export class Lab {
  readonly workDir: string;
  readonly shop: Shop;
  readonly stack: Stack;
  startedAt = 0;

  constructor(name: string, rate: number, requests = 0, webhooks: readonly string[] = []) {
    const id = `${process.pid.toString(36)}${name}`;
    this.workDir = join(tmpdir(), `${WORK_PREFIX}${id}`);
    mkdirSync(join(this.workDir, 'log'), { recursive: true, mode: 0o755 });
    claim(this.workDir);
    this.shop = new Shop({ id, workDir: this.workDir, rate, requests });
    this.stack = new Stack({ workDir: this.workDir, interval: 3, webhooks });
  }

  async start(): Promise<void> {
    await this.stack.startStore();
    await this.shop.start();
    await this.stack.startCollector(this.shop);
    await this.stack.startClusterAgent(this.shop);
    this.startedAt = Date.now();
    this.shop.startLoad();
  }

  /** Reports until `good` says so, or `limit` ms are over; the last one. */
  async reportUntil(good: (report: DemoReport) => boolean, limit: number): Promise<DemoReport> {
    const end = Date.now() + limit;
    for (;;) {
      await sleep(5000);
      const latest = await report(this.stack.connectionFlags(), this.startedAt, Date.now());
      if (good(latest) || Date.now() > end) return latest;
    }
  }

  async stopStack(): Promise<void> {
    await this.stack.stop();
  }

  async stop(): Promise<void> {
    await this.stack.stop();
    await this.shop.stop();
    rmSync(this.workDir, { recursive: true, force: true });
  }
}
