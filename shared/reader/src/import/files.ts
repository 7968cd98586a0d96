import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { open } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { FailureError } from '@gumshoe/base/failure';

type Compression = 'none' | 'gzip' | 'zstd';

/** A protobuf or pprof file must fit in memory; text and JSON are streamed. */
const MAX_WHOLE = 500_000_000;
/** Nobody writes such lines; what claims to be one is a bomb. */
const MAX_LINE = 64 * 1024 ** 2;
const HEAD = 64 * 1024;

/** Told how many bytes of a file were read so far. */
export type Watch = (bytes: number) => void;

export interface SniffedFile {
  /** Where its bytes are: standard input was written to a file of its own. */
  readonly path: string;
  readonly bytes: number;
  readonly compression: Compression;
  /** The beginning, decompressed. */
  readonly head: Buffer;
}

const failure = (
  path: string,
  code: 'not-found' | 'invalid-input' | 'corrupt',
  reason: string,
  remedy?: string,
) =>
  new FailureError({
    code,
    tried: 'import',
    target: path,
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  });

function damaged(path: string, compression: Compression, error: unknown): FailureError {
  const reason = error instanceof Error ? error.message : String(error);
  return compression === 'none'
    ? failure(path, 'corrupt', reason)
    : failure(
        path,
        'corrupt',
        `it is ${compression} that is damaged or was cut: ${reason}`,
        'Copy it again.',
      );
}

/** @throws FailureError `not-found` for a name that nothing has. */
export function mustExist(path: string): void {
  if (!existsSync(path)) throw failure(path, 'not-found', 'there is no such file');
}

/**
 * Reads the beginning of a file. @throws FailureError `not-found`, `invalid-input` for what is no file or may not be read,
 * `corrupt` when it is compressed and damaged.
 */
export async function sniff(path: string): Promise<SniffedFile> {
  mustExist(path);
  let buffer: Buffer;
  let bytes: number;
  try {
    const stat = statSync(path);
    if (!stat.isFile())
      throw failure(path, 'invalid-input', 'it is no regular file', 'Pipe it in, as the file -');
    bytes = stat.size;
    buffer = Buffer.alloc(Math.min(HEAD, bytes));
    const file = await open(path, 'r');
    await file.read(buffer, 0, buffer.length, 0);
    await file.close();
  } catch (error) {
    if (error instanceof FailureError) throw error;
    throw failure(path, 'invalid-input', error instanceof Error ? error.message : String(error));
  }
  const compression = compressionOf(buffer);
  return {
    path,
    bytes,
    compression,
    head: compression === 'none' ? buffer : await inflatedHead(path, compression),
  };
}

function compressionOf(head: Buffer): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  return head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none';
}

async function inflatedHead(path: string, compression: Compression): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of contentOf(path, compression)) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length >= HEAD) break;
    }
  } catch (error) {
    throw damaged(path, compression, error);
  }
  return Buffer.concat(parts);
}

function contentOf(path: string, compression: Compression, watch?: Watch): Readable {
  const stream = createReadStream(path);
  if (watch) stream.on('data', () => watch(stream.bytesRead));
  if (compression === 'none') return stream;
  const inflate = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  stream.on('error', (error) => inflate.destroy(error));
  inflate.on('close', () => stream.destroy());
  return stream.pipe(inflate);
}

/** Breaks off a stream that goes on without an end of line. */
function withLines(content: Readable): Readable {
  let since = 0;
  const guard = new Transform({
    transform(chunk: Buffer, _, done) {
      const end = chunk.lastIndexOf(0x0a);
      since = end < 0 ? since + chunk.length : chunk.length - end;
      done(since > MAX_LINE ? new Error(`a line is longer than ${MAX_LINE} bytes`) : null, chunk);
    },
  });
  content.on('error', (error) => guard.destroy(error));
  guard.on('close', () => content.destroy());
  return content.pipe(guard);
}

/** Lines of text, decompressed. @throws FailureError `corrupt` in the middle of a damaged file. */
export async function* linesOf({ path, compression }: SniffedFile, watch?: Watch): AsyncGenerator<string> {
  const input = withLines(contentOf(path, compression, watch));
  try {
    yield* createInterface({ input, crlfDelay: Infinity });
  } catch (error) {
    throw damaged(path, compression, error);
  } finally {
    input.destroy();
  }
}

/** Content as it comes, decompressed. @throws FailureError `corrupt` in the middle of a damaged file. */
export async function* chunksOf({ path, compression }: SniffedFile, watch?: Watch): AsyncGenerator<Buffer> {
  const input = contentOf(path, compression, watch);
  try {
    for await (const chunk of input) yield chunk as Buffer;
  } catch (error) {
    throw damaged(path, compression, error);
  } finally {
    input.destroy();
  }
}

/** Everything at once. @throws FailureError `invalid-input` when it is too large for that. */
export async function wholeOf({ path, compression, bytes }: SniffedFile): Promise<Buffer> {
  if (bytes > MAX_WHOLE)
    throw failure(
      path,
      'invalid-input',
      `${bytes} bytes of protobuf in one file`,
      'Split it, or write JSON.',
    );
  const file = await open(path, 'r');
  try {
    const content = await file.readFile();
    if (compression === 'gzip') return gunzipSync(content, { maxOutputLength: MAX_WHOLE });
    return compression === 'zstd' ? zstdDecompressSync(content, { maxOutputLength: MAX_WHOLE }) : content;
  } catch (error) {
    throw damaged(path, compression, error);
  } finally {
    await file.close();
  }
}

/** Whether every line of the beginning is JSON of its own. */
export function isJsonLines(head: string): boolean {
  const first = head.slice(0, head.indexOf('\n') < 0 ? head.length : head.indexOf('\n')).trim();
  if (first === '') return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}

/** Whether a request of OTLP begins that is longer than the head, as the file exporter writes them: one a line. */
export const isLongLine = (head: string): boolean =>
  !head.trimStart().includes('\n') && /^\s*\{"resource(Spans|Logs|Metrics)"/.test(head);
