import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import { attempt, command, until } from '../demo/command.ts';
import { chownTo, postgresDirectory } from '../demo/shop.ts';
import { Service } from '../demo/service.ts';
import { CollectorHost, percent } from './collector-host.ts';
import { scrapeFigures } from './collector-scrapes.ts';
import { stageShares } from './collector-stages.ts';
import { figures } from './figures.ts';
import { startNginx } from './nginx.ts';

/** One interval of the collector, so that each stretch holds one collection. */
const SECONDS = 15;

/** One kind of load: what runs in the client's namespace, and how many operations a second its output tells. */
interface LoadKind {
  readonly name: string;
  readonly words: readonly string[];
  readonly rate: (output: string) => number;
}

function run(namespace: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

const firstNumber =
  (pattern: RegExp) =>
  (output: string): number =>
    Number(pattern.exec(output)?.[1] ?? NaN);

async function startPostgres(host: CollectorHost, namespace: string, address: string): Promise<void> {
  const dir = join(host.dir, 'postgres');
  mkdirSync(dir);
  command('chmod', ['755', host.dir]);
  chownTo('postgres', dir);
  const bin = postgresDirectory();
  const as = ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--'];
  command('setpriv', [
    ...as,
    join(bin, 'initdb'),
    '-D',
    join(dir, 'data'),
    '-U',
    'postgres',
    '--auth=trust',
    '--no-sync',
    '--locale=C',
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

async function startRedis(host: CollectorHost, namespace: string, address: string): Promise<void> {
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

/**
 * HTTP/2, PostgreSQL and Redis as fast as two shared cores give, HTTP/1 over many connections and beside many
 * containers; each without and with the collector, everything on. Then where its own time goes.
 */
export async function benchProtocols(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root');
  for (const program of ['hey', 'h2load', 'pgbench', 'redis-benchmark'])
    if (spawnSync(program, ['--version']).error) throw new Error(`needs ${program}: run npm run bootstrap`);
  const profileDir = mkdtempSync(join(tmpdir(), 'gumshoe-profile-'));
  const host = new CollectorHost();
  try {
    const server = host.network.host('server', 10);
    const client = host.network.host('client', 11);
    const nginx = startNginx(host.dir, server.namespace, host.slice.unit('nginx', {}));
    host.closers.push(() => nginx.stop());
    await startPostgres(host, server.namespace, server.address);
    await startRedis(host, server.namespace, server.address);
    const url = `http://${server.address}/`;
    // hey keeps at most 500 connections open: with more it would measure how fast ports run out.
    const hey = (connections: number): LoadKind => ({
      name: `HTTP/1, ${connections} connections, 4,000/s asked`,
      words: ['hey', '-z', `${SECONDS}s`, '-c', String(connections), '-q', String(4000 / connections), url],
      rate: firstNumber(/Requests\/sec:\s+([\d.]+)/),
    });
    const loads: readonly LoadKind[] = [
      hey(20),
      hey(200),
      hey(500),
      {
        name: 'HTTP/1, a new connection each, 1,000/s asked',
        words: ['hey', '-z', `${SECONDS}s`, '-c', '20', '-q', '50', '-disable-keepalive', url],
        rate: firstNumber(/Requests\/sec:\s+([\d.]+)/),
      },
      {
        name: 'HTTP/2, 10 connections × 10 streams',
        words: ['h2load', `--duration=${SECONDS}`, '-c', '10', '-m', '10', `http://${server.address}:81/`],
        rate: firstNumber(/finished in [\d.]+s, ([\d.]+) req\/s/),
      },
      {
        name: 'PostgreSQL, 8 connections, prepared',
        words: [
          'pgbench',
          '-n',
          '-S',
          '-M',
          'prepared',
          '-c',
          '8',
          '-T',
          String(SECONDS),
          '-h',
          server.address,
          '-U',
          'postgres',
          'postgres',
        ],
        rate: firstNumber(/tps = ([\d.]+)/),
      },
      {
        name: 'Redis, 20 connections',
        words: ['redis-benchmark', '-h', server.address, '-c', '20', '-n', '250000', '-t', 'get', '--csv'],
        rate: firstNumber(/"GET","([\d.]+)"/),
      },
    ];
    const baseline: number[] = [];
    for (const load of loads) baseline.push(load.rate(await run(client.namespace, load.words)));
    await host.startStore();
    await host.observe(profileDir);
    const rows: string[][] = [];
    const measure = async (load: LoadKind, without: number): Promise<void> => {
      const { result, cost } = await host.costOf(() =>
        host.kernelShareOf(() => run(client.namespace, load.words)),
      );
      const rate = load.rate(result.result);
      rows.push([
        load.name,
        without.toFixed(0),
        rate.toFixed(0),
        `${(rate / without).toFixed(2)}×`,
        percent(cost.process),
        percent(result.share),
        `${((1e6 * (cost.process + result.share)) / rate).toFixed(1)} µs`,
        `${cost.rss.toFixed(0)} MB`,
      ]);
    };
    for (const [i, load] of loads.entries()) await measure(load, baseline[i]!);
    for (const containers of [50, 200]) {
      idle(host, client.namespace, containers);
      await measure(
        { ...hey(20), name: `HTTP/1, 20 connections, beside ${containers} containers` },
        baseline[0]!,
      );
    }
    const scrapes = await scrapeFigures(host, run(client.namespace, hey(20).words));
    const lost = await host.lost();
    await host.endCollector();
    console.log(
      `collector: operations/s without and with it (default settings, everything on), ${SECONDS} s each; 100 % is one core`,
    );
    console.log(
      figures(
        ['load', 'without', 'with', 'ratio', 'process', 'kernel programs', 'per operation', 'RSS'],
        rows,
      ),
    );
    console.log(`lost: ${lost}`);
    console.log('\n/metrics, asked for beside the load of the last row:');
    console.log(scrapes);
    console.log('\nwhere the process’s own time went:');
    console.log(
      figures(
        ['stage', 'share'],
        stageShares(profileDir)
          .slice(0, 12)
          .map(([stage, share]) => [stage, percent(share)]),
      ),
    );
  } finally {
    await host.close();
    rmSync(profileDir, { recursive: true, force: true });
  }
}

/** Containers that do nothing, up to so many. */
function idle(host: CollectorHost, namespace: string, count: number): void {
  for (let i = host.closers.length; i < count; i++) {
    const service = new Service({
      unit: `idle-${i}`,
      program: '/bin/sleep',
      args: ['600'],
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
