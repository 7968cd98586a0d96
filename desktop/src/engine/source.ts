import type { TimeRange } from '@gumshoe/base/time';
import type { EngineApi } from '@gumshoe/engine/api';
import type { Secrets } from '@gumshoe/engine/ports';
import type { ExportChoices, ExportProgress, ExportResult, OpenRequest } from '../contract/ipc.ts';

/** An open source, ready to be asked. */
export interface Source {
  readonly engine: EngineApi;
  /** About how many bytes `exportSnapshot` would write. */
  estimateSnapshot(range: TimeRange, choices: ExportChoices, signal: AbortSignal): Promise<number>;
  /** Writes the window into one file, as the choices say. */
  exportSnapshot(
    path: string,
    range: TimeRange,
    choices: ExportChoices,
    progress: (step: ExportProgress) => void,
    signal: AbortSignal,
  ): Promise<Omit<ExportResult, 'path'>>;
  close(): Promise<void>;
}

/** Opens what a connection describes. Rejects with FailureError, which names the hop that refused. */
export type OpenSource = (request: OpenRequest, secrets: Secrets, signal: AbortSignal) => Promise<Source>;
