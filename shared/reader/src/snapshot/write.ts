import { renameSync, rmSync, statSync } from 'node:fs';
import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { encodeRecordTexts, encodeSeries } from './codec.ts';
import { SnapshotWriter } from './database.ts';
import type { Part } from './manifest.ts';

const RECORDS_PER_BLOCK = 5_000;
const BLOCK_CHARACTERS = 8 * 1024 ** 2;
const SAMPLES_PER_BLOCK = 500_000;

/**
 * Lets `fill` write a file that appears under its name only when it is complete; bytes written. Whatever goes wrong,
 * nothing is left behind. @throws FailureError when the folder cannot be written to, and what `fill` throws.
 */
export async function writeWhole(
  path: string,
  fill: (writer: SnapshotWriter) => Promise<void> | void,
): Promise<number> {
  const partial = `${path}.partial-${process.pid}`;
  const writer = openWriter(partial, path);
  try {
    await fill(writer);
    renameSync(partial, path);
    return statSync(path).size;
  } catch (error) {
    writer.abandon();
    rmSync(partial, { force: true });
    throw error;
  }
}

/** @throws FailureError when the folder cannot be written to. */
function openWriter(partial: string, path: string): SnapshotWriter {
  try {
    rmSync(partial, { force: true });
    return new SnapshotWriter(partial);
  } catch (error) {
    throw new FailureError({
      code: 'invalid-input',
      tried: 'write snapshot',
      target: path,
      reason: error instanceof Error ? error.message : String(error),
      remedy: 'Choose a folder you may write to.',
    });
  }
}

/** Blocks of one name each, names in order; how many series. */
export function writeSeriesBlocks(writer: SnapshotWriter, all: readonly Series[]): number {
  const byName = new Map<string, Series[]>();
  for (const series of all) {
    const name = series.labels['__name__'] ?? '';
    const known = byName.get(name);
    if (known) known.push(series);
    else byName.set(name, [series]);
  }
  for (const [name, series] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const block of blocksOf(series, SAMPLES_PER_BLOCK, ({ values }) => values.length))
      writer.add('series', blockName(name), encodeSeries(block));
  return all.length;
}

/** The table of contents is one line for each block: no name of a metric has more than one. */
const blockName = (metric: string): string => metric.replace(/[\r\n]/g, ' ').slice(0, 250);

/** Blocks of records; how many records. `first` is the position of the first one in its part. */
export function writeRecords(
  writer: SnapshotWriter,
  part: Exclude<Part, 'series'>,
  records: readonly unknown[],
  first = 0,
): number {
  let at = first;
  const texts = records.map((record) => JSON.stringify(record));
  for (const block of blocksOf(texts, BLOCK_CHARACTERS, (text) => text.length, RECORDS_PER_BLOCK)) {
    writer.add(part, String(at), encodeRecordTexts(block));
    at += block.length;
  }
  return records.length;
}

/** Runs of items of at most so much weight together and so many; a heavier one is alone. */
function* blocksOf<T>(
  items: readonly T[],
  most: number,
  weigh: (item: T) => number,
  many = Infinity,
): Generator<readonly T[]> {
  let [start, weight] = [0, 0];
  for (let i = 0; i < items.length; i++) {
    const own = weigh(items[i]!);
    if (i > start && (weight + own > most || i - start >= many)) {
      yield items.slice(start, i);
      [start, weight] = [i, 0];
    }
    weight += own;
  }
  if (start < items.length) yield items.slice(start);
}
