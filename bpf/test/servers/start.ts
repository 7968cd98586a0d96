import { chownSync, mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from '../network-namespace.ts';
import { stop } from '../network-namespace.ts';

/** Real servers, in a namespace of their own, so that each may have its well-known port. */
export const PORTS = { nginx: 8000, api: 8001, orders: 8002, redis: 6379, postgres: 5432 } as const;
export const NODE = process.execPath;
const POSTGRES_BIN = '/usr/lib/postgresql/15/bin';

export function program(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A running server; `pid` is the process that was started (a server may work in its children). */
export interface Server {
  readonly pid: number;
  stop(): Promise<void>;
}

async function serve(
  namespace: NetworkNamespace,
  command: readonly string[],
  ready: RegExp,
  options: { user?: string; folder?: string } = {},
): Promise<Server> {
  const { folder } = options;
  if (folder) namespace.afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const child = await namespace.serve(command, ready, options);
  return {
    pid: child.pid ?? 0,
    stop: () => stop(child),
  };
}

function folderOf(user: string, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gumshoe-${name}-`));
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, user])));
  chownSync(folder, uid ?? 0, gid ?? 0);
  return folder;
}

/** `tls`: a key and a certificate. `command`: what stands in front of the server's own. */
export async function startPostgres(
  namespace: NetworkNamespace,
  { tls, command = [] }: { tls?: { key: string; certificate: string }; command?: readonly string[] } = {},
): Promise<Server> {
  const folder = folderOf('postgres', 'postgres');
  const data = join(folder, 'data');
  const user = 'postgres';
  await namespace.run(
    [join(POSTGRES_BIN, 'initdb'), '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync'],
    { user },
  );
  const settings = [`listen_addresses=127.0.0.1`, `unix_socket_directories=${folder}`, 'fsync=off'];
  if (tls) settings.push('ssl=on', `ssl_key_file=${tls.key}`, `ssl_cert_file=${tls.certificate}`);
  return serve(
    namespace,
    [
      ...command,
      join(POSTGRES_BIN, 'postgres'),
      '-D',
      data,
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    /ready to accept connections/,
    { user, folder },
  );
}

export function startRedis(namespace: NetworkNamespace): Promise<Server> {
  const command = ['redis-server', '--bind', '127.0.0.1', '--save', '', '--daemonize', 'no'];
  return serve(namespace, command, /Ready to accept connections/, { user: 'nobody' });
}

/** `location`: what stands between the braces of `location / { … }`. */
export async function startNginx(
  namespace: NetworkNamespace,
  location: string,
  upstream = '',
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'gumshoe-nginx-'));
  const configuration = join(folder, 'nginx.conf');
  mkdirSync(join(folder, 'temporary'));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, 'temporary', name)};`,
  );
  writeFileSync(
    configuration,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr notice;
     events {}
     http { access_log off; keepalive_requests 1000000; ${paths.join(' ')} ${upstream}
       server { listen 127.0.0.1:${PORTS.nginx}; location / { ${location} } } }`,
  );
  return serve(namespace, ['nginx', '-p', folder, '-c', configuration], /start worker process \d+/, {
    folder,
  });
}

/** nginx in front of the API, with pooled connections. */
export function startFrontend(namespace: NetworkNamespace): Promise<Server> {
  return startNginx(
    namespace,
    'proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";',
    `upstream api { server 127.0.0.1:${PORTS.api}; keepalive 16; }`,
  );
}

export function startApi(namespace: NetworkNamespace): Promise<Server> {
  const ports = [PORTS.api, PORTS.redis, PORTS.orders].map(String);
  return serve(namespace, [NODE, program('api.mjs'), ...ports], /ready/);
}

/** Debian's Python: the one that has psycopg2. */
export function startOrders(namespace: NetworkNamespace): Promise<Server> {
  const ports = [PORTS.orders, PORTS.postgres].map(String);
  return serve(namespace, ['/usr/bin/python3', program('orders.py'), ...ports], /ready/);
}

/** Is the path there? For what depends on the machine's cgroup layout. */
export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
