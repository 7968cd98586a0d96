import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, until } from '../demo/command.ts';
import { CollectorHost, percent, type Cost } from './collector-host.ts';
import { figures, median, quantile } from './figures.ts';
import { startNginx } from './nginx.ts';

const RATES = [2_000, 5_000, 10_000];
/** One interval of the collector, so that each stretch holds one collection. */
const SECONDS = 15;
/** The kernel programs' share is measured by itself. */
const KERNEL_SECONDS = 5;
const CONNECTIONS = 20;
/** From one client's start to the next one's. */
const APART_MS = 13.3;
/** Stretches with the collector; one more without it, before, between and after them. */
const ROUNDS = 2;

interface Load {
  readonly rate: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
}

/** ms. Latencies of one client, a line a request: start (µs since the epoch), status, duration (µs). */
function readLatencies(file: string): number[] {
  const lines = readFileSync(file, 'latin1').trimEnd().split('\n');
  rmSync(file);
  return lines.map((line) => Number(line.split('\t')[2]) / 1000);
}

/** One keep-alive connection of h2load: one thread without a garbage collector, whose own pauses would hide others. */
function client(
  log: string,
  url: string,
  namespace: string,
  rate: number,
  seconds: number,
): Promise<number[]> {
  const args = [
    '--h1',
    '-t',
    '1',
    '-c',
    '1',
    '-D',
    String(seconds),
    '--rps',
    String(rate),
    `--log-file=${log}`,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', 'h2load', ...args, url], {
      stdio: 'ignore',
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(readLatencies(log));
      else reject(new Error(`h2load ended with exit code ${code}`));
    });
  });
}

/** Sends `rate` requests/s; latencies as the clients measure them. They start one after the other: as one they ask at once. */
async function load(
  host: CollectorHost,
  url: string,
  namespace: string,
  rate: number,
  seconds: number,
): Promise<Load> {
  const each = await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, i) => {
      await sleep(i * APART_MS);
      return client(join(host.dir, `latencies-${i}.tsv`), url, namespace, rate / CONNECTIONS, seconds);
    }),
  );
  const times = each.flat();
  return { rate: times.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** One number, or the smallest and the largest. */
function span(values: readonly number[]): string {
  const [low, high] = [Math.min(...values).toFixed(2), Math.max(...values).toFixed(2)];
  return low === high ? low : `${low}–${high}`;
}

/** ms. What the collector added, and what stretches without it differ by: less than that cannot be told from none. */
function added(without: readonly number[], beside: readonly number[]): string {
  const noise = Math.max(...without) - Math.min(...without);
  return `${(median(beside) - median(without)).toFixed(2)} ± ${noise.toFixed(2)}`;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

interface Stretch {
  readonly result: Load;
  readonly cost: Cost;
  /** Of one core, in the kernel programs. */
  readonly kernel: number;
}

/**
 * CPU, memory and added latency of the collector at rising HTTP rates, in turns with stretches without it: what these
 * differ by among themselves is the noise.
 */
export async function benchCollector(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root');
  if (spawnSync('h2load', ['--version']).error)
    throw new Error('needs the load generator h2load (Debian package nghttp2-client)');
  const host = new CollectorHost();
  try {
    const server = host.network.host('server', 10);
    const clients = host.network.host('client', 11);
    const nginx = startNginx(host.dir, server.namespace, host.slice.unit('nginx', {}));
    host.closers.push(() => nginx.stop());
    const url = `http://${server.address}/`;
    await until(
      'nginx to answer',
      () =>
        fetch(url)
          .then((answer) => answer.ok)
          .catch(() => false),
      10_000,
    );
    await host.startStore();
    const at = (rate: number, seconds = SECONDS): Promise<Load> =>
      load(host, url, clients.namespace, rate, seconds);
    const without = RATES.map((): Load[] => []);
    const beside = RATES.map((): Stretch[] => []);
    const losses: string[] = [];
    const bare = async (): Promise<void> => {
      for (const [i, rate] of RATES.entries()) without[i]!.push(await at(rate));
    };
    await bare();
    for (let round = 0; round < ROUNDS; round++) {
      await host.observe();
      // past the compiler's warm-up under load
      await at(Math.max(...RATES));
      for (const [i, rate] of RATES.entries()) {
        const stretch = await host.costOf(() => at(rate));
        const { share } = await host.kernelShareOf(() => at(rate, KERNEL_SECONDS));
        beside[i]!.push({ ...stretch, kernel: share });
      }
      losses.push(await host.lost());
      await host.endCollector();
      await bare();
    }
    console.log(
      `collector: nginx, ${CONNECTIONS} clients with a keep-alive connection each, ${SECONDS} s a rate, default settings, everything on; CPU is the mean of ${ROUNDS} stretches, latencies are the least and the most of ${ROUNDS + 1} stretches without the collector and ${ROUNDS} with it; added is the difference of their medians ± what the stretches without it differ by among themselves`,
    );
    console.log(
      figures(
        [
          ...['asked req/s', 'served', 'process CPU', 'kernel programs', 'sum', 'store', 'most RSS'],
          ...['p50 ms without', 'with', 'added', 'p99 ms without', 'with', 'added'],
        ],
        RATES.map((rate, i) => {
          const loads = beside[i]!.map(({ result }) => result);
          const cpu = (pick: (stretch: Stretch) => number): string => percent(mean(beside[i]!.map(pick)));
          const latency = (pick: (load: Load) => number): string[] => {
            const [bare, besides] = [without[i]!.map(pick), loads.map(pick)];
            return [span(bare), span(besides), added(bare, besides)];
          };
          return [
            String(rate),
            mean(loads.map((one) => one.rate)).toFixed(0),
            cpu(({ cost }) => cost.process),
            cpu(({ kernel }) => kernel),
            cpu(({ cost, kernel }) => cost.process + kernel),
            cpu(({ cost }) => cost.store),
            `${Math.max(...beside[i]!.map(({ cost }) => cost.rss)).toFixed(0)} MB`,
            ...latency((one) => one.p50),
            ...latency((one) => one.p99),
          ];
        }),
      ),
    );
    console.log(
      `lost: ${[...new Set(losses)].join('; ')}; 100 % is one core; MB are millions of bytes; kernel programs as the kernel times them, less the ${host.statisticsNs.toFixed(0)} ns that it says of a program that does nothing`,
    );
  } finally {
    await host.close();
  }
}
