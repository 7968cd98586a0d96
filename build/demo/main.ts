import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, until } from './command.ts';
import { claim, sweepLeftovers, WORK_PREFIX } from './leftovers.ts';
import { parseOptions, USAGE, UsageError, type DemoOptions } from './options.ts';
import { gumshoe, report, type DemoReport } from './report.ts';
import { Shop } from './shop.ts';
import { Stack } from './stack.ts';
import { openWindow } from './window.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const started = Date.now();
const stage = (line: string): void =>
  say(`[${((Date.now() - started) / 1000).toFixed(0).padStart(3)} s] ${line}`);

/** What must be stopped, newest first. */
const closers: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

function stopEverything(): Promise<void> {
  stopping ??= (async () => {
    for (const close of closers.reverse())
      await close().catch((error: unknown) => say(`while stopping: ${String(error)}`));
  })();
  return stopping;
}

class Interrupted extends Error {}

async function demo(options: DemoOptions): Promise<number> {
  requireRoot();
  const swept = sweepLeftovers();
  if (swept.length > 0) stage(`removed what an earlier demo left behind (${swept.join(', ')})`);
  const id = process.pid.toString(36);
  const workDir = join(tmpdir(), `${WORK_PREFIX}${id}`);
  mkdirSync(join(workDir, 'log'), { recursive: true, mode: 0o755 });
  claim(workDir);
  closers.push(async () => rmSync(workDir, { recursive: true, force: true }));

  const stack = new Stack({ workDir, interval: options.interval });
  closers.push(() => stack.stop());
  stage('starting the embedded store');
  await stack.startStore();
  stage('starting the shop: nginx, two API replicas, orders, PostgreSQL, Redis; each on a host of its own');
  const shop = new Shop({ id, workDir, rate: options.rate, requests: 0 });
  closers.push(() => shop.stop());
  await shop.start();
  stage('starting the collector (eBPF, restricted to the shop) and the cluster agent');
  await stack.startCollector(shop);
  await stack.startClusterAgent(shop);
  const from = Date.now();
  shop.startLoad();
  stage(`load: ${options.rate} requests/s; warming up for ${options.warmUp} s`);
  await sleep(options.warmUp * 1000);

  stage(`fault: ${options.fault.title}`);
  const injectedAt = Date.now();
  await options.fault.inject(shop);
  const found = await waitForReport(options, stack, from, injectedAt);
  const flags = stack.connectionFlags();
  const window = ['--from', new Date(from).toISOString(), '--to', new Date(found.window.to).toISOString()];
  const final = await gumshoe(['report', ...(options.json ? ['--json'] : []), ...flags, ...window]);
  if (final.code > 1)
    throw new Error(`gumshoe report ended with exit code ${final.code}: ${final.stderr.trim()}`);
  process.stdout.write(final.stdout);
  if (options.export) {
    const exported = await gumshoe(['export', options.export, ...flags, ...window]);
    if (exported.code !== 0) throw new Error(`gumshoe export: ${exported.stderr.trim()}`);
    stage(`exported the window to ${options.export}`);
  }
  const recover =
    options.fault.name === 'kill-api' ? () => showRecovery(options, shop, stack, from) : undefined;
  const title = `demo shop, ${options.fault.name}`;
  if (options.headless) await recover?.();
  else await openWindow({ stack, output: options.output, stage, workDir, title, recover });
  return final.code;
}

/** Asks for the report until a cause shows and has settled, or the fault's time is up. */
async function waitForReport(
  options: DemoOptions,
  stack: Stack,
  from: number,
  injectedAt: number,
): Promise<DemoReport> {
  const end = injectedAt + options.faultTime * 1000;
  const healthy = options.fault.expected === undefined;
  let shown = 0;
  let before = '';
  for (;;) {
    await sleep(5000);
    const now = Date.now();
    const latest = await report(stack.connectionFlags(), from, now);
    const top = latest.causes[0];
    const impact = latest.impacted[0];
    const line = impact ? `${impact.application} ${impact.slo}` : 'nothing impacted';
    stage(
      `${line}; ${top ? `top cause ${top.kind} on ${top.application} (score ${top.score.toFixed(2)})` : 'no cause yet'}`,
    );
    // The first seconds of a fault may show its symptoms only: the same answer has to come again.
    const answer = impact && top ? `${top.kind} on ${top.application}` : '';
    shown = answer === '' ? 0 : answer === before ? shown + 1 : 1;
    before = answer;
    const settled = shown >= 3 && now - injectedAt > 30_000;
    if (settled || now > end || (healthy && now - injectedAt > 30_000)) return latest;
  }
}

async function showRecovery(options: DemoOptions, shop: Shop, stack: Stack, from: number): Promise<void> {
  stage('recovering');
  await options.fault.recover(shop);
  const recovered = async () => {
    const latest = await report(stack.connectionFlags(), from, Date.now());
    const open = latest.impacted.filter((impact) => impact.until === undefined);
    if (open.length === 0)
      for (const one of latest.impacted)
        say(`    ${one.application} ${one.slo}: recovered at ${new Date(one.until ?? 0).toISOString()}`);
    return open.length === 0;
  };
  await until('the objective to recover', recovered, 300_000, 5000);
  stage('recovered');
}

function requireRoot(): void {
  if (process.platform !== 'linux')
    throw new Error('the demo needs Linux: it observes programs through eBPF');
  if (process.getuid?.() !== 0) throw new Error('the demo needs root: sudo env "PATH=$PATH" npm run demo');
}

async function main(): Promise<number> {
  let options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`${error.message}\nsee npm run demo -- --help`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  let interrupt: (error: Error) => void = () => {};
  const interrupted = new Promise<never>((_, reject) => (interrupt = reject));
  interrupted.catch(() => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupt(new Interrupted(signal)));
  try {
    return await Promise.race([demo(options), interrupted]);
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    say(`the demo failed: ${error instanceof Error ? error.message : String(error)}`);
    return 70;
  } finally {
    stage('stopping everything');
    await stopEverything();
  }
}

process.exit(await main());
