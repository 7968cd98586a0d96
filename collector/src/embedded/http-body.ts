import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Transform } from 'node:stream';
import {
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
  createZstdCompress,
  createZstdDecompress,
} from 'node:zlib';

/** A body that was refused; `status` is the HTTP status that says so. */
export class BodyError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'BodyError';
    this.status = status;
  }
}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

const ENCODERS: Readonly<Record<string, () => Transform>> = {
  zstd: createZstdCompress,
  gzip: () => createGzip({ level: 3 }),
  deflate: () => createDeflate({ level: 3 }),
  br: createBrotliCompress,
};

/** Whole body after undoing Content-Encoding; at most `limit` bytes, compressed or not (a bomb is refused). */
export async function readBody(request: IncomingMessage, limit: number, decode = true): Promise<Buffer> {
  const encoding = decode
    ? (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
    : 'identity';
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > limit) throw new BodyError(413, `request body is larger than ${limit} bytes`);
      chunks.push(chunk);
    }
  };
  if (encoding === 'identity' || encoding === '') await collect(request);
  else {
    const decoder = DECODERS[encoding];
    if (decoder === undefined) throw new BodyError(415, `unsupported Content-Encoding ${encoding}`);
    try {
      await pipeline(request, decoder(), collect);
    } catch (error) {
      if (error instanceof BodyError) throw error;
      throw new BodyError(400, `cannot decompress the ${encoding} body`);
    }
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** First encoding of ours that Accept-Encoding allows, with its compressor. */
export function acceptedEncoding(
  header: string | undefined,
): { name: string; encoder: Transform } | undefined {
  if (header === undefined) return undefined;
  const accepted = new Set(
    header
      .split(',')
      .map((part) => part.trim().toLowerCase())
      .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
      .map((part) => part.split(';')[0]!.trim()),
  );
  for (const [name, create] of Object.entries(ENCODERS)) {
    if (accepted.has(name)) return { name, encoder: create() };
  }
  return undefined;
}
