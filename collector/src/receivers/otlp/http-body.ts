import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate, createZstdDecompress, type Gunzip } from 'node:zlib';
import type { Transform } from 'node:stream';
import { uncompressSnappy } from '../../embedded/prometheus/snappy.ts';

/** A request that cannot be read; `status` says why in HTTP's words. */
export class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** Bytes of a body, as sent and when inflated. */
export const LARGEST_BODY = 16 * 1024 * 1024;
const LARGEST_INFLATED = 64 * 1024 * 1024;

function inflaterFor(encoding: string): Transform | Gunzip | undefined {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  return encoding === 'zstd' ? createZstdDecompress() : undefined;
}

/**
 * The body of a request, inflated.
 * @throws BadRequest 413 too large, 415 for an encoding that is not known, 400 when it is damaged.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = String(request.headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  const snappy = encoding === 'snappy';
  const inflater = snappy || encoding === 'identity' || encoding === '' ? undefined : inflaterFor(encoding);
  if (!inflater && !snappy && encoding !== 'identity' && encoding !== '')
    throw new BadRequest(
      415,
      `Content-Encoding ${encoding.slice(0, 40)}: use gzip, deflate, zstd, snappy or none`,
    );
  const sent = await collected(request, LARGEST_BODY);
  if (snappy) {
    try {
      return uncompressSnappy(sent, LARGEST_INFLATED);
    } catch (error) {
      throw new BadRequest(400, `snappy: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (!inflater) return sent;
  inflater.end(sent);
  try {
    return await collected(inflater, LARGEST_INFLATED);
  } catch (error) {
    if (error instanceof BadRequest) throw error;
    throw new BadRequest(400, `${encoding}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    inflater.destroy();
  }
}

async function collected(stream: AsyncIterable<unknown>, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    length += (part as Buffer).length;
    if (length > limit) throw new BadRequest(413, `more than ${limit} bytes`);
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts);
}
