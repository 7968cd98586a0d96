import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FailureError } from '@gumshoe/base/failure';

/** How a file list names standard input. */
export const STANDARD_INPUT = '-';

/**
 * Lets `use` read a stream as a file, since its beginning must be looked at first; the file is gone afterwards.
 * Rejects as `use` does, and with FailureError when the stream breaks.
 */
export async function asFile<T>(stream: Readable, use: (path: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'gumshoe-input-'));
  const path = join(directory, 'input');
  try {
    await pipeline(stream, createWriteStream(path)).catch((error: unknown) => {
      throw new FailureError({
        code: 'invalid-input',
        tried: 'import',
        target: 'standard input',
        reason: error instanceof Error ? error.message : String(error),
      });
    });
    return await use(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
