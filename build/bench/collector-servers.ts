import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, command, until } from '../demo/command.ts';
import { Service } from '../demo/service.ts';
import { chownTo, postgresDirectory } from '../demo/shop.ts';
import type { CollectorHost } from './collector-host.ts';

interface Place {
  readonly namespace: string;
  readonly address: string;
}

/** PostgreSQL with the tables of pgbench, user `postgres` without a password. */
export async function startPostgres(host: CollectorHost, { namespace, address }: Place): Promise<void> {
  const dir = join(host.dir, 'postgres');
  mkdirSync(dir);
  command('chmod', ['755', host.dir]);
  chownTo('postgres', dir);
  const bin = postgresDirectory();
  command('setpriv', [
    ...['--reuid=postgres', '--regid=postgres', '--clear-groups', '--', join(bin, 'initdb')],
    ...['-D', join(dir, 'data'), '-U', 'postgres', '--auth=trust', '--no-sync', '--locale=C'],
  ]);
  writeFileSync(
    join(dir, 'data/postgresql.auto.conf'),
    `listen_addresses = '${address}'\nunix_socket_directories = '${dir}'\nfsync = off\n`,
  );
  writeFileSync(join(dir, 'data/pg_hba.conf'), 'local all all trust\nhost all all all trust\n');
  const service = new Service({
    unit: 'postgres',
    program: join(bin, 'postgres'),
    args: ['-D', join(dir, 'data')],
    user: 'postgres',
    namespace,
    cgroups: host.slice.unit('postgres', {}),
    logFile: join(host.dir, 'log/postgres.log'),
    cwd: dir,
    restart: false,
  });
  service.start();
  host.closers.push(() => service.stop('SIGINT'));
  await until('PostgreSQL to answer', () => attempt(join(bin, 'pg_isready'), ['-q', '-h', dir]), 30_000);
  command('pgbench', ['-i', '-q', '-s', '1', '-h', dir, '-U', 'postgres', 'postgres']);
}

export async function startRedis(host: CollectorHost, { namespace, address }: Place): Promise<void> {
  const service = new Service({
    unit: 'redis',
    program: '/usr/bin/redis-server',
    args: ['--bind', address, '--port', '6379', '--save', '', '--protected-mode', 'no'],
    namespace,
    cgroups: host.slice.unit('redis', {}),
    logFile: join(host.dir, 'log/redis.log'),
    cwd: host.dir,
    restart: false,
  });
  service.start();
  host.closers.push(() => service.stop());
  await until('Redis to answer', () => attempt('redis-cli', ['-h', address, 'ping']), 15_000);
}

/** So many containers that do nothing. */
export function startIdle(host: CollectorHost, { namespace }: Place, count: number): void {
  for (let i = 0; i < count; i++) {
    const service = new Service({
      unit: `idle-${i}`,
      program: '/bin/sleep',
      args: ['900'],
      namespace,
      cgroups: host.slice.unit(`idle-${i}`, {}),
      logFile: '/dev/null',
      cwd: host.dir,
      restart: false,
    });
    service.start();
    host.closers.push(() => service.stop());
  }
}
