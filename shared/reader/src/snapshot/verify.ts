import { FailureError } from '@gumshoe/base/failure';
import type { Labels } from '@gumshoe/base/series';
import { labelText } from '../cache/label-sets.ts';
import { histogramBlocks, recordBlocks, RECORD_PARTS, seriesBlocks } from './contents.ts';
import type { SnapshotFile } from './database.ts';
import { blockName } from './write.ts';

/** What a part of a file really holds. */
export interface VerifiedPart {
  readonly part: string;
  readonly blocks: number;
  readonly bytes: number;
  readonly records: number;
  readonly samples?: number;
}

/** Under which name the manifest counts a part; parts it does not count are missing. */
const COUNTED_AS: Readonly<Record<string, string>> = {
  series: 'series',
  histograms: 'histograms',
  spans: 'spans',
  logs: 'logs',
  events: 'events',
  'profile-samples': 'profiles',
};

/**
 * Reads everything: every block against its hash, every record against its type, and how many there are against what
 * the manifest says. @throws FailureError `corrupt`.
 */
export function verifySnapshot(file: SnapshotFile): readonly VerifiedPart[] {
  const records = new Map<string, number>();
  let samples = 0;
  for (const { name, content } of seriesBlocks(file)) {
    records.set('series', (records.get('series') ?? 0) + content.length);
    for (const { labels, values } of content) {
      samples += values.length;
      checkName(file, labels, name);
    }
  }
  const ends = new Map<string, number>();
  for (const { name, content } of histogramBlocks(file))
    for (const { labels, histograms } of content) {
      checkName(file, labels, name);
      const { timestamps } = histograms!;
      records.set('histograms', (records.get('histograms') ?? 0) + timestamps.length);
      const key = labelText(labels);
      if (!((timestamps[0] ?? Infinity) > (ends.get(key) ?? -Infinity)))
        throw corrupt(file, `native histograms of ${name} do not ascend`);
      ends.set(key, timestamps.at(-1) ?? -Infinity);
    }
  for (const part of RECORD_PARTS)
    for (const block of recordBlocks(file, part)) records.set(part, (records.get(part) ?? 0) + block.length);
  for (const [part, counted] of Object.entries(COUNTED_AS)) {
    const said = file.manifest.counts[counted];
    const found = records.get(part) ?? 0;
    if (said !== undefined && said !== found)
      throw corrupt(file, `the manifest says ${said} ${counted}, there are ${found}`);
  }
  return file.sizes().map(({ part, blocks, bytes }) => ({
    part,
    blocks,
    bytes,
    records: records.get(part) ?? 0,
    ...(part === 'series' ? { samples } : {}),
  }));
}

function checkName(file: SnapshotFile, labels: Labels, name: string): void {
  if (blockName(labels['__name__'] ?? '') !== name)
    throw corrupt(file, `a series of ${labels['__name__']} is in a block of ${name}`);
}

const corrupt = (file: SnapshotFile, reason: string): FailureError =>
  new FailureError({
    code: 'corrupt',
    tried: 'verify snapshot',
    target: file.path,
    reason,
    remedy: 'Export it again.',
  });
