import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { cancelled } from '../failures.ts';
import { cutSeries, histogramBlocks, recordBlocks, seriesBlocks } from './contents.ts';
import { SnapshotFile } from './database.ts';
import { withHistory } from './export.ts';
import { FORMAT_VERSION, type Manifest } from './manifest.ts';
import type { Scope } from './scope.ts';
import { writeRecords, writeSeriesBlocks, writeWhole } from './write.ts';

export interface TrimOptions {
  /** The file's own window, when left out. */
  readonly range?: TimeRange;
  readonly scope?: Scope;
  readonly signal?: AbortSignal;
}

export interface TrimSummary {
  readonly bytes: number;
  readonly window: TimeRange;
  readonly counts: Readonly<Record<string, number>>;
}

export const windowOf = ({ window }: Manifest): TimeRange => ({
  from: milliseconds(window.from),
  to: milliseconds(window.to),
});

/**
 * Writes what belongs to a shorter window, or to fewer applications, to a file of its own. Samples before the window
 * stay as far as an investigation of it looks back, so that its answers are those of the whole file. Block by block:
 * memory does not grow with the file. @throws FailureError as SnapshotFile, writeWhole, and `cancelled`.
 */
export async function trimSnapshot(
  from: string,
  to: string,
  options: TrimOptions = {},
): Promise<TrimSummary> {
  const file = new SnapshotFile(from);
  try {
    const window = options.range ?? windowOf(file.manifest);
    const wide = withHistory(window);
    const { scope, signal } = options;
    const counts: Record<string, number> = {
      ...{ series: 0, histograms: 0, spans: 0, logs: 0, events: 0, profiles: 0 },
    };
    const add = (what: string, by: number): void => void (counts[what] = (counts[what] ?? 0) + by);
    const bytes = await writeWhole(to, (writer) => {
      for (const blocks of [seriesBlocks(file), histogramBlocks(file)])
        for (const { content } of blocks) {
          if (signal?.aborted) throw cancelled('trim snapshot', from);
          const kept = content.filter(({ labels }) => scope?.series(labels) ?? true);
          const cut = kept.flatMap((series) => cutSeries(series, wide.from, wide.to));
          for (const [what, count] of Object.entries(writeSeriesBlocks(writer, cut))) add(what, count);
        }
      const inside = (at: number): boolean => at > wide.from && at <= wide.to;
      for (const block of recordBlocks(file, 'spans')) {
        const kept = block.filter((span) => inside(span.start) && (scope?.span(span) ?? true));
        add('spans', writeRecords(writer, 'spans', kept, counts['spans']));
      }
      for (const part of ['logs', 'events'] as const)
        for (const block of recordBlocks(file, part)) {
          const kept = block.filter((record) => inside(record.timestamp) && (scope?.log(record) ?? true));
          add(part, writeRecords(writer, part, kept, counts[part]));
        }
      const used = new Set<string>();
      for (const block of recordBlocks(file, 'profile-samples')) {
        const kept = block.filter(
          ([service, , start, end]) =>
            Number(end) > wide.from && Number(start) <= wide.to && (scope?.service(service) ?? true),
        );
        for (const [service, , , , , hash] of kept) used.add(`${service} ${hash}`);
        add('profiles', writeRecords(writer, 'profile-samples', kept, counts['profiles']));
      }
      for (const block of recordBlocks(file, 'profile-stacks'))
        writeRecords(
          writer,
          'profile-stacks',
          block.filter(([service, hash]) => used.has(`${service} ${hash}`)),
        );
      for (const block of recordBlocks(file, 'configuration')) writeRecords(writer, 'configuration', block);
      writer.finish(trimmedManifest(file.manifest, window, counts, scope));
    });
    return { bytes, window, counts };
  } finally {
    file.close();
  }
}

function trimmedManifest(
  manifest: Manifest,
  window: TimeRange,
  counts: Readonly<Record<string, number>>,
  scope?: Scope,
): Manifest {
  const only = scope
    ? [`only what belongs to ${scope.applications.join(', ')} is included`.slice(0, 4000)]
    : [];
  return {
    ...manifest,
    formatVersion: FORMAT_VERSION,
    window: { from: window.from, to: window.to },
    counts,
    redaction: [...manifest.redaction, ...only],
  };
}
