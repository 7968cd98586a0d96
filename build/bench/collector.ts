import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, spawnSync } from 'node:child_process';
import { Slice } from '../demo/cgroups.ts';
import { sleep, until } from '../demo/command.ts';
import { Network } from '../demo/network.ts';
import { Program } from '../demo/program.ts';
import { figures } from './figures.ts';
import { startNginx } from './nginx.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const RATES = [2_000, 5_000, 10_000];
const SECONDS = 8;
const CONNECTIONS = 20;
const TICKS = 100;

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

/** user + system, seconds */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

const rssOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

interface KernelProgram {
  readonly id: number;
  readonly run_time_ns?: number;
}

const kernelPrograms = (): KernelProgram[] =>
  JSON.parse(
    spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' }).stdout || '[]',
  ) as KernelProgram[];

/** CPU, memory and added latency of the collector at rising HTTP rates, against no collector, in one run. */
export async function benchCollector(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root');
  if (spawnSync('hey', ['-h']).error) throw new Error('needs the load generator hey (Debian package hey)');
  const id = `b${process.pid.toString(36)}`;
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-bench-'));
  const slice = new Slice(id);
  const network = new Network(id.slice(1));
  const statistics = readFileSync('/proc/sys/kernel/bpf_stats_enabled', 'utf8').trim();
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const server = network.host('server', 10);
    const client = network.host('client', 11);
    const nginx = startNginx(dir, server.namespace, slice.unit('nginx', {}));
    closers.push(() => nginx.stop());
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

    mkdirSync(join(dir, 'log'), { recursive: true });
    const store = new Program(
      'store',
      [
        join(ROOT, 'collector/src/embedded/main.ts'),
        '--data',
        join(dir, 'store'),
        '--clickhouse-listen',
        '127.0.0.1:0',
        '--prometheus-listen',
        '127.0.0.1:0',
      ],
      join(dir, 'log/store.log'),
    );
    closers.push(() => store.stop());
    const addresses = await store.ready;
    const before = new Set(kernelPrograms().map((program) => program.id));
    writeFileSync('/proc/sys/kernel/bpf_stats_enabled', '1');
    const collector = new Program(
      'collector',
      [
        join(ROOT, 'collector/bin/gumshoe-collector.mjs'),
        ...['--listen', '127.0.0.1:0', '--interval', '5s', '--target-cgroup', slice.path],
        ...[
          '--clickhouse-url',
          String(addresses['clickhouse']),
          '--remote-write-url',
          `${String(addresses['prometheus'])}/api/v1/write`,
        ],
      ],
      join(dir, 'log/collector.log'),
    );
    closers.push(() => collector.stop());
    const { listen } = await collector.ready;
    await sleep(6_000);
    const kernelTime = (): number =>
      kernelPrograms().reduce(
        (sum, program) => sum + (before.has(program.id) ? 0 : (program.run_time_ns ?? 0)),
        0,
      ) / 1e9;
    const rows: string[][] = [];
    for (const [i, rate] of RATES.entries()) {
      const [cpu, kernel, started] = [cpuOf(collector.pid), kernelTime(), performance.now()];
      const measured = await load(url, client.namespace, rate);
      const seconds = (performance.now() - started) / 1000;
      const without = baseline[i]!;
      const percent = (value: number): string => `${((100 * value) / seconds).toFixed(1)} %`;
      rows.push([
        String(rate),
        measured.rate.toFixed(0),
        percent(cpuOf(collector.pid) - cpu),
        percent(kernelTime() - kernel),
        `${rssOf(collector.pid).toFixed(0)} MiB`,
        `${without.p50.toFixed(2)} / ${measured.p50.toFixed(2)}`,
        `${without.p99.toFixed(2)} / ${measured.p99.toFixed(2)}`,
        `${(measured.p50 / without.p50).toFixed(2)}×`,
      ]);
    }
    const metrics = await (await fetch(`${String(listen)}/metrics`)).text();
    const lost = [...metrics.matchAll(/^gumshoe_ebpf_lost_total\{cause="([^"]+)"\} (\d+)$/gm)].map(
      (match) => `${match[1]} ${match[2]}`,
    );
    console.log(
      `collector: nginx, ${CONNECTIONS} keep-alive connections, ${SECONDS} s a rate, without / with the collector (5 s interval, everything on)`,
    );
    console.log(
      figures(
        ['asked req/s', 'served', 'process CPU', 'kernel programs', 'RSS', 'p50 ms', 'p99 ms', 'p50 ratio'],
        rows,
      ),
    );
    console.log(`lost: ${lost.join(', ') || 'nothing'}; 100 % is one core`);
  } finally {
    for (const close of closers.reverse()) await close();
    writeFileSync('/proc/sys/kernel/bpf_stats_enabled', statistics);
    network.remove();
    slice.remove();
    rmSync(dir, { recursive: true, force: true });
  }
}
