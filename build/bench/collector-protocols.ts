import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { CollectorHost, lossText, percent } from './collector-host.ts';
import { h2load, hey, nameOf, postgres, put, redis, type LoadKind } from './collector-loads.ts';
import { scrapeFigures } from './collector-scrapes.ts';
import { startIdle, startPostgres, startRedis } from './collector-servers.ts';
import { stageShares } from './collector-stages.ts';
import { threadTimes } from './collector-threads.ts';
import { figures } from './figures.ts';
import { startNginx } from './nginx.ts';

/** One interval of the collector, so that each stretch holds one collection. */
const SECONDS = 15;
/** Of each load, before its stretch: until then half of what is measured is the compiler. */
const WARM_UP = 10;
const BARE_SECONDS = 8;
const PROFILED_SECONDS = 8;
const CONTAINERS = 200;

/** A row of figures: a load beside the collector. */
async function stretch(
  host: CollectorHost,
  namespace: string,
  load: LoadKind,
  without: number | undefined,
): Promise<string[]> {
  await put(load, namespace, WARM_UP);
  const before = await host.losses();
  const { result, cost } = await host.costOf(() => host.kernelShareOf(() => put(load, namespace, SECONDS)));
  await host.nextCollection();
  const { result: rate, share } = result;
  return [
    nameOf(load),
    without?.toFixed(0) ?? '',
    rate.toFixed(0),
    percent(cost.process),
    percent(share),
    `${((1e6 * (cost.process + share)) / rate).toFixed(1)} µs`,
    `${cost.rss.toFixed(0)} MB`,
    lossText(await host.losses(), before),
  ];
}

/**
 * HTTP/1, HTTP/2, PostgreSQL and Redis at fixed rates and as fast as two shared cores give, over many connections and
 * beside many containers, everything on. Then where the time goes, of a second collector: V8's profiler doubles it.
 */
export async function benchProtocols(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root');
  for (const program of ['hey', 'h2load', 'pgbench', 'redis-benchmark'])
    if (spawnSync(program, ['--version']).error) throw new Error(`needs ${program}: run npm run bootstrap`);
  const profileDir = mkdtempSync(join(tmpdir(), 'gumshoe-profile-'));
  const host = new CollectorHost();
  try {
    const server = host.network.host('server', 10);
    const { namespace } = host.network.host('client', 11);
    const { address } = server;
    const nginx = startNginx(host.dir, server.namespace, host.slice.unit('nginx', {}));
    host.closers.push(() => nginx.stop());
    await startPostgres(host, server);
    await startRedis(host, server);
    const common = hey(address, 20, 4_000);
    const fixed: readonly LoadKind[] = [
      common,
      hey(address, 500, 4_000),
      hey(address, 20, 1_000, false),
      h2load(address, 1, 10, 10_000),
      h2load(address, 2, 10, 10_000),
      postgres(address, 5_000),
    ];
    const unbounded: readonly LoadKind[] = [postgres(address), redis(address), h2load(address, 2, 10)];
    const bare = new Map<LoadKind, number>();
    for (const load of unbounded) bare.set(load, await put(load, namespace, BARE_SECONDS));
    await host.startStore();
    await host.observe();
    await host.nextCollection();
    const rows: string[][] = [];
    for (const load of [...fixed, ...unbounded])
      rows.push(await stretch(host, namespace, load, bare.get(load)));
    startIdle(host, server, CONTAINERS);
    const crowded = { ...common, name: `${common.name}, beside ${CONTAINERS} containers` };
    rows.push(await stretch(host, namespace, crowded, undefined));
    const scrapes = await scrapeFigures(host, put(common, namespace, SECONDS));
    await host.endCollector();
    console.log(
      `collector: operations/s without and with it (default settings, everything on), ${SECONDS} s each after ${WARM_UP} s of the same; 100 % is one core`,
    );
    console.log(
      figures(
        ['load', 'without', 'with', 'process', 'kernel programs', 'per operation', 'RSS', 'lost'],
        rows,
      ),
    );
    console.log('\n/metrics, asked for beside the load of the last row:');
    console.log(scrapes);

    await host.observe(profileDir);
    const from = performance.now();
    const origin = Number(process.hrtime.bigint()) / 1e6 - from;
    const threads = threadTimes(host.pid);
    const mixture = [...fixed, redis(address)];
    for (const load of mixture) await put(load, namespace, PROFILED_SECONDS);
    const to = performance.now();
    const later = threadTimes(host.pid);
    await host.endCollector();
    console.log(
      `\nwhere the process’s time went, of a second collector under V8’s profiler (which doubles it) beside the same containers, ${PROFILED_SECONDS} s each of ${mixture.map(nameOf).join('; ')}:`,
    );
    console.log(
      figures(
        ['thread', 'of one core'],
        [...later]
          .map(
            ([name, seconds]) => [name, (1000 * (seconds - (threads.get(name) ?? 0))) / (to - from)] as const,
          )
          .filter(([, share]) => share >= 0.001)
          .map(([name, share]) => [name, percent(share)]),
      ),
    );
    console.log(
      figures(
        ['stage of the main thread', 'share of its time'],
        stageShares(profileDir, host.pid, origin + from, origin + to).map(([stage, share]) => [
          stage,
          percent(share),
        ]),
      ),
    );
  } finally {
    await host.close();
    rmSync(profileDir, { recursive: true, force: true });
  }
}
