import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from './program.ts';
import { DATABASE_PASSWORD, type Shop } from './shop.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const at = (path: string): string => join(ROOT, path);

export interface StackOptions {
  readonly workDir: string;
  /** seconds between samples */
  readonly interval: number;
  /** URLs that the cluster agent tells of incidents. */
  readonly webhooks?: readonly string[];
}

/** Embedded store, collector and cluster agent, observing one shop. */
export class Stack {
  private readonly programs: Program[] = [];
  private readonly options: StackOptions;
  clickhouse = '';
  prometheus = '';
  collector = '';
  gateway = '';
  collectorPid = 0;

  constructor(options: StackOptions) {
    this.options = options;
  }

  private start(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    const program = new Program(name, args, join(this.options.workDir, 'log', `${name}.log`), env);
    this.programs.push(program);
    return program;
  }

  async startStore(): Promise<void> {
    const data = join(this.options.workDir, 'store');
    const listen = ['--clickhouse-listen', '127.0.0.1:0', '--prometheus-listen', '127.0.0.1:0'];
    const store = await this.start('store', [at('collector/src/embedded/main.ts'), '--data', data, ...listen])
      .ready;
    this.clickhouse = String(store['clickhouse']);
    this.prometheus = String(store['prometheus']);
  }

  async startCollector(shop: Shop): Promise<void> {
    const logs = ['frontend', 'api@1', 'api@2', 'orders', 'postgres', 'redis'].flatMap((unit) => [
      '--log-file',
      `/${shop.slice.name}/${unit}.service=${shop.logFile(unit)}`,
    ]);
    const program = this.start('collector', [
      at('collector/bin/gumshoe-collector.mjs'),
      ...['--listen', '127.0.0.1:0', '--gateway-listen', '127.0.0.1:0'],
      ...['--clickhouse-url', this.clickhouse, '--prometheus-url', this.prometheus],
      ...['--remote-write-url', `${this.prometheus}/api/v1/write`],
      ...['--target-cgroup', shop.slice.path, '--interval', `${this.options.interval}s`],
      ...['--spool-dir', join(this.options.workDir, 'spool'), '--spans-per-second', '3000'],
      ...logs,
    ]);
    const ready = await program.ready;
    this.collector = String(ready['listen']);
    this.gateway = String(ready['gateway'] ?? '');
    this.collectorPid = program.pid;
  }

  async startClusterAgent(shop: Shop): Promise<void> {
    const dir = join(this.options.workDir, 'cluster-agent');
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'password'), DATABASE_PASSWORD, { mode: 0o600 });
    const configuration = {
      listen: '127.0.0.1:0',
      interval: `${this.options.interval}s`,
      remoteWriteUrl: `${this.prometheus}/api/v1/write`,
      targets: [
        {
          type: 'postgres',
          address: `${shop.address('postgres')}:5432`,
          user: 'gumshoe',
          passwordFile: join(dir, 'password'),
          database: 'postgres',
          tls: 'disable',
        },
        { type: 'redis', address: `${shop.address('redis')}:6379`, tls: 'disable' },
      ],
      watch: {
        interval: '15s',
        clickhouseUrl: this.clickhouse,
        prometheusUrl: this.prometheus,
        window: '10m',
        resolveAfter: '15s',
        webhooks: (this.options.webhooks ?? []).map((url) => ({ url })),
      },
    };
    const file = join(dir, 'config.yaml');
    writeFileSync(file, JSON.stringify(configuration, undefined, 2));
    await this.start('cluster-agent', [at('cluster-agent/src/main.ts'), '--config', file]).ready;
  }

  /** Connection flags of the command `gumshoe`. */
  connectionFlags(): string[] {
    return ['--clickhouse', this.clickhouse, '--prometheus', this.prometheus];
  }

  async stop(): Promise<void> {
    for (const program of [...this.programs].reverse()) await program.stop();
  }
}
