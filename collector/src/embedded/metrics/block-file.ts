import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Labels } from '@gumshoe/base/series';
import { ByteReader, ByteWriter } from './byte-stream.ts';
import type { Chunk } from './chunk.ts';

const MAGIC = Buffer.from('GSMBLK01', 'latin1');

/** Immutable file of encoded chunks, grouped by series. */
export interface BlockSeries {
  readonly labels: Labels;
  readonly chunks: readonly Chunk[];
}

/** Writes the file completely or not at all: a temporary name until the bytes are on disk. */
export function writeBlock(path: string, series: Iterable<BlockSeries>): void {
  const out = new ByteWriter(1 << 20);
  for (const { labels, chunks } of series) {
    writeLabels(out, labels);
    out.varint(chunks.length);
    for (const chunk of chunks) {
      out.varint(chunk.minTime);
      out.varint(chunk.maxTime - chunk.minTime);
      out.varint(chunk.count);
      out.varint(chunk.bytes.length);
      out.bytes(chunk.bytes);
    }
  }
  const body = out.view();
  const head = Buffer.alloc(MAGIC.length + 4);
  MAGIC.copy(head);
  head.writeUInt32LE(crc32(body), MAGIC.length);
  const file = openSync(`${path}.tmp`, 'w', 0o600);
  try {
    for (const part of [head, body]) {
      let written = 0;
      while (written < part.length) written += writeSync(file, part, written);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.tmp`, path);
  syncDirectory(dirname(path));
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** Throws when the file is not whole. Chunks are views of one buffer. */
export function* readBlock(path: string): Generator<BlockSeries> {
  const content = readFileSync(path);
  const body = content.subarray(MAGIC.length + 4);
  if (
    !content.subarray(0, MAGIC.length).equals(MAGIC) ||
    crc32(body) !== content.readUInt32LE(MAGIC.length)
  ) {
    throw new Error(`${path} is damaged`);
  }
  const reader = new ByteReader(body);
  while (!reader.done) {
    const labels = readLabels(reader);
    const chunks: Chunk[] = [];
    for (let left = reader.varint(); left > 0; left--) {
      const minTime = reader.varint();
      const maxTime = minTime + reader.varint();
      const count = reader.varint();
      chunks.push({ minTime, maxTime, count, bytes: reader.bytes(reader.varint()) });
    }
    yield { labels, chunks };
  }
}

export function writeLabels(out: ByteWriter, labels: Labels): void {
  const entries = Object.entries(labels);
  out.varint(entries.length);
  for (const [name, value] of entries) {
    out.text(name);
    out.text(value);
  }
}

export function readLabels(reader: ByteReader): Labels {
  const labels: Record<string, string> = {};
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.text();
    labels[name] = reader.text();
  }
  return labels;
}
