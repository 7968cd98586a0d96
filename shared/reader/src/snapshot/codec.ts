import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Series } from '@gumshoe/base/series';

/** Guards against a file that claims to inflate to more than any window holds. */
const MAX_INFLATED = 1024 ** 3;

const compress = (bytes: Uint8Array): Buffer => zstdCompressSync(bytes);
const decompress = (bytes: Uint8Array): Buffer =>
  zstdDecompressSync(bytes, { maxOutputLength: MAX_INFLATED });

/** A block of JSON records. */
export const encodeRecords = (records: readonly unknown[]): Buffer =>
  compress(Buffer.from(JSON.stringify(records)));
export const decodeRecords = (block: Uint8Array): unknown[] =>
  JSON.parse(decompress(block).toString('utf8')) as unknown[];

/**
 * A block of series: u32 length of a JSON header, the header (label sets and counts), padding to 8, then for each
 * series its timestamps and its values as float64, little-endian.
 */
export function encodeSeries(series: readonly Series[]): Buffer {
  const header = Buffer.from(
    JSON.stringify(series.map(({ labels, timestamps }) => [labels, timestamps.length])),
  );
  const start = (4 + header.length + 7) & ~7;
  const points = series.reduce((sum, one) => sum + one.timestamps.length, 0);
  const bytes = new Uint8Array(start + points * 16);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  let at = start;
  const append = (column: Float64Array): void => {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  };
  for (const { timestamps, values } of series) {
    append(timestamps);
    append(values);
  }
  return compress(bytes);
}

export function decodeSeries(block: Uint8Array): Series[] {
  const inflated = decompress(block);
  const bytes = new Uint8Array(inflated.byteLength);
  bytes.set(inflated);
  const headerLength = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(Buffer.from(bytes.buffer, 4, headerLength).toString('utf8')) as [
    Series['labels'],
    number,
  ][];
  let at = (4 + headerLength + 7) & ~7;
  return header.map(([labels, length]) => {
    const timestamps = new Float64Array(bytes.buffer, at, length);
    const values = new Float64Array(bytes.buffer, at + length * 8, length);
    at += length * 16;
    return { labels, timestamps, values };
  });
}
