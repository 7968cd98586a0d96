import { renameSync, rmSync, statSync } from 'node:fs';
import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { encodeHistograms, encodeRecordTexts, encodeSeries, histogramRows } from './codec.ts';
import { SnapshotWriter } from './database.ts';
import { cellsOf } from './histogram-runs.ts';
import type { Part } from './manifest.ts';
import { runsOfWeight } from './runs-of-weight.ts';

const RECORDS_PER_BLOCK = 5_000;
const BLOCK_CHARACTERS = 8 * 1024 ** 2;
const SAMPLES_PER_BLOCK = 500_000;
const CELLS_PER_BLOCK = 500_000;

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

/** Series that have floats, and samples that are native histograms. */
export interface SeriesCounts {
  readonly series: number;
  readonly histograms: number;
}

/** A series of native histograms only is none of the part `series`. */
export const hasFloats = ({ histograms, timestamps }: Series): boolean =>
  !histograms || timestamps.length > 0;

/** Blocks of one name each, names in order. */
export function writeSeriesBlocks(writer: SnapshotWriter, all: readonly Series[]): SeriesCounts {
  const byName = Map.groupBy(all, ({ labels }) => labels['__name__'] ?? '');
  const counts = { series: 0, histograms: 0 };
  for (const [name, own] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const floats = own.filter(hasFloats);
    counts.series += floats.length;
    for (const block of runsOfWeight(floats, SAMPLES_PER_BLOCK, ({ values }) => values.length))
      writer.add('series', blockName(name), encodeSeries(block));
    const rows = histogramRows(own);
    for (const { histograms } of rows) counts.histograms += histograms.samples.length;
    for (const block of runsOfWeight(rows, CELLS_PER_BLOCK, ({ histograms }) => cellsOf(histograms)))
      writer.add('histograms', blockName(name), encodeHistograms(block));
  }
  return counts;
}

/** The table of contents is one line for each block: no name of a metric has more than one. */
export const blockName = (metric: string): string => metric.replace(/[\r\n]/g, ' ').slice(0, 250);

/** Blocks of records; how many records. `first` is the position of the first one in its part. */
export function writeRecords(
  writer: SnapshotWriter,
  part: Exclude<Part, 'series' | 'histograms'>,
  records: readonly unknown[],
  first = 0,
): number {
  let at = first;
  const texts = records.map((record) => JSON.stringify(record));
  for (const block of runsOfWeight(texts, BLOCK_CHARACTERS, (text) => text.length, RECORDS_PER_BLOCK)) {
    writer.add(part, String(at), encodeRecordTexts(block));
    at += block.length;
  }
  return records.length;
}
