import type { TimeRange } from '@gumshoe/base/time';
import type { EngineApi } from '@gumshoe/engine/api';
import type { Secrets } from '@gumshoe/engine/ports';
import type { ExportProgress, OpenRequest } from '../contract/ipc.ts';

/** An open source, ready to be asked. */
export interface Source {
  readonly engine: EngineApi;
  /** Writes everything of the window into one file; answers with its size in bytes. */
  exportSnapshot(
    path: string,
    range: TimeRange,
    progress: (step: ExportProgress) => void,
    signal: AbortSignal,
  ): Promise<number>;
  close(): Promise<void>;
}

/** Opens what a connection describes. Rejects with FailureError, which names the hop that refused. */
export type OpenSource = (request: OpenRequest, secrets: Secrets, signal: AbortSignal) => Promise<Source>;
