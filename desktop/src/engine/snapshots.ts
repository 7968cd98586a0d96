import { randomBytes } from 'node:crypto';
import type { Clock, TimeRange } from '@gumshoe/base/time';
import type { Reader } from '@gumshoe/engine/ports';
import { estimateExport } from '@gumshoe/reader/snapshot/estimate';
import { exportSnapshot, type ExportOptions } from '@gumshoe/reader/snapshot/export';
import { Pseudonyms } from '@gumshoe/reader/snapshot/pseudonyms';
import type { RedactionChoices } from '@gumshoe/reader/snapshot/redact';
import { scopeAround } from '@gumshoe/reader/snapshot/scope';
import type { ExportChoices } from '../contract/ipc.ts';
import type { Source } from './source.ts';

/** Dependencies that are followed from a chosen application, both ways: its neighbours and theirs. */
const DEPTH = 2;
const KEY_BYTES = 32;

/** Snapshots of an open source; `configuration` is what it is judged by, and goes along. */
export function snapshotsOf(
  reader: Reader,
  configuration: NonNullable<ExportOptions['configuration']>,
  clock: Clock,
): Pick<Source, 'estimateSnapshot' | 'exportSnapshot'> {
  const scope = async (
    range: TimeRange,
    { application }: ExportChoices,
    signal: AbortSignal,
  ): Promise<Pick<ExportOptions, 'scope'>> =>
    application === undefined ? {} : { scope: await scopeAround(reader, range, application, DEPTH, signal) };
  return {
    estimateSnapshot: async (range, choices, signal) =>
      (await estimateExport(reader, range, await scope(range, choices, signal), signal)).bytes,
    exportSnapshot: async (path, range, choices, progress, signal) => {
      const { bytes, redaction } = await exportSnapshot(
        reader,
        range,
        path,
        {
          createdAt: clock.now(),
          configuration,
          redaction: redactionOf(choices),
          progress: (done, total, stage) =>
            progress({ stage, ...(total > 0 ? { fraction: done / total } : {}) }),
          ...(await scope(range, choices, signal)),
        },
        signal,
      );
      return { bytes, redaction };
    },
  };
}

/** The key of the hashes is forgotten with the export: nobody can look names up in it. */
const redactionOf = ({ dropLogBodies, obfuscate, hashNames }: ExportChoices): RedactionChoices => ({
  dropLogBodies: dropLogBodies ?? false,
  obfuscate: obfuscate ?? false,
  ...(hashNames ? { pseudonyms: new Pseudonyms(randomBytes(KEY_BYTES)) } : {}),
});
