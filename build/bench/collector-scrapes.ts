import { get } from 'node:http';
import { sleep } from '../demo/command.ts';
import type { CollectorHost } from './collector-host.ts';
import { figures, median, quantile } from './figures.ts';

/** One answer of /metrics. */
interface Scrape {
  /** ms until its first and its last byte. */
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
}

/** ms between questions: out of step with the interval. */
const PAUSE = 1_300;
/** Answers that are as many as it takes to see what one costs: processor time is counted in steps of 10 ms. */
const BURST = 100;

function scrape(address: string): Promise<Scrape> {
  return new Promise((resolve, reject) => {
    const asked = performance.now();
    get(`${address}/metrics`, (response) => {
      let first = NaN;
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        if (bytes === 0) first = performance.now() - asked;
        bytes += chunk.length;
      });
      response.on('end', () => resolve({ first, last: performance.now() - asked, bytes }));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** How long /metrics takes while `load` goes on, and what one answer costs the process, as a table. */
export async function scrapeFigures(host: CollectorHost, load: Promise<unknown>): Promise<string> {
  let isOver = false;
  const over = load.then(() => (isOver = true));
  const seen: Scrape[] = [];
  while (!isOver) {
    seen.push(await scrape(host.address));
    await sleep(PAUSE);
  }
  await over;
  const series = await host.series();
  const seconds = await host.processSeconds(async () => {
    for (let i = 0; i < BURST; i++) await scrape(host.address);
  });
  const [first, last] = [seen.map((one) => one.first), seen.map((one) => one.last)];
  return figures(
    ['series', 'size', 'first byte', 'p99', 'last byte', 'p99', 'CPU of one'],
    [
      [
        String(series),
        `${(median(seen.map(({ bytes }) => bytes)) / 1e6).toFixed(1)} MB`,
        ...[median(first), quantile(first, 0.99), median(last), quantile(last, 0.99)].map(
          (ms) => `${ms.toFixed(1)} ms`,
        ),
        `${((1000 * seconds) / BURST).toFixed(1)} ms`,
      ],
    ],
  );
}
