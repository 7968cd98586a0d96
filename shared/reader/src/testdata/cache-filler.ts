// Fills a metric cache without end: `node cache-filler.ts DIRECTORY SEED`. Says a line for each window it has kept.
import { HOUR, MINUTE, milliseconds } from '@gumshoe/base/time';
import { CachedReader } from '../cache/reader.ts';
import { CountingSource, rangeOf } from './counting-source.ts';
import { FILLED_FROM, FILLED_METRICS, FILLED_SOURCE } from './filled-cache.ts';

const [directory = '', seed = '0'] = process.argv.slice(2);
const now = FILLED_FROM + 100 * HOUR;
const source = new CountingSource({ ...FILLED_SOURCE, now: () => now });
const clock = { now: () => milliseconds(now) };
const reader = new CachedReader(source.reader(), { directory, sourceKey: 'filled', clock });

for (let i = Number(seed) * 7; ; i++) {
  // all of it before `now`: younger samples are never kept
  const from = FILLED_FROM + ((i * 37) % 595) * 10 * MINUTE;
  await reader.series(FILLED_METRICS, rangeOf(from, from + 25 * MINUTE));
  const { failures, notes } = reader.stats();
  process.stdout.write(`${from} ${failures} ${notes.join('; ')}\n`);
}
