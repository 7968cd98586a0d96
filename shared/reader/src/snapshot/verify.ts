import { FailureError } from '@gumshoe/base/failure';
import { recordBlocks, RECORD_PARTS, seriesBlocks } from './contents.ts';
import type { SnapshotFile } from './database.ts';

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
      if ((labels['__name__'] ?? '').replace(/[\r\n]/g, ' ').slice(0, 250) !== name)
        throw corrupt(file, `a series of ${labels['__name__']} is in a block of ${name}`);
    }
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

const corrupt = (file: SnapshotFile, reason: string): FailureError =>
  new FailureError({
    code: 'corrupt',
    tried: 'verify snapshot',
    target: file.path,
    reason,
    remedy: 'Export it again.',
  });
