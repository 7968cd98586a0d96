import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Series } from '@gumshoe/base/series';
import { writeRequest } from './write-series.ts';

/** What /api/v1/query and query_range answer. */
export interface Answer {
  readonly status: 'success' | 'error';
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType: 'vector' | 'scalar' | 'string' | 'matrix';
    readonly result: unknown;
  };
}

/**
 * A real Prometheus in a directory of its own. Its lookback is a millisecond short of five minutes: Prometheus 2 includes
 * a sample of exactly that age and Prometheus 3 does not, and times are whole milliseconds.
 */
export class PrometheusServer {
  private readonly child: ChildProcess;
  private readonly directory: string;
  private readonly address: string;

  private constructor(child: ChildProcess, directory: string, address: string) {
    this.child = child;
    this.directory = directory;
    this.address = address;
  }

  static async start(flags: readonly string[] = []): Promise<PrometheusServer> {
    const directory = mkdtempSync(join(tmpdir(), 'gumshoe-prometheus-'));
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'prometheus.yml'), 'global: {}\n');
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${address}`,
        '--web.enable-remote-write-receiver',
        '--query.lookback-delta=299999ms',
        ...flags,
      ],
      { stdio: 'ignore' },
    );
    const server = new PrometheusServer(child, directory, address);
    await server.untilReady();
    return server;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  private async untilReady(): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      const ready = await fetch(`http://${this.address}/-/ready`).catch(() => undefined);
      if (ready?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await this.stop();
    throw new Error(`prometheus on ${this.address} did not become ready within a minute`);
  }

  async write(series: readonly Series[]): Promise<void> {
    const response = await fetch(`http://${this.address}/api/v1/write`, {
      method: 'POST',
      body: writeRequest(series),
      headers: { 'Content-Encoding': 'snappy', 'X-Prometheus-Remote-Write-Version': '0.1.0' },
    });
    if (response.status !== 204) throw new Error(`remote write: ${response.status} ${await response.text()}`);
  }

  async ask(path: 'query' | 'query_range', parameters: Readonly<Record<string, string>>): Promise<Answer> {
    const body = new URLSearchParams(parameters);
    const response = await fetch(`http://${this.address}/api/v1/${path}`, { method: 'POST', body });
    return (await response.json()) as Answer;
  }

  /** Evaluation time of a range query as the server measures it, and the number of series it gives. */
  async timed(
    parameters: Readonly<Record<string, string>>,
  ): Promise<{ readonly seconds: number; readonly series: number }> {
    const body = new URLSearchParams({ ...parameters, stats: 'all' });
    const response = await fetch(`http://${this.address}/api/v1/query_range`, { method: 'POST', body });
    const answer = Buffer.from(await response.arrayBuffer());
    const stats = answer.subarray(answer.lastIndexOf('"stats"')).toString();
    const seconds = /"evalTotalTime":([\d.e+-]+)/.exec(stats)?.[1];
    if (seconds === undefined) throw new Error(answer.subarray(0, 500).toString());
    let series = 0;
    for (let at = answer.indexOf('"metric":'); at >= 0; at = answer.indexOf('"metric":', at + 1)) series++;
    return { seconds: Number(seconds), series };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A TCP port of loopback on which nobody listened a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
