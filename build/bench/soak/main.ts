// npm run soak: the collector against churning containers and connections; resident memory over time.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { figures, median } from '../figures.ts';
import { startNginx } from '../nginx.ts';
import { Slice } from '../../demo/cgroups.ts';
import { sleep, until } from '../../demo/command.ts';
import { Network } from '../../demo/network.ts';
import { Program } from '../../demo/program.ts';
import { Churn } from './churn.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const USAGE = `npm run soak -- [--minutes N] [--every MS] [--requests N]

Runs the collector and the embedded store against a web server whose clients live in containers that come and
go: one every MS ms (default 500), each with N connections (default 100), for N minutes (default 30). Prints the
resident memory over time. Needs root. Exit codes: 0 flat, 1 growing or ended, 2 bad options.
`;
/** Growth of the median from the first third after warm-up to the last that still counts as flat. */
const FLAT = 1.1;

interface Point {
  readonly minute: number;
  readonly rss: number;
  readonly anonymous: number;
  readonly series: number;
  readonly containers: number;
}

function memoryOf(pid: number): { readonly rss: number; readonly anonymous: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
  return { rss: of('VmRSS'), anonymous: of('RssAnon') };
}

interface Options {
  readonly minutes: number;
  readonly every: number;
  readonly requests: number;
}

async function soak({ minutes, every, requests }: Options): Promise<boolean> {
  const id = `k${process.pid.toString(36)}`;
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-soak-'));
  const slice = new Slice(id);
  const network = new Network(id.slice(1));
  const closers: (() => Promise<void> | void)[] = [];
  try {
    const server = network.host('server', 10);
    const client = network.host('client', 11);
    const nginx = startNginx(dir, server.namespace, slice.unit('nginx', {}));
    closers.push(() => nginx.stop());
    const url = `http://${server.address}/`;
    const answers = (): Promise<boolean> =>
      fetch(url).then(
        (answer) => answer.ok,
        () => false,
      );
    await until('nginx to answer', answers, 10_000);
    mkdirSync(join(dir, 'log'), { recursive: true });
    const listen = ['--clickhouse-listen', '127.0.0.1:0', '--prometheus-listen', '127.0.0.1:0'];
    const store = new Program(
      'store',
      [join(ROOT, 'collector/src/embedded/main.ts'), '--data', join(dir, 'store'), ...listen],
      join(dir, 'log/store.log'),
    );
    closers.push(() => store.stop());
    const addresses = await store.ready;
    const collector = new Program(
      'collector',
      [
        join(ROOT, 'collector/bin/gumshoe-collector.mjs'),
        ...['--listen', '127.0.0.1:0', '--interval', '5s', '--target-cgroup', slice.path],
        ...['--clickhouse-url', String(addresses['clickhouse']), '--spool-dir', join(dir, 'spool')],
        ...['--remote-write-url', `${String(addresses['prometheus'])}/api/v1/write`],
      ],
      join(dir, 'log/collector.log'),
    );
    closers.push(() => collector.stop());
    const { listen: address } = await collector.ready;
    const churn = new Churn(slice.path, client.namespace, url, requests);
    closers.push(() => churn.stop());
    churn.start(every);
    const points = await watch(collector, churn, String(address), minutes);
    const metrics = await (await fetch(`${String(address)}/metrics`)).text();
    const shed = [...metrics.matchAll(/^gumshoe_(?:ebpf_lost|dropped)_total\{([^}]+)\} ([1-9]\d*)$/gm)];
    console.log(`lost or shed: ${shed.map((match) => `${match[1]} ${match[2]}`).join('; ') || 'nothing'}`);
    return flat(points);
  } finally {
    for (const close of closers.reverse()) await close();
    network.remove();
    slice.remove();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function watch(collector: Program, churn: Churn, address: string, minutes: number): Promise<Point[]> {
  const points: Point[] = [];
  const started = performance.now();
  const every = Math.min(60, minutes * 3) * 1000;
  console.log(figures(['minute', 'RSS MiB', 'anonymous MiB', 'series', 'containers so far'], []));
  while (performance.now() - started < minutes * 60_000) {
    await sleep(every);
    if (!collector.running) throw new Error('the collector ended');
    const metrics = await (await fetch(`${address}/metrics`)).text();
    const point = {
      minute: (performance.now() - started) / 60_000,
      ...memoryOf(collector.pid),
      series: Number(/^gumshoe_series (\d+)$/m.exec(metrics)?.[1] ?? NaN),
      containers: churn.done.containers,
    };
    points.push(point);
    const cells = [point.minute.toFixed(1), point.rss.toFixed(0), point.anonymous.toFixed(0)];
    console.log(
      [...cells, point.series, point.containers].map((cell) => String(cell).padStart(9)).join('  '),
    );
  }
  return points;
}

/** The first sixth is warm-up: the series of exited containers are kept for ten minutes at most. */
function flat(points: readonly Point[]): boolean {
  const settled = points.slice(Math.floor(points.length / 6));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const of = (part: readonly Point[]): number => median(part.map(({ rss }) => rss));
  const [first, last] = [of(settled.slice(0, third)), of(settled.slice(-third))];
  const isFlat = last <= first * FLAT;
  console.log(
    `median RSS of the first third ${first.toFixed(0)} MiB, of the last ${last.toFixed(0)} MiB (${(last / first).toFixed(2)}×): ${isFlat ? 'flat' : 'growing'}`,
  );
  return isFlat;
}

function options(): Options | undefined {
  const names = { minutes: '30', every: '500', requests: '100' } as const;
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: names.minutes },
      every: { type: 'string', default: names.every },
      requests: { type: 'string', default: names.requests },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const made = {
    minutes: Number(values.minutes),
    every: Number(values.every),
    requests: Number(values.requests),
  };
  for (const [name, value] of Object.entries(made))
    if (!(value > 0 && value <= 100_000)) throw new Error(`--${name} ${value}: a number above 0`);
  return made;
}

let chosen: Options | undefined;
try {
  chosen = options();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
if (!chosen) process.stdout.write(USAGE);
else if (process.getuid?.() !== 0 || spawnSync('hey', ['-h']).error) {
  process.stderr.write('soak needs root, and the load generator hey (Debian package hey)\n');
  process.exit(2);
} else process.exitCode = (await soak(chosen)) ? 0 : 1;
