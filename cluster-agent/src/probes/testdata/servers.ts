import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProbeTarget } from '../define.ts';

export const PASSWORD = 'correct-horse';

export const settle = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `done` says so, for at most 30 s. */
export async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (await done()) return;
    await settle(50);
  }
  assert.fail(`${what}: not within 30 s`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** A self-signed certificate for 127.0.0.1 in `dir` that ends in so many days, as paths and text. */
export function certificateIn(dir: string, days: number): { readonly key: string; readonly cert: string; readonly pem: string } {
  const [key, cert] = [join(dir, 'tls.key'), join(dir, 'tls.crt')];
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert, '-days', String(days), '-subj', '/CN=database', '-addext', 'subjectAltName=IP:127.0.0.1'],
    { encoding: 'utf8' },
  );
  assert.equal(made.status, 0, made.stderr);
  chmodSync(key, 0o644);
  return { key, cert, pem: readFileSync(cert, 'utf8') };
}

/** A database server of Debian's on loopback, in a directory of its own. */
export interface Server {
  readonly target: ProbeTarget;
  readonly port: number;
  readonly dir: string;
  stop(): Promise<void>;
}

const POSTGRES = existsSync('/usr/lib/postgresql')
  ? readdirSync('/usr/lib/postgresql').sort().at(-1)
  : undefined;
const bin = (name: string): string => `/usr/lib/postgresql/${POSTGRES}/bin/${name}`;

/** Why the servers named cannot be started here; undefined when they can. */
export function problemWith(...types: readonly string[]): string | undefined {
  const programs: Record<string, string> = {
    postgres: bin('postgres'),
    redis: '/usr/bin/redis-server',
    mysql: '/usr/sbin/mariadbd',
    memcached: '/usr/bin/memcached',
  };
  if (process.getuid?.() !== 0) return 'needs root to start servers as their own users';
  const missing = types.find((type) => !existsSync(programs[type] ?? ''));
  return missing && `${missing}: ${programs[missing]} is not installed`;
}

/** A new directory that belongs to `user`. */
function directoryOf(user: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-probes-'));
  const id = (flag: string) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout);
  chownSync(dir, id('-u'), id('-g'));
  chmodSync(dir, 0o755);
  return dir;
}

const as = (user: string): string[] => [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];

function serve(child: ChildProcess, dir: string, target: ProbeTarget, signal: NodeJS.Signals): Server {
  return {
    target,
    port: Number(target.address.split(':')[1]),
    dir,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill(signal)) await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** `postgres` may do everything; `sql` runs once it is up, `settings` are `name=value`. */
export async function startPostgres(sql = '', settings: readonly string[] = []): Promise<Server> {
  const dir = directoryOf('postgres');
  const data = join(dir, 'data');
  const flags = ['--auth-local=trust', '--auth-host=scram-sha-256', '--no-sync', '--locale=C'];
  const init = [bin('initdb'), '-D', data, '-U', 'postgres', ...flags];
  const made = spawnSync('setpriv', [...as('postgres'), ...init], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const port = await freePort();
  const all = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${dir}`,
    'shared_preload_libraries=pg_stat_statements',
    'fsync=off',
    ...settings,
  ];
  const child = spawn(
    'setpriv',
    [...as('postgres'), bin('postgres'), '-D', data, ...all.flatMap((one) => ['-c', one])],
    { stdio: 'ignore' },
  );
  const ready = () => spawnSync(bin('pg_isready'), ['-q', '-h', dir, '-p', String(port)]).status === 0;
  await until(ready, 'postgres');
  const psql = spawnSync(
    'psql',
    ['-q', '-v', 'ON_ERROR_STOP=1', '-h', dir, '-p', String(port), '-U', 'postgres'],
    {
      input: `ALTER ROLE postgres PASSWORD '${PASSWORD}'; CREATE EXTENSION pg_stat_statements; ${sql}`,
      encoding: 'utf8',
    },
  );
  assert.equal(psql.status, 0, psql.stderr);
  const address = `127.0.0.1:${port}`;
  return serve(
    child,
    dir,
    { type: 'postgres', address, user: 'postgres', password: PASSWORD, tls: 'disable' },
    'SIGQUIT',
  );
}

/** With `tls`, the port speaks nothing else. */
export async function startRedis(options: readonly string[] = [], tls = false): Promise<Server> {
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-probes-'));
  const port = await freePort();
  const ports = tls ? ['--port', '0', '--tls-port', String(port)] : ['--port', String(port)];
  const flags = [...ports, '--bind', '127.0.0.1', '--requirepass', PASSWORD, '--save', ''];
  const child = spawn('redis-server', [...flags, '--masterauth', PASSWORD, ...options], {
    stdio: 'ignore',
    cwd: dir,
  });
  await until(() => accepts(port), 'redis');
  const address = `127.0.0.1:${port}`;
  return serve(child, dir, { type: 'redis', address, password: PASSWORD, tls: 'disable' }, 'SIGKILL');
}

/** `root` may do everything; options are mariadbd's. */
export async function startMariadb(sql = '', options: readonly string[] = []): Promise<Server> {
  const dir = directoryOf('mysql');
  const data = join(dir, 'data');
  const install = ['--no-defaults', '--user=mysql', `--datadir=${data}`, '--skip-test-db'];
  const made = spawnSync('mariadb-install-db', [...install, '--auth-root-authentication-method=normal'], {
    encoding: 'utf8',
  });
  assert.equal(made.status, 0, made.stderr);
  const init = join(dir, 'init.sql');
  writeFileSync(init, `ALTER USER root@localhost IDENTIFIED BY '${PASSWORD}';\n${sql}\n`);
  const port = await freePort();
  const flags = ['--no-defaults', '--user=mysql', `--datadir=${data}`, `--socket=${dir}/socket`];
  const child = spawn(
    'mariadbd',
    [...flags, `--port=${port}`, '--bind-address=127.0.0.1', `--init-file=${init}`, ...options],
    { stdio: 'ignore' },
  );
  await until(() => accepts(port), 'mariadb');
  const address = `127.0.0.1:${port}`;
  return serve(
    child,
    dir,
    { type: 'mysql', address, user: 'root', password: PASSWORD, tls: 'disable' },
    'SIGKILL',
  );
}

export async function startMemcached(options: readonly string[] = []): Promise<Server> {
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-probes-'));
  chmodSync(dir, 0o755);
  const users = join(dir, 'users');
  writeFileSync(users, `gumshoe:${PASSWORD}\n`, { mode: 0o644 });
  const port = await freePort();
  const flags = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-u', 'nobody', '-Y', users];
  const child = spawn('memcached', [...flags, ...options], { stdio: 'ignore' });
  await until(() => accepts(port), 'memcached');
  const address = `127.0.0.1:${port}`;
  return serve(
    child,
    dir,
    { type: 'memcached', address, user: 'gumshoe', password: PASSWORD, tls: 'disable' },
    'SIGKILL',
  );
}
