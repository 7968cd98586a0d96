import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { round, runner, valueOf } from './testdata/rounds.ts';
import {
  certificateIn,
  problemWith,
  startMariadb,
  startMemcached,
  startPostgres,
  startRedis,
  type Server,
} from './testdata/servers.ts';

const DAYS = 9;
const METRIC = 'gumshoe_tls_certificate_expiry_timestamp_seconds';
const problem = problemWith('postgres', 'redis', 'mysql', 'memcached');

describe('certificates of probed servers', { skip: problem ?? false }, () => {
  let dir: string;
  let ca: string;
  let servers: readonly Server[] = [];

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'gumshoe-tls-'));
    chmodSync(dir, 0o755);
    const { key, cert, pem } = certificateIn(dir, DAYS);
    ca = pem;
    servers = await Promise.all([
      startMariadb('', [`--ssl-key=${key}`, `--ssl-cert=${cert}`]),
      startRedis(
        [
          '--tls-cert-file',
          cert,
          '--tls-key-file',
          key,
          '--tls-auth-clients',
          'no',
          '--tls-ca-cert-file',
          cert,
        ],
        true,
      ),
      startMemcached(['-Z', '-o', `ssl_chain_cert=${cert},ssl_key=${key}`]),
      startPostgres('', ['ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${certificateKeyFor(key)}`]),
    ]);
  });

  after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(dir, { recursive: true, force: true });
  });

  for (const [type, up] of [
    ['postgres', 'pg_up'],
    ['mysql', 'mysql_up'],
    ['memcached', 'memcached_up'],
    ['redis', 'redis_up'],
  ] as const)
    for (const tls of ['verify-full', 'require'] as const)
      test(`${type}, ${tls}: when its certificate ends is told`, async () => {
        const { target } = servers.find((server) => server.target.type === type)!;
        const probe = runner({ ...target, tls, ca });
        const samples = await round(probe);
        await probe.close();
        assert.equal(valueOf(samples, up), 1, JSON.stringify(probe.status()));
        const end = valueOf(samples, METRIC, { subject: 'database' }) ?? NaN;
        const days = (end - Date.now() / 1000) / 86_400;
        assert.ok(days > DAYS - 0.1 && days <= DAYS, `${days} days`);
      });

  for (const type of ['postgres', 'mysql', 'memcached', 'redis'])
    test(`${type}: a certificate that nobody trusts, or of another host, is refused by verify-full`, async () => {
      const { target } = servers.find((server) => server.target.type === type)!;
      const port = target.address.split(':')[1]!;
      for (const wrong of [target, { ...target, ca, address: `localhost:${port}` }]) {
        const probe = runner({ ...wrong, tls: 'verify-full' });
        await round(probe);
        assert.equal(probe.status().up, false);
        await probe.close();
      }
    });

  test('a connection in clear shows no certificate', async () => {
    const { target } = servers.find((server) => server.target.type === 'mysql')!;
    const probe = runner(target);
    assert.equal(valueOf(await round(probe), METRIC), undefined);
    await probe.close();
  });
});

/** A copy that only its owner may read, and that belongs to PostgreSQL. */
function certificateKeyFor(key: string): string {
  const own = `${key}.postgres`;
  const made = spawnSync('install', ['-o', 'postgres', '-m', '600', key, own], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  return own;
}
