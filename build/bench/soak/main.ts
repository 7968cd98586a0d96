// npm run soak: the collector against churning containers and connections; resident memory over time.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { median, quantile } from '../figures.ts';
import { closeWhenInterrupted } from '../interrupt.ts';
import { startNginx } from '../nginx.ts';
import { Slice } from '../../demo/cgroups.ts';
import { sleep, until } from '../../demo/command.ts';
import { Network } from '../../demo/network.ts';
import { Program } from '../../demo/program.ts';
import { Churn } from './churn.ts';
import { Looks } from './looks.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const USAGE = `npm run soak -- [--minutes N] [--every MS] [--requests N] [--limit MB]

Runs the collector and the embedded store against a web server whose clients live in containers that come and
go: one every MS ms (default 500), each with N connections (default 100), for N minutes (default 30). Prints the
resident memory over time, looked at four times a second, and how long /metrics takes. Time in which it is
stopped (SIGSTOP) does not count. Needs root. Exit codes:
0 flat and at no look above the limit (--memory-limit, default 150 MB), 1 growing, above or ended, 2 bad options.
`;
/** Growth of the median from the first third after warm-up to the last that still counts as flat. */
const FLAT = 1.1;
const MB = 1e6;

/** What was seen in one minute. */
interface Point {
  /** Bytes: the middle of the looks, and the highest. */
  readonly median: number;
  readonly highest: number;
}

interface Options {
  readonly minutes: number;
  readonly every: number;
  readonly requests: number;
  /** MB */
  readonly limit: number;
}

async function soak({ minutes, every, requests, limit }: Options): Promise<boolean> {
  const id = `k${process.pid.toString(36)}`;
  const dir = mkdtempSync(join(tmpdir(), 'gumshoe-soak-'));
  const slice = new Slice(id);
  const network = new Network(id.slice(1));
  const closers: (() => Promise<void> | void)[] = [];
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
    network.remove();
    slice.remove();
    rmSync(dir, { recursive: true, force: true });
  };
  closeWhenInterrupted(() => (closed ??= close()));
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
        ...['--memory-limit', `${limit}MB`],
        ...['--remote-write-url', `${String(addresses['prometheus'])}/api/v1/write`],
      ],
      join(dir, 'log/collector.log'),
    );
    closers.push(() => collector.stop());
    const { listen: address } = await collector.ready;
    const churn = new Churn(slice.path, client.namespace, url, requests);
    closers.push(() => churn.stop());
    const looks = new Looks(collector.pid, String(address));
    closers.push(() => looks.stop().catch(() => {})); // has been said, or the collector ended
    churn.start(every);
    const points = await watch(collector, churn, looks, minutes);
    await looks.stop();
    const metrics = await (await fetch(`${String(address)}/metrics`)).text();
    const shed = [...metrics.matchAll(/^gumshoe_(?:ebpf_lost|dropped)_total\{([^}]+)\} ([1-9]\d*)$/gm)];
    console.log(`lost or shed: ${shed.map((match) => `${match[1]} ${match[2]}`).join('; ') || 'nothing'}`);
    const [isFlat, isWithin] = [flat(points), within(points, limit)];
    return isFlat && isWithin;
  } finally {
    await (closed ??= close());
  }
}

const HEADER = [
  'minute',
  'RSS MB',
  'highest',
  'anonymous',
  'series',
  'containers',
  '/metrics ms',
  'p99',
  'unanswered',
];
const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => cell.padStart(Math.max(6, HEADER[i]!.length))).join('  ');

async function watch(collector: Program, churn: Churn, looks: Looks, minutes: number): Promise<Point[]> {
  const points: Point[] = [];
  const every = Math.min(60, minutes * 3) * 1000;
  console.log(row(HEADER));
  while (looks.watched < minutes * 60_000) {
    const until = looks.watched + every;
    while (looks.watched < until) {
      await sleep(200);
      if (!collector.running) throw new Error('the collector ended');
    }
    const { resident, answers, unanswered, anonymous, series } = looks.take();
    const point = { median: median(resident), highest: Math.max(...resident) };
    points.push(point);
    const sizes = [point.median, point.highest, anonymous].map((bytes) => (bytes / MB).toFixed(0));
    const waits = [median(answers), quantile(answers, 0.99)].map((ms) => ms.toFixed(1));
    const counts = [series, churn.done.containers].map(String);
    console.log(
      row([(looks.watched / 60_000).toFixed(1), ...sizes, ...counts, ...waits, String(unanswered)]),
    );
  }
  return points;
}

/** The first sixth is warm-up: the series of exited containers are kept for some minutes. */
function flat(points: readonly Point[]): boolean {
  const settled = points.slice(Math.floor(points.length / 6));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const of = (part: readonly Point[]): number => median(part.map((point) => point.median)) / MB;
  const [first, last] = [of(settled.slice(0, third)), of(settled.slice(-third))];
  const isFlat = last <= first * FLAT;
  console.log(
    `median RSS of the first third ${first.toFixed(0)} MB, of the last ${last.toFixed(0)} MB (${(last / first).toFixed(2)}×): ${isFlat ? 'flat' : 'growing'}`,
  );
  return isFlat;
}

/** Also of the first minute: from the moment that the collector says it is ready. */
function within(points: readonly Point[], limit: number): boolean {
  const highest = Math.max(...points.map((point) => point.highest)) / MB;
  const isWithin = highest <= limit;
  console.log(
    `highest RSS of all looks ${highest.toFixed(1)} MB, limit ${limit} MB: ${isWithin ? 'kept' : 'exceeded'}`,
  );
  return isWithin;
}

function options(): Options | undefined {
  const names = { minutes: '30', every: '500', requests: '100', limit: '150' } as const;
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: names.minutes },
      every: { type: 'string', default: names.every },
      requests: { type: 'string', default: names.requests },
      limit: { type: 'string', default: names.limit },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const made = {
    minutes: Number(values.minutes),
    every: Number(values.every),
    requests: Number(values.requests),
    limit: Number(values.limit),
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
