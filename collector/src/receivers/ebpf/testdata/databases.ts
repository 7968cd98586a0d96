import { once } from 'node:events';
import { join } from 'node:path';
import { accepts, freePort, until } from './sandbox.ts';
import type { Sandbox } from './sandbox.ts';

/** MariaDB with a root that needs no password, its data in the sandbox's folder. */
export async function startMariadb(sandbox: Sandbox, unit: string): Promise<number> {
  const port = await freePort();
  const data = join(sandbox.folder, 'mariadb');
  const common = ['--no-defaults', `--datadir=${data}`];
  const install = ['mariadb-install-db', ...common, '--auth-root-authentication-method=normal', '--skip-test-db'];
  const made = sandbox.start(unit, install, { unprivileged: true });
  made.stdout?.resume();
  await once(made, 'exit');
  const settings = [
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    `--socket=${join(sandbox.folder, 'mariadb.sock')}`,
    '--innodb-buffer-pool-size=16M',
    '--innodb-flush-log-at-trx-commit=0',
    '--skip-name-resolve',
  ];
  sandbox.start(unit, ['mariadbd', ...common, ...settings], { unprivileged: true }).stdout?.resume();
  await until('MariaDB', () => accepts(port));
  return port;
}

export async function startMemcached(sandbox: Sandbox, unit: string): Promise<number> {
  const port = await freePort();
  const options = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '16', '-t', '2'];
  sandbox.start(unit, ['memcached', ...options], { unprivileged: true }).stdout?.resume();
  await until('memcached', () => accepts(port));
  return port;
}
