import { chownSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Slice, type UnitLimits } from './cgroups.ts';
import { attempt, command, until } from './command.ts';
import { Network } from './network.ts';
import { Service, type ServiceDefinition } from './service.ts';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), 'shop');
const NODE = process.execPath;
const MIB = 1024 * 1024;

export const DATABASE_PASSWORD = 'shop-demo';

interface Host {
  readonly namespace: string;
  readonly address: string;
}

export interface ShopOptions {
  readonly id: string;
  readonly workDir: string;
  /** requests per second */
  readonly rate: number;
  /** 0 = until stopped */
  readonly requests: number;
}

/** Real, unmodified programs on hosts of their own: loadgen → nginx → api ×2 → redis, orders → postgres. */
export class Shop {
  readonly slice: Slice;
  readonly network: Network;
  readonly services = new Map<string, Service>();
  private readonly hosts = new Map<string, Host>();
  private readonly options: ShopOptions;
  private readonly postgresBin: string;

  constructor(options: ShopOptions) {
    this.options = options;
    this.postgresBin = postgresDirectory();
    mkdirSync(join(options.workDir, 'log'), { recursive: true });
    this.slice = new Slice(options.id);
    this.network = new Network(options.id);
  }

  address(unit: string): string {
    return this.host(unit).address;
  }

  logFile(unit: string): string {
    return join(this.options.workDir, 'log', `${unit}.log`);
  }

  private host(name: string): Host {
    const known = this.hosts.get(name);
    if (known) return known;
    const host = this.network.host(name.replace('@', '-'), 10 + this.hosts.size);
    this.hosts.set(name, host);
    return host;
  }

  /** Namespace of a unit, for faults that change its network. */
  namespace(unit: string): string {
    return this.host(unit).namespace;
  }

  /** Adds and starts a program as a unit of its own. */
  run(
    unit: string,
    program: string,
    args: readonly string[],
    more: Partial<ServiceDefinition> & { limits?: UnitLimits } = {},
  ): Service {
    const { limits, ...rest } = more;
    const host = this.host(unit);
    const service = new Service({
      unit,
      program,
      args,
      namespace: host.namespace,
      cgroups: this.slice.unit(unit, limits ?? {}),
      logFile: this.logFile(unit),
      cwd: this.options.workDir,
      restart: true,
      ...rest,
    });
    this.services.set(unit, service);
    service.start();
    return service;
  }

  service(unit: string): Service {
    const service = this.services.get(unit);
    if (!service) throw new Error(`the shop has no unit ${unit}`);
    return service;
  }

  async start(): Promise<void> {
    await this.startPostgres();
    await this.startRedis();
    this.warmPageCache();
    const dsn = `host=${this.address('postgres')} dbname=shop user=shop password=${DATABASE_PASSWORD}`;
    this.run('orders', '/usr/bin/python3', [join(SOURCES, 'orders.py')], {
      env: { DSN: dsn, PYTHONUNBUFFERED: '1' },
      limits: { cpu: 0.6, memory: 128 * MIB },
    });
    for (const unit of ['api@1', 'api@2']) this.startApi(unit);
    this.startFrontend();
    await until('the shop to answer', () => this.answers(), 30_000, 300);
  }

  /**
   * Reads Python's files outside the cgroup of orders: pages charged to a limited cgroup would be evicted and read
   * again over and over near its limit, and the out-of-memory kill would be put off by minutes of page faults.
   */
  private warmPageCache(): void {
    command('/usr/bin/python3', [
      '-c',
      'import psycopg2, json, http.server, urllib.parse, threading, signal',
    ]);
  }

  private startApi(unit: string): void {
    this.run(unit, NODE, [join(SOURCES, 'api.mjs')], {
      env: { REDIS_HOST: this.address('redis'), ORDERS_HOST: this.address('orders') },
      limits: { memory: 512 * MIB },
    });
  }

  private startFrontend(): void {
    const dir = join(this.options.workDir, 'nginx');
    mkdirSync(dir, { recursive: true });
    const servers = ['api@1', 'api@2']
      .map((unit) => `server ${this.address(unit)}:3000 max_fails=0;`)
      .join(' ');
    writeFileSync(join(dir, 'nginx.conf'), nginxConfiguration(dir, servers));
    this.run('frontend', '/usr/sbin/nginx', ['-c', join(dir, 'nginx.conf'), '-e', join(dir, 'error.log')]);
  }

  private async answers(): Promise<boolean> {
    const url = `http://${this.address('frontend')}/api/checkout?user=1`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    await answer?.arrayBuffer();
    return answer?.ok ?? false;
  }

  private async startPostgres(): Promise<void> {
    const dir = join(this.options.workDir, 'postgres');
    mkdirSync(dir, { recursive: true });
    chownTo('postgres', dir);
    const as = ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--'];
    const data = join(dir, 'data');
    command('setpriv', [
      ...as,
      join(this.postgresBin, 'initdb'),
      '-D',
      data,
      '-U',
      'postgres',
      '--auth=trust',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C',
    ]);
    const settings = [
      `listen_addresses = '${this.address('postgres')}'`,
      `unix_socket_directories = '${dir}'`,
      "shared_preload_libraries = 'pg_stat_statements'",
      'fsync = off',
      'max_connections = 150',
      'track_io_timing = on',
    ];
    writeFileSync(join(data, 'postgresql.auto.conf'), `${settings.join('\n')}\n`);
    writeFileSync(
      join(data, 'pg_hba.conf'),
      `local all all trust\nhost all all ${this.network.subnet}.0/24 scram-sha-256\n`,
    );
    this.run('postgres', join(this.postgresBin, 'postgres'), ['-D', data], { user: 'postgres' });
    const ready = () => attempt(join(this.postgresBin, 'pg_isready'), ['-q', '-h', dir]);
    await until('PostgreSQL to accept connections', ready, 30_000);
    const statements = [
      `CREATE ROLE shop LOGIN PASSWORD '${DATABASE_PASSWORD}';`,
      `CREATE ROLE gumshoe LOGIN PASSWORD '${DATABASE_PASSWORD}' IN ROLE pg_monitor;`,
      'CREATE EXTENSION pg_stat_statements;',
      'CREATE DATABASE shop OWNER shop;',
      '\\connect shop',
      'SET ROLE shop;',
      readFileSync(join(SOURCES, 'schema.sql'), 'utf8'),
    ];
    command(
      'psql',
      ['-q', '-v', 'ON_ERROR_STOP=1', '-h', dir, '-U', 'postgres', 'postgres'],
      statements.join('\n'),
    );
  }

  private async startRedis(): Promise<void> {
    const host = this.address('redis');
    this.run('redis', '/usr/bin/redis-server', [
      '--bind',
      host,
      '--port',
      '6379',
      '--save',
      '',
      '--protected-mode',
      'no',
      '--appendonly',
      'no',
    ]);
    await until('Redis to answer', () => attempt('redis-cli', ['-h', host, 'ping']), 15_000);
    const sessions = Array.from({ length: 500 }, (_, i) => `SET session:${i + 1} user-${i + 1}\n`).join('');
    command('redis-cli', ['-h', host], sessions);
  }

  /** Starts the load; its last line of output counts what was sent and answered. */
  startLoad(): Service {
    return this.run('loadgen', NODE, [join(SOURCES, 'loadgen.mjs')], {
      env: {
        TARGET: `http://${this.address('frontend')}`,
        RATE: String(this.options.rate),
        REQUESTS: String(this.options.requests),
      },
      restart: false,
    });
  }

  /** What the load generator counted, once it has stopped. */
  loadCounts():
    { sent: number; ok: number; failed: number; timedOut: number; p50Ms: number; p99Ms: number } | undefined {
    const line = readFileSync(this.logFile('loadgen'), 'utf8').trim().split('\n').at(-1) ?? '';
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  }

  async stop(): Promise<void> {
    const order = [...this.services.values()].reverse();
    await Promise.all(
      order.map((service) => service.stop(service.definition.unit === 'postgres' ? 'SIGINT' : 'SIGTERM')),
    );
    for (const pid of this.slice.processes()) attempt('kill', ['-KILL', String(pid)]);
    await until('the shop to end', () => this.slice.processes().length === 0, 5_000).catch(() => undefined);
    this.network.remove();
    this.slice.remove();
  }
}

/** Where the programs of the newest PostgreSQL server are. */
export function postgresDirectory(): string {
  const root = '/usr/lib/postgresql';
  const versions = readdirSync(root)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a));
  if (!versions[0]) throw new Error(`no PostgreSQL server below ${root}; install the package postgresql`);
  return join(root, versions[0], 'bin');
}

/** Gives a path to a user of this machine and its group. */
export function chownTo(user: string, path: string): void {
  chownSync(path, Number(command('id', ['-u', user])), Number(command('id', ['-g', user])));
}

function nginxConfiguration(dir: string, servers: string): string {
  return `daemon off;
worker_processes 1;
user www-data;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  keepalive_requests 1000000;
  upstream api { ${servers} keepalive 32; keepalive_requests 1000000; }
  server {
    listen 80;
    location / {
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 2s;
      proxy_read_timeout 10s;
    }
  }
}
`;
}
