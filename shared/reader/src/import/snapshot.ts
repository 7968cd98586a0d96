import { renameSync, rmSync, statSync } from 'node:fs';
import { FailureError } from '@gumshoe/base/failure';
import type { TimeRange } from '@gumshoe/base/time';
import { FORMAT_VERSION } from '../snapshot/database.ts';
import { openWriter, writeRecords, writeSeriesBlocks, type ExportSummary } from '../snapshot/export.ts';
import { extentOf, importFiles, type ImportOptions } from './import.ts';

export interface ImportSummary extends ExportSummary {
  readonly window: TimeRange;
  readonly problems: readonly string[];
}

export interface SnapshotImportOptions extends ImportOptions {
  /** ms since the epoch; part of the manifest. The window's end, when left out: the same files, the same bytes. */
  readonly createdAt?: number;
}

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
  const partial = `${path}.partial-${process.pid}`;
  rmSync(partial, { force: true });
  const writer = openWriter(partial, path);
  try {
    const counts = {
      series: writeSeriesBlocks(writer, imported.series),
      spans: writeRecords(writer, 'spans', imported.spans),
      logs: writeRecords(writer, 'logs', imported.logs),
      profiles: 0,
    };
    writer.finish({
      formatVersion: FORMAT_VERSION,
      createdAt: options.createdAt ?? window.to,
      window,
      source: `${files.length} imported files`,
      counts,
      redaction: imported.problems,
      status: undefined,
    });
    renameSync(partial, path);
    return { ...counts, bytes: statSync(path).size, window, problems: imported.problems };
  } catch (error) {
    writer.abandon();
    rmSync(partial, { force: true });
    throw error;
  }
}
