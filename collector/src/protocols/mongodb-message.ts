import { constants, inflateSync, zstdDecompressSync } from 'node:zlib';
import { ByteReader } from './byte-reader.ts';
import { snappyPrefix } from './snappy-prefix.ts';

export const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
export const OP_MSG = 2013;

const HEADER = 16;
/** More compressed bytes than the kernel captures are not looked at, so that what comes out is bounded too. */
const COMPRESSED_LIMIT = 512;
const PLAIN_LIMIT = 4096;
const INFLATED_LIMIT = 1 << 20;

/** Operations before OP_MSG that name a collection, and how many bytes of theirs come before it. */
const LEGACY: ReadonlyMap<number, string> = new Map([
  [2001, 'update'],
  [2002, 'insert'],
  [OP_QUERY, 'find'],
  [2005, 'getMore'],
  [2006, 'delete'],
]);

/** One wire message. Source: MongoDB wire protocol. */
export interface MongoMessage {
  readonly opcode: number;
  /** The message's bytes, decompressed when they were compressed. */
  readonly bytes: Uint8Array;
  /** Where the document of the command or answer begins. */
  readonly document: number;
  readonly flags: number;
  /** Operations before OP_MSG: `database.collection`, else ''. */
  readonly fullName: string;
  /** Operations before OP_MSG: what they do, else ''. */
  readonly legacyOperation: string;
}

function decompress(compressor: number, data: Uint8Array): Uint8Array | undefined {
  const input = data.subarray(0, COMPRESSED_LIMIT);
  try {
    if (compressor === 0) return input;
    if (compressor === 1) return snappyPrefix(input, PLAIN_LIMIT);
    if (compressor === 2)
      return inflateSync(input, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: INFLATED_LIMIT });
    if (compressor === 3)
      return zstdDecompressSync(input, {
        finishFlush: constants.ZSTD_e_flush,
        maxOutputLength: INFLATED_LIMIT,
        params: { [constants.ZSTD_d_windowLogMax]: 20 },
      });
  } catch {
    // cut or no such format: the message stays opaque
  }
  return undefined;
}

function body(opcode: number, bytes: Uint8Array, from: number): MongoMessage | undefined {
  const reader = new ByteReader(bytes, from);
  const flags = reader.little(4);
  const plain = { opcode, bytes, flags, fullName: '', legacyOperation: '' };
  if (opcode === OP_MSG) return { ...plain, document: commandDocument(reader) };
  if (opcode === OP_REPLY) return { ...plain, document: from + 20 };
  const legacyOperation = LEGACY.get(opcode);
  if (legacyOperation === undefined) return undefined;
  const fullName = reader.cString();
  if (reader.cut) return undefined;
  return { ...plain, fullName, legacyOperation, document: reader.at + (opcode === OP_QUERY ? 8 : 0) };
}

/** The section of kind 0; sections of documents (kind 1) may come first. */
function commandDocument(reader: ByteReader): number {
  for (let sections = 0; sections < 4 && reader.left > 0; sections++) {
    if (reader.big(1) === 0) return reader.at;
    reader.skip(reader.little(4) - 4);
  }
  return reader.bytes.length;
}

/** Message at the beginning of `bytes`; 'compressed' when it cannot be read, undefined when there is none. */
export function mongoMessage(bytes: Uint8Array): MongoMessage | 'compressed' | undefined {
  const header = new ByteReader(bytes);
  const length = header.little(4);
  header.skip(8);
  const opcode = header.little(4);
  if (header.cut || length < HEADER) return undefined;
  if (opcode !== OP_COMPRESSED) return body(opcode, bytes.subarray(0, length), HEADER);
  const original = header.little(4);
  header.skip(4);
  const compressor = header.big(1);
  if (header.cut) return 'compressed';
  const plain = decompress(compressor, bytes.subarray(header.at, length));
  return (plain && body(original, plain, 0)) ?? 'compressed';
}
