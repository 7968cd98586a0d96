import { zstdCompressSync } from 'node:zlib';
import type { Labels, Series } from '@gumshoe/base/series';
import { ByteReader, ByteWriter, jsonOf } from './bytes.ts';
import { readTimes, readValues, writeTimes, writeValues } from './columns.ts';
import { decodeHistogramRows, encodeHistogramRows, type HistogramRow } from './histogram-codec.ts';
import { runsOf, type Run } from './histogram-runs.ts';
import { inflate } from './inflate.ts';
import { labelsOf } from './record-types.ts';

// Shared by snapshots and by the cache of the metrics: what one of them has written, every later version of these
// functions reads. A new layout gets a new mark.

/** Guards against a block that claims to inflate to more than any writer puts into one. */
export const MAX_INFLATED = 256 * 1024 ** 2;
/** Samples that one block may claim; writers stay at a small part of it. */
const MAX_SAMPLES = 16_000_000;
const MAX_RECORDS_INFLATED = 64 * 1024 ** 2;
/** Lists and objects in one block of records: a parsed value takes far more memory than its text. */
const MAX_NESTED = 1_000_000;
/** First four bytes of a packed block. As the length of a header it would be beyond MAX_INFLATED. */
const PACKED = 0xff325347;

/** Is told how many bytes a block inflated to; may throw to end it. */
export type Meter = (bytes: number) => void;
const UNMETERED: Meter = () => {};

function inflated(block: Uint8Array, most: number, meter: Meter): Uint8Array {
  const bytes = inflate(block, most);
  meter(bytes.length);
  return bytes;
}

/** A block of JSON records. */
export const encodeRecords = (records: readonly unknown[]): Buffer =>
  encodeRecordTexts(records.map((record) => JSON.stringify(record)));
/** The same of records that are JSON texts already. */
export const encodeRecordTexts = (texts: readonly string[]): Buffer =>
  zstdCompressSync(Buffer.from(`[${texts.join(',')}]`));

/** @throws Error when the block is none, is no list, or claims more than a writer puts into one. */
export function decodeRecords(block: Uint8Array, meter: Meter = UNMETERED): unknown[] {
  const text = inflated(block, MAX_RECORDS_INFLATED, meter);
  let nested = 0;
  for (const byte of text) if (byte === 0x7b || byte === 0x5b) nested++;
  if (nested > MAX_NESTED)
    throw new RangeError('a block of records holds more values than any writer puts into one');
  const records: unknown = jsonOf(text);
  if (!Array.isArray(records)) throw new RangeError('a block of records is no list');
  return records;
}

/** `[labels, index of its timestamps, encoding of its values, their bytes]` */
type SeriesHead = readonly [Labels, number, number, number];
/** `[count, encoding, bytes]` */
type TimesHead = readonly [number, number, number];

/**
 * A block of series in the packed layout: mark, length of the header, header (`{ times, series }`), then the
 * columns: all distinct columns of timestamps, then the values of each series. docs/snapshot-format.md has it in full.
 */
export function encodeSeries(series: readonly Series[]): Buffer {
  const columns = new ByteWriter();
  const [times, indexes] = packTimes(series, columns);
  const heads = series.map(({ labels, values }, i): SeriesHead => {
    const start = columns.length;
    const encoding = writeValues(columns, values);
    return [labels, indexes[i]!, encoding, columns.length - start];
  });
  const header = Buffer.from(JSON.stringify({ times, series: heads }));
  const block = new ByteWriter();
  block.u32(PACKED);
  block.u32(header.length);
  block.raw(header);
  block.raw(columns.bytes());
  return zstdCompressSync(block.bytes());
}

/** Scraped together, sampled at the same instants: each column once. */
function packTimes(series: readonly Series[], out: ByteWriter): [TimesHead[], number[]] {
  const heads: TimesHead[] = [];
  const known = new Map<string, { readonly times: Float64Array; readonly index: number }[]>();
  const indexes = series.map(({ timestamps: times }) => {
    const key = `${times.length} ${times[0]} ${times.at(-1)}`;
    const alike = known.get(key) ?? [];
    const same = alike.find((one) => one.times === times || one.times.every((at, i) => at === times[i]));
    if (same) return same.index;
    const start = out.length;
    const encoding = writeTimes(out, times);
    const index = heads.push([times.length, encoding, out.length - start]) - 1;
    known.set(key, [...alike, { times, index }]);
    return index;
  });
  return [heads, indexes];
}

/**
 * The series of a block, in either layout. Series sampled together share one array of timestamps.
 * @throws Error when the block is damaged, or claims more than a writer puts into one.
 */
export function decodeSeries(block: Uint8Array, meter: Meter = UNMETERED): Series[] {
  const bytes = inflated(block, MAX_INFLATED, meter);
  const reader = new ByteReader(bytes);
  return reader.u32() === PACKED ? decodePacked(reader) : decodePlain(bytes);
}

function decodePacked(reader: ByteReader): Series[] {
  const header = jsonOf(reader.raw(reader.u32())) as { times?: unknown; series?: unknown } | null;
  const times = tuples(header?.times, 3).map((head) => {
    const [count, encoding, length] = head as unknown as TimesHead;
    // every instant takes a byte at least
    if (!isCount(count) || count > length)
      throw new RangeError('a column claims more timestamps than it holds');
    const column = new Float64Array(count);
    readTimes(reader.raw(length), encoding, column);
    return column;
  });
  const heads = tuples(header?.series, 4) as unknown as readonly SeriesHead[];
  let samples = 0;
  for (const [, index] of heads) samples += times[index]?.length ?? NaN;
  if (!(samples <= MAX_SAMPLES))
    throw new RangeError('a block claims more samples than any writer puts into one');
  const all = new Float64Array(samples);
  let start = 0;
  return heads.map(([labels, index, encoding, length]) => {
    const timestamps = times[index]!;
    const values = all.subarray(start, (start += timestamps.length));
    readValues(reader.raw(length), encoding, values);
    return { labels: labelsOf(labels), timestamps, values };
  });
}

/** A block of native histograms; each row is of the labels of its series. */
export const encodeHistograms = (rows: readonly HistogramRow<Run>[]): Buffer =>
  zstdCompressSync(encodeHistogramRows(rows));

/** The native histograms of some series, as rows of a block. */
export const histogramRows = (all: readonly Series[]): HistogramRow<Run>[] =>
  all.flatMap(({ labels, histograms }) =>
    histograms ? [...runsOf(histograms)].map((run) => ({ of: labels, histograms: run })) : [],
  );

const NO_COLUMN = new Float64Array(0);

/**
 * Series of a block of native histograms, without their floats; runs of one series are series of their own.
 * @throws Error when the block is damaged, or claims more than a writer puts into one.
 */
export const decodeHistograms = (block: Uint8Array, meter: Meter = UNMETERED): Series[] =>
  decodeHistogramRows(inflated(block, MAX_INFLATED, meter), meter).map(({ of, histograms }) => ({
    labels: labelsOf(of),
    timestamps: NO_COLUMN,
    values: NO_COLUMN,
    histograms,
  }));

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function tuples(value: unknown, length: number): readonly (readonly unknown[])[] {
  if (!Array.isArray(value) || !value.every((one) => Array.isArray(one) && one.length === length))
    throw new RangeError('the header of a block has another form than the format gives it');
  return value as readonly (readonly unknown[])[];
}

/** u32 length of the header, the header, padding to 8, then float64 timestamps and values of each series. */
function decodePlain(bytes: Uint8Array): Series[] {
  const reader = new ByteReader(bytes);
  const headerLength = reader.u32();
  const heads = tuples(jsonOf(reader.raw(headerLength)), 2) as readonly (readonly [Labels, number])[];
  let at = (4 + headerLength + 7) & ~7;
  return heads.map(([labels, length]) => {
    if (!isCount(length)) throw new RangeError('a series claims no number of samples');
    reader.at = at;
    const timestamps = new Float64Array(length);
    readTimes(reader.raw(length * 8), 0, timestamps);
    const values = new Float64Array(length);
    readValues(reader.raw(length * 8), 0, values);
    at += length * 16;
    return { labels: labelsOf(labels), timestamps, values };
  });
}
