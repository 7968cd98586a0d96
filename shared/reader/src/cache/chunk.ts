import { crc32, zstdCompressSync } from 'node:zlib';
import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import { ByteReader, ByteWriter } from '../snapshot/bytes.ts';
import { readTimes, readValuesAt, SAME, writeTimes, writeValues, type Room } from '../snapshot/columns.ts';
import { decodeHistogramRows, encodeHistogramRows } from '../snapshot/histogram-codec.ts';
import { cellsOf, runsOf } from '../snapshot/histogram-runs.ts';
import { inflate } from '../snapshot/inflate.ts';
import { runsOfWeight } from '../snapshot/runs-of-weight.ts';
import { PLANES, readPlanes, writePlanes } from './planes.ts';

/** Samples of the series that the dictionary knows under `id`. */
export interface NumberedSeries {
  readonly id: number;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/** An inflated block: what it holds is known, the values are still encoded. */
export interface OpenBlock {
  readonly ids: Uint32Array;
  /** Timestamps of the i-th series; series sampled together share one array. */
  timesOf(i: number): Float64Array;
  /** The one value that the i-th series has all along; NaN when there is none, or its sign or bits say more. */
  constantOf(i: number): number;
  /** Decodes the values of the i-th series to `at`. @throws RangeError when they are not as many as its timestamps. */
  readValues(i: number, into: Room, at: number): void;
}

const MAX_INFLATED = 256 * 1024 ** 2;
const MAX_BLOCK_SAMPLES = 1_000_000;
/** Columns with the same ends that a further one is compared with. */
const MOST_ALIKE = 8;

/** Series put together so that a block stays at about a million samples. */
export const blocksOf = (series: readonly NumberedSeries[]): Generator<readonly NumberedSeries[]> =>
  runsOfWeight(series, MAX_BLOCK_SAMPLES, ({ values }) => values.length);

/**
 * u32 number of series n and of columns of timestamps m; for each of m: u32 count, encoding, bytes; then u32 columns
 * over all n: id, index of its timestamps, encoding, bytes; then the columns themselves, timestamps first. Columns are
 * encoded as in a snapshot's packed block (docs/snapshot-format.md), of values that are decimals as in planes.ts; the
 * whole thing is compressed with zstd.
 */
export function encodeBlock(series: readonly NumberedSeries[]): Buffer {
  const columns = new ByteWriter();
  const times: number[] = [];
  const known = new Map<string, { readonly column: Float64Array; readonly index: number }[]>();
  const indexOf = (column: Float64Array): number => {
    const key = `${column.length} ${column[0]} ${column.at(-1)}`;
    const alike = known.get(key) ?? [];
    const same = alike.find((one) => one.column === column || equal(one.column, column));
    if (same) return same.index;
    const start = columns.length;
    const encoding = writeTimes(columns, column);
    const index = times.length / 3;
    times.push(column.length, encoding, columns.length - start);
    known.set(key, [...alike.slice(-MOST_ALIKE), { column, index }]);
    return index;
  };
  const indexes = series.map(({ timestamps }) => indexOf(timestamps));
  const encodings = new Uint32Array(series.length);
  const lengths = new Uint32Array(series.length);
  for (const [i, { values }] of series.entries()) {
    const start = columns.length;
    encodings[i] = writePlanes(columns, values) ?? writeValues(columns, values);
    lengths[i] = columns.length - start;
  }
  const head = [Uint32Array.from([series.length, times.length / 3, ...times])];
  head.push(
    Uint32Array.from(series, ({ id }) => id),
    Uint32Array.from(indexes),
    encodings,
    lengths,
  );
  const bytes = (one: Uint32Array): Uint8Array => new Uint8Array(one.buffer, one.byteOffset, one.byteLength);
  return zstdCompressSync(Buffer.concat([...head.map(bytes), columns.bytes()]));
}

function equal(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** @throws Error when the block is damaged. */
export function openBlock(payload: Uint8Array): OpenBlock {
  const bytes = inflate(payload, MAX_INFLATED);
  const reader = new ByteReader(bytes);
  const words = (count: number): Uint32Array => {
    const own = reader.raw(count * 4);
    return new Uint32Array(new Uint8Array(own).buffer);
  };
  const [n = 0, m = 0] = words(2);
  const heads = words(m * 3);
  const [ids, indexes, encodings, lengths] = [words(n), words(n), words(n), words(n)];
  const times: Float64Array[] = [];
  for (let i = 0; i < m; i++) {
    const [count, encoding, length] = heads.subarray(i * 3, i * 3 + 3);
    if (count! > length!) throw new RangeError('a column claims more timestamps than it holds');
    const column = new Float64Array(count!);
    readTimes(reader.raw(length!), encoding!, column);
    times.push(column);
  }
  const starts = new Uint32Array(n);
  let at = reader.at;
  for (let i = 0; i < n; i++) {
    starts[i] = at;
    at += lengths[i]!;
    if (indexes[i]! >= m) throw new RangeError('a series names timestamps that the block lacks');
  }
  if (at !== bytes.length) throw new RangeError('a block has another length than it says');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const timesOf = (i: number): Float64Array => times[indexes[i]!]!;
  const columnOf = (i: number) => ({
    bytes,
    from: starts[i]!,
    to: starts[i]! + lengths[i]!,
    encoding: encodings[i]!,
  });
  return {
    ids,
    timesOf,
    constantOf: (i) => {
      if (encodings[i] !== SAME || lengths[i] !== 8) return NaN;
      const value = view.getFloat64(starts[i]!, true);
      return Object.is(value, -0) ? NaN : value;
    },
    readValues: (i, into, to) => {
      const column = columnOf(i);
      const count = timesOf(i).length;
      if (column.encoding >= PLANES) readPlanes(column, into.values, to, count);
      else readValuesAt(column, into, to, count);
    },
  };
}

/** Native histograms of the series of a dictionary. */
export interface NumberedHistograms {
  readonly id: number;
  readonly histograms: HistogramSamples;
}

const CELLS_PER_BLOCK = 500_000;

/** Blocks of native histograms, as a snapshot has them (docs/snapshot-format.md), with the number in place of labels. */
export function* histogramBlocksOf(all: readonly NumberedHistograms[]): Generator<Buffer> {
  const rows = all.flatMap(({ id, histograms }) =>
    [...runsOf(histograms)].map((run) => ({ of: id, histograms: run })),
  );
  for (const block of runsOfWeight(rows, CELLS_PER_BLOCK, ({ histograms }) => cellsOf(histograms)))
    yield zstdCompressSync(encodeHistogramRows(block));
}

/** Runs in their order. @throws Error when the block is damaged. */
export const openHistogramBlock = (payload: Uint8Array): readonly NumberedHistograms[] =>
  decodeHistogramRows(inflate(payload, MAX_INFLATED)).map(({ of, histograms }) => {
    if (!Number.isSafeInteger(of)) throw new RangeError('a run of native histograms is of no series');
    return { id: of as number, histograms };
  });

export const checksum = (payload: Uint8Array): number => crc32(payload);
