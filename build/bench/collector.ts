import { spawn, spawnSync } from 'node:child_process';
import { until } from '../demo/command.ts';
import { CollectorHost, percent, type Cost } from './collector-host.ts';
import { figures } from './figures.ts';
import { startNginx } from './nginx.ts';

const RATES = [2_000, 5_000, 10_000];
/** One interval of the collector, so that each stretch holds one collection. */
const SECONDS = 15;
const CONNECTIONS = 20;

interface Load {
  readonly rate: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
}

/** Sends `rate` requests/s for SECONDS over keep-alive connections; latencies as the client measures them. */
function load(url: string, namespace: string, rate: number): Promise<Load> {
  const args = [
    '-z',
    `${SECONDS}s`,
    '-c',
    String(CONNECTIONS),
    '-q',
    String(rate / CONNECTIONS),
    '-o',
    'csv',
    url,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', 'hey', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk));
    child.on('error', reject);
    child.on('close', () => {
      const times = text
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0]) * 1000)
        .filter((value) => value > 0)
        .sort((a, b) => a - b);
      const at = (share: number): number => times[Math.floor(times.length * share)] ?? NaN;
      resolve({ rate: times.length / SECONDS, p50: at(0.5), p99: at(0.99) });
    });
  });
}

const BURST_MS = 8;
/** Counts in bursts; its argument: ms from one to the next. */
const BURNER = `setInterval(() => { const end = performance.now() + ${BURST_MS}; while (performance.now() < end); }, +process.argv[1])`;

/** The same load beside a process that takes `share` of a core and does nothing: what any neighbour costs here. */
async function besideBurner(share: number, work: () => Promise<Load>): Promise<Load> {
  const burner = spawn(process.execPath, ['-e', BURNER, String(BURST_MS / share)], { stdio: 'ignore' });
  try {
    return await work();
  } finally {
    burner.kill();
  }
}

/**
 * CPU, memory and added latency of the collector at rising HTTP rates, against no collector and against a process that
 * takes as much CPU as collector and store and does nothing, in one run.
 */
export async function benchCollector(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root');
  if (spawnSync('hey', ['-h']).error) throw new Error('needs the load generator hey (Debian package hey)');
  const host = new CollectorHost();
  try {
    const server = host.network.host('server', 10);
    const client = host.network.host('client', 11);
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
    const without = async (): Promise<Load[]> => {
      const loads: Load[] = [];
      for (const rate of RATES) loads.push(await load(url, client.namespace, rate));
      return loads;
    };
    const before = await without();
    await host.observe();
    // past the compiler's warm-up under load
    await load(url, client.namespace, Math.max(...RATES));
    const measured: { readonly result: Load; readonly cost: Cost }[] = [];
    for (const rate of RATES) measured.push(await host.costOf(() => load(url, client.namespace, rate)));
    const lost = await host.lost();
    await host.endCollector();
    const beside: Load[] = [];
    for (const [i, rate] of RATES.entries())
      beside.push(
        await besideBurner(measured[i]!.cost.process + measured[i]!.cost.store, () =>
          load(url, client.namespace, rate),
        ),
      );
    const after = await without();
    const four = (i: number, pick: (load: Load) => number): string =>
      [before[i]!, measured[i]!.result, beside[i]!, after[i]!]
        .map((load) => pick(load).toFixed(2))
        .join(' / ');
    console.log(
      `collector: nginx, ${CONNECTIONS} keep-alive connections, ${SECONDS} s a rate (default settings, everything on); latency before / with the collector / beside a process that takes as much CPU as collector and store and does nothing / after`,
    );
    console.log(
      figures(
        [
          'asked req/s',
          'served',
          'process CPU',
          'kernel programs',
          'sum',
          'store',
          'most RSS',
          'p50 ms',
          'p99 ms',
        ],
        measured.map(({ result, cost }, i) => [
          String(RATES[i]),
          result.rate.toFixed(0),
          percent(cost.process),
          percent(cost.kernel),
          percent(cost.process + cost.kernel),
          percent(cost.store),
          `${cost.rss.toFixed(0)} MB`,
          four(i, (load) => load.p50),
          four(i, (load) => load.p99),
        ]),
      ),
    );
    console.log(`lost: ${lost}; 100 % is one core; MB are millions of bytes`);
  } finally {
    await host.close();
  }
}
