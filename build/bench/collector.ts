import { spawn, spawnSync } from 'node:child_process';
import { until } from '../demo/command.ts';
import { CollectorHost, percent } from './collector-host.ts';
import { figures } from './figures.ts';
import { startNginx } from './nginx.ts';

const RATES = [2_000, 5_000, 10_000];
const SECONDS = 8;
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

/** CPU, memory and added latency of the collector at rising HTTP rates, against no collector, in one run. */
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
    const baseline: Load[] = [];
    for (const rate of RATES) baseline.push(await load(url, client.namespace, rate));

    await host.observe();
    const rows: string[][] = [];
    for (const [i, rate] of RATES.entries()) {
      const { result: measured, cost } = await host.costOf(() => load(url, client.namespace, rate));
      const without = baseline[i]!;
      rows.push([
        String(rate),
        measured.rate.toFixed(0),
        percent(cost.process),
        percent(cost.kernel),
        `${cost.rss.toFixed(0)} MiB`,
        `${without.p50.toFixed(2)} / ${measured.p50.toFixed(2)}`,
        `${without.p99.toFixed(2)} / ${measured.p99.toFixed(2)}`,
        `${(measured.p50 / without.p50).toFixed(2)}×`,
      ]);
    }
    console.log(
      `collector: nginx, ${CONNECTIONS} keep-alive connections, ${SECONDS} s a rate, without / with the collector (5 s interval, everything on)`,
    );
    console.log(
      figures(
        ['asked req/s', 'served', 'process CPU', 'kernel programs', 'RSS', 'p50 ms', 'p99 ms', 'p50 ratio'],
        rows,
      ),
    );
    console.log(`lost: ${await host.lost()}; 100 % is one core`);
  } finally {
    await host.close();
  }
}
