import { availableParallelism } from 'node:os';
import { sleep, until } from '../demo/command.ts';
import { CollectorHost, percent, type Cost } from './collector-host.ts';
import { figures, median, quantile } from './figures.ts';
import { startNginx } from './nginx.ts';
import { PacedClient, type Stretch } from './paced-client.ts';
import type { ProcessorsAwake } from './processors-awake.ts';
import { StolenTime } from './stolen-time.ts';

const RATES = [2_000, 5_000, 10_000];
/** One interval of the collector, so that each stretch holds one collection. */
const SECONDS = 15;
/** The kernel programs' share is measured by itself. */
const KERNEL_SECONDS = 5;
/** Before a client that was just started counts. */
const SETTLE_MS = 3000;
const CONNECTIONS = 20;
/**
 * The server has the first processor, the client the others, the collector any: where a scheduler may put both on one
 * or not, the median is that of its choice (decision 25).
 */
const SERVER_ALONE = availableParallelism() > 1;
const BESIDE_SERVER = SERVER_ALONE ? ['taskset', '-c', `1-${availableParallelism() - 1}`] : [];
/** Stretches with the collector; one more without it, before, between and after them. */
const ROUNDS = 3;
/** A stretch of which less was this machine's own says nothing of latencies. */
const OWN_ENOUGH = 0.1;

interface Load {
  readonly rate: number;
  /** ms */
  readonly p50: number;
  readonly p99: number;
  /** The part of the time whose latencies count: no other machine took time from this one. */
  readonly own: number;
}

/** What a stretch beside the collector cost. */
interface Beside {
  readonly cost: Cost;
  /** Of one core, in the kernel programs. */
  readonly kernel: number;
}

interface AtRate {
  readonly without: readonly Load[];
  readonly beside: readonly (Beside & { readonly load: Load })[];
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

async function stretch(): Promise<Stretch> {
  const from = Date.now();
  await sleep(SECONDS * 1000);
  return { from, to: Date.now() };
}

/** One load that goes on, while the collector comes and goes. */
async function measure(
  host: CollectorHost,
  awake: ProcessorsAwake,
  start: (rate: number) => PacedClient,
  rate: number,
  losses: Set<string>,
): Promise<AtRate> {
  const stolen = new StolenTime();
  const client = start(rate);
  host.closers.push(() => client.stop());
  await sleep(SETTLE_MS);
  const without = [await stretch()];
  const observed: (Beside & { readonly stretch: Stretch })[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await host.observe();
    const beside = await stretch();
    awake.pause();
    const { cost } = await host.costOf(stretch);
    const { share } = await host.kernelShareOf(() => sleep(KERNEL_SECONDS * 1000));
    awake.resume();
    observed.push({ stretch: beside, cost, kernel: share });
    losses.add(await host.lost());
    await host.endCollector();
    without.push(await stretch());
  }
  const own = stolen.end();
  const stretches = [...without, ...observed.map((one) => one.stretch)];
  const answers = await client.end(stretches, (ms) => own.has(ms));
  const loads = stretches.map(({ from, to }, i): Load => {
    const { all, durations } = answers[i]!;
    let ownMs = 0;
    for (let ms = from; ms < to; ms++) ownMs += Number(own.has(ms));
    return {
      rate: (1000 * all) / (to - from),
      p50: quantile(durations, 0.5),
      p99: quantile(durations, 0.99),
      own: ownMs / (to - from),
    };
  });
  return {
    without: loads.slice(0, without.length),
    beside: observed.map(({ cost, kernel }, i) => ({ cost, kernel, load: loads[without.length + i]! })),
  };
}

function row(rate: number, { without, beside }: AtRate): string[] {
  const loads = beside.map(({ load }) => load);
  const counting = (all: readonly Load[]): readonly Load[] => all.filter(({ own }) => own >= OWN_ENOUGH);
  const cpu = (pick: (one: Beside) => number): string => percent(mean(beside.map(pick)));
  const latency = (pick: (load: Load) => number): string[] => {
    const [bare, besides] = [counting(without).map(pick), counting(loads).map(pick)];
    if (bare.length < 2 || besides.length === 0) return ['–', '–', 'cannot be told'];
    return [span(bare), span(besides), added(bare, besides)];
  };
  const own = [...without, ...loads].map((load) => 100 * load.own);
  return [
    String(rate),
    mean(loads.map((load) => load.rate)).toFixed(0),
    cpu(({ cost }) => cost.process),
    cpu(({ kernel }) => kernel),
    cpu(({ cost, kernel }) => cost.process + kernel),
    `${Math.max(...beside.map(({ cost }) => cost.rss)).toFixed(0)} MB`,
    ...latency((load) => load.p50),
    ...latency((load) => load.p99),
    `${Math.min(...own).toFixed(0)}–${Math.max(...own).toFixed(0)} %`,
  ];
}

const HEADER = [
  ...['asked req/s', 'served', 'process CPU', 'kernel programs', 'sum', 'most RSS'],
  ...['p50 ms without', 'with', 'added', 'p99 ms without', 'with', 'added', 'of the time'],
];

/**
 * CPU, memory and added latency of the collector at rising HTTP rates, in turns with stretches without it: what these
 * differ by among themselves is the noise.
 */
export async function benchCollector(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('needs root');
  const host = new CollectorHost();
  try {
    const server = host.network.host('server', 10);
    const { namespace } = host.network.host('client', 11);
    const nginx = startNginx(host.dir, server.namespace, host.slice.unit('nginx', {}), SERVER_ALONE);
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
    const awake = host.keepAwake();
    const start = (rate: number): PacedClient =>
      PacedClient.start({
        address: server.address,
        port: 80,
        namespace,
        connections: CONNECTIONS,
        rate,
        prefix: BESIDE_SERVER,
        dir: host.dir,
      });
    const losses = new Set<string>();
    const rows: string[][] = [];
    for (const rate of RATES) rows.push(row(rate, await measure(host, awake, start, rate, losses)));
    console.log(
      `collector: nginx on one processor, a client with ${CONNECTIONS} keep-alive connections that asks in equal distances on the others, the collector on any, as its systemd unit runs it, ${SECONDS} s a stretch, default settings, everything on, a store that takes what it is given; CPU is the mean of ${ROUNDS} stretches of their own; latencies, with all processors kept awake, are the least and the most of ${ROUNDS + 1} stretches without the collector and ${ROUNDS} with it, of the same client, in that part of the time (last column) in which the hypervisor took none from this machine, of stretches with a tenth of it at least; added is the difference of their medians ± what the stretches without it differ by among themselves`,
    );
    console.log(figures(HEADER, rows));
    console.log(
      `lost: ${[...losses].join('; ')}; 100 % is one core; MB are millions of bytes; kernel programs as the kernel times them, less the ${host.statisticsNs.toFixed(0)} ns that it says of a program that does nothing`,
    );
  } finally {
    await host.close();
  }
}
