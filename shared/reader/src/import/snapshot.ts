import { FailureError } from '@gumshoe/base/failure';
import type { TimeRange } from '@gumshoe/base/time';
import type { ExportSummary } from '../snapshot/export.ts';
import { FORMAT_VERSION } from '../snapshot/manifest.ts';
import { writeRecords, writeSeriesBlocks, writeWhole } from '../snapshot/write.ts';
import type { FileSummary } from './file-report.ts';
import { extentOf, importFiles, type Imported, type ImportOptions } from './import.ts';

export interface ImportSummary extends ExportSummary {
  readonly window: TimeRange;
  readonly events: number;
  readonly profiles: number;
  readonly files: readonly FileSummary[];
  readonly problems: readonly string[];
  /** Metrics that stand for nothing in the catalogue, and their series: kept, and there for queries. */
  readonly untranslated: Imported['untranslated'];
  readonly assumptions: readonly string[];
}

export interface SnapshotImportOptions extends ImportOptions {
  /** ms since the epoch; part of the manifest. The window's end, when left out: the same files, the same bytes. */
  readonly createdAt?: number;
}

/** The manifest has no room for endless lists. */
const MAX_UNTRANSLATED = 5_000;

/**
 * Makes one snapshot of files from other systems. It appears under its name only when it is complete.
 * @throws FailureError as importFiles, and `invalid-input` when the files hold nothing or the folder is read-only.
 */
export async function importSnapshot(
  files: readonly string[],
  path: string,
  options: SnapshotImportOptions = {},
): Promise<ImportSummary> {
  const imported = await importFiles(files, options);
  const window = extentOf(imported);
  if (!window)
    throw new FailureError({
      code: 'invalid-input',
      tried: 'import',
      target: files.join(', '),
      reason: `no sample, span or log record was found${imported.problems.length > 0 ? `; ${imported.problems.join('; ')}` : ''}`,
    });
  const notes = [...imported.problems, ...imported.assumptions];
  const counts = { series: 0, histograms: 0, spans: 0, logs: 0, events: 0, profiles: 0 };
  const bytes = await writeWhole(path, (writer) => {
    Object.assign(counts, writeSeriesBlocks(writer, imported.series));
    counts.spans = writeRecords(writer, 'spans', imported.spans);
    counts.logs = writeRecords(writer, 'logs', imported.logs);
    counts.events = writeRecords(writer, 'events', imported.events);
    writeRecords(writer, 'profile-stacks', imported.profiles.stacks);
    counts.profiles = writeRecords(writer, 'profile-samples', imported.profiles.samples);
    writer.finish({
      formatVersion: FORMAT_VERSION,
      createdAt: options.createdAt ?? window.to,
      window,
      source: `${imported.files.length} imported files`,
      counts,
      redaction: notes,
      status: undefined,
      ...(imported.counted.length > 0 ? { counted: imported.counted } : {}),
      ...(imported.untranslated.length > 0
        ? { untranslated: imported.untranslated.slice(0, MAX_UNTRANSLATED) }
        : {}),
    });
  });
  const { files: summaries, problems, untranslated, assumptions } = imported;
  return {
    ...counts,
    bytes,
    window,
    files: summaries,
    problems,
    untranslated,
    assumptions,
    redaction: notes,
  };
}
