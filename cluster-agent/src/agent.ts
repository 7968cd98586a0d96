import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@gumshoe/base/logger';
import { SELF_METRICS } from '@gumshoe/schema/metrics/self';
import { readSecret, readText, type ClusterAgentConfig } from './config.ts';
import { RemoteWrite } from './export/remote-write.ts';
import { SampleBuffer } from './export/samples.ts';
import { PROBES } from './probes/index.ts';
import { ProbeRunner } from './probes/runner.ts';
import { splitAddress } from './probes/define.ts';
import { openWatch, type OpenWatch } from './watch/open.ts';

export const VERSION = '0.1.0';

/** Probes, remote write and the watch loop, on timers. */
export class ClusterAgent {
  private readonly config: ClusterAgentConfig;
  private readonly logger: Logger;
  private readonly samples = new SampleBuffer();
  private readonly probes: readonly ProbeRunner[];
  private readonly remoteWrite: RemoteWrite | undefined;
  private watch: OpenWatch | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private server: Server | undefined;
  private readonly startedAt = Date.now();

  /** Reads the files that hold secrets; throws ConfigError when one cannot be read. */
  constructor(config: ClusterAgentConfig, logger: Logger) {
    this.config = config;
    this.logger = logger;
    this.probes = config.targets.map((target) => {
      const definition = PROBES.find((probe) => probe.type === target.type)!;
      const { host, port } = splitAddress(target.address, definition.defaultPort);
      const loopback = /^(127\.|::1$|localhost$)/.test(host);
      return new ProbeRunner(
        definition,
        {
          ...target,
          address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
          tls: target.tls ?? (loopback ? 'disable' : 'verify-full'),
          password: readSecret(target.passwordFile, 'passwordFile'),
          ca: readText(target.caFile, 'caFile'),
        },
        logger,
      );
    });
    this.remoteWrite = config.remoteWriteUrl
      ? new RemoteWrite(
          {
            url: config.remoteWriteUrl,
            token: readSecret(config.remoteWriteTokenFile, 'remoteWriteTokenFile'),
            labels: { job: 'gumshoe-cluster-agent' },
          },
          logger,
        )
      : undefined;
  }

  /** Starts everything; resolves with the address it listens on. */
  async start(): Promise<string> {
    const listen = await this.listen();
    this.every(this.config.interval, () => this.round());
    if (this.config.watch) {
      this.watch = await openWatch(this.config.watch, this.logger);
      this.every(this.config.watch.interval, () => this.watch?.watch.look(Date.now()));
    }
    return listen;
  }

  private every(interval: number, work: () => Promise<void> | undefined): void {
    void work();
    this.timers.push(setInterval(() => void work(), interval));
  }

  /** All targets at once; a round takes at most its interval less a second. */
  private async round(): Promise<void> {
    const now = Date.now();
    const timeout = Math.max(1000, this.config.interval - 1000);
    await Promise.all(this.probes.map((probe) => probe.round(now, timeout, this.samples)));
    this.samples.add(SELF_METRICS.buildInfo, 1, { version: VERSION, component: 'cluster-agent' }, now);
    this.samples.add(SELF_METRICS.memory, process.memoryUsage.rss(), {}, now);
    if (this.remoteWrite)
      this.samples.add(
        SELF_METRICS.dropped,
        this.remoteWrite.dropped,
        { queue: 'remote-write', cause: 'full or refused' },
        now,
      );
    this.remoteWrite?.push(this.samples.take());
    if (!this.remoteWrite) this.samples.take();
  }

  /** What `/status` answers. */
  status(): unknown {
    return {
      version: VERSION,
      uptimeSeconds: Math.round((Date.now() - this.startedAt) / 1000),
      targets: this.probes.map((probe) => probe.status()),
      remoteWrite: this.remoteWrite && {
        url: this.config.remoteWriteUrl,
        sent: this.remoteWrite.sent,
        dropped: this.remoteWrite.dropped,
        lastError: this.remoteWrite.lastError,
      },
      watch: this.watch && {
        ...this.watch.watch.status(),
        waiting: this.watch.outbox.waiting,
        delivered: this.watch.outbox.delivered,
        dropped: this.watch.outbox.dropped,
      },
    };
  }

  private listen(): Promise<string> {
    const { host, port } = splitAddress(this.config.listen, 10301);
    const routes: Readonly<Record<string, () => readonly [string, string]>> = {
      '/healthz': () => ['text/plain', 'ok\n'],
      '/status': () => ['application/json', `${JSON.stringify(this.status(), undefined, 2)}\n`],
      '/metrics': () => ['text/plain; version=0.0.4', this.samples.exposition()],
    };
    const server = createServer((request, response) => {
      const route =
        request.method === 'GET' ? routes[new URL(request.url ?? '/', 'http://agent').pathname] : undefined;
      if (!route)
        return void response.writeHead(404).end(`not found; try ${Object.keys(routes).join(', ')}\n`);
      const [type, body] = route();
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', (error) =>
        reject(new Error(`cannot listen on ${this.config.listen}: ${error.message}`)),
      );
      server.listen(port, host, () => resolve(`http://${host}:${(server.address() as AddressInfo).port}`));
    });
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.remoteWrite?.flush();
    await Promise.all(this.probes.map((probe) => probe.close()));
    await this.watch?.close();
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
  }
}
