import { CUSTOM_BUCKETS, NO_BUCKETS } from '@gumshoe/base/native-histogram';
import type {
  HistogramSamples,
  NativeHistogram,
  ResetHint,
  SparseBuckets,
} from '@gumshoe/base/native-histogram';
import { ByteReader, ByteWriter, jsonOf } from './bytes.ts';
import { readTimes, readValues, writeTimes, writeValues } from './columns.ts';
import { FIXED, type Run } from './histogram-runs.ts';

// Shared by snapshots and by the cache of the metrics, as codec.ts: a new layout gets a new mark.

/** First four bytes of a block of native histograms: "GSH1". */
const MARK = 0x31485347;
const HINTS: readonly ResetHint[] = ['unknown', 'reset', 'none', 'gauge'];
/** Added to the number of the hint. */
const STALE = 4;
/** Numbers that one block may claim; writers stay at a quarter. */
const MOST_CELLS = 2_000_000;
const MOST_INDEX = 2 ** 31 - 1;

/** Samples of one series; `of` is JSON that says which: its labels, or a number. */
export interface HistogramRow<S extends HistogramSamples = HistogramSamples> {
  readonly of: unknown;
  readonly histograms: S;
}

/** `[of, schema, number of bounds, positive indexes, negative indexes, bytes of timestamps, …of every column: encoding, bytes]` */
type Head = readonly [unknown, number, number, readonly number[], readonly number[], readonly number[]];

/**
 * Mark, length of the header (u32 each), header (JSON list of heads), then the columns of each run: timestamps, bounds, the
 * fixed ones, one for each positive and negative index. docs/snapshot-format.md has it in full.
 */
export function encodeHistogramRows(rows: readonly HistogramRow<Run>[]): Buffer {
  const columns = new ByteWriter();
  const heads = rows.map(({ of, histograms }) => headOf(of, histograms, columns));
  const header = Buffer.from(JSON.stringify(heads));
  const out = new ByteWriter();
  out.u32(MARK);
  out.u32(header.length);
  out.raw(header);
  out.raw(columns.bytes());
  return Buffer.from(out.bytes());
}

function headOf(of: unknown, run: Run, out: ByteWriter): Head {
  const { timestamps, samples, schema, bounds, positive, negative } = run;
  const written: number[] = [];
  const write = (column: Float64Array, encode: (out: ByteWriter, column: Float64Array) => number): void => {
    const start = out.length;
    written.push(encode(out, column), out.length - start);
  };
  const values = (of: (one: NativeHistogram) => number): void =>
    write(Float64Array.from(samples, of), writeValues);
  write(timestamps, writeTimes);
  if (bounds) write(bounds, writeValues);
  values(({ hint, stale }) => HINTS.indexOf(hint) + (stale ? STALE : 0));
  values(({ count }) => count);
  values(({ sum }) => sum);
  values(({ zeroThreshold }) => zeroThreshold);
  values(({ zeroCount }) => zeroCount);
  for (const column of columnsOf(
    samples.map((one) => one.positive),
    positive,
  ))
    write(column, writeValues);
  for (const column of columnsOf(
    samples.map((one) => one.negative),
    negative,
  ))
    write(column, writeValues);
  return [of, schema, bounds?.length ?? 0, positive, negative, [timestamps.length, ...written]];
}

/** Counts of every index over the samples; 0 where a sample has no such bucket. */
function columnsOf(sides: readonly SparseBuckets[], indexes: readonly number[]): readonly Float64Array[] {
  const columns = indexes.map(() => new Float64Array(sides.length));
  sides.forEach((side, at) => {
    let place = 0;
    side.indexes.forEach((index, i) => {
      while (indexes[place]! < index) place++;
      columns[place]![at] = side.counts[i]!;
    });
  });
  return columns;
}

/**
 * Rows of a block, runs of one series one after the other as they were written. `meter` is told of every number in it.
 * @throws Error when the block is damaged, or claims more than a writer puts into one.
 */
export function decodeHistogramRows(
  bytes: Uint8Array,
  meter: (cells: number) => void = () => {},
): HistogramRow[] {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== MARK) throw new RangeError('a block of native histograms has an unknown layout');
  const heads = jsonOf(reader.raw(reader.u32()));
  if (!Array.isArray(heads)) throw new RangeError('the header of a block is no list');
  let cells = 0;
  return heads.map((value) => {
    const head = checkedHead(value);
    const [of, , bounds, positive, negative, [count = 0]] = head;
    const own = count * (FIXED + positive.length + negative.length) + bounds;
    cells += own;
    if (cells > MOST_CELLS)
      throw new RangeError('a block claims more histograms than any writer puts into one');
    meter(own);
    return { of, histograms: readRun(head, reader) };
  });
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkedHead(value: unknown): Head {
  const head = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const [, schema, bounds, positive, negative, columns] = head;
  const lists = [positive, negative, columns].every(Array.isArray);
  if (head.length !== 6 || !lists || !isCount(bounds))
    throw new RangeError('the header of a block has another form than the format gives it');
  const custom = schema === CUSTOM_BUCKETS;
  if (!custom && !(Number.isSafeInteger(schema) && (schema as number) >= -4 && (schema as number) <= 8))
    throw new RangeError('a native histogram has an unknown schema');
  const checked = head as Head;
  if (custom ? checked[4].length > 0 || checked[3].some((index) => index < 0 || index > bounds) : bounds > 0)
    throw new RangeError('buckets of a native histogram do not fit its bounds');
  const fixed = custom ? FIXED + 2 : FIXED + 1;
  if (
    checked[5].length !== 1 + 2 * (fixed + checked[3].length + checked[4].length) ||
    !checked[5].every(isCount)
  )
    throw new RangeError('columns of a native histogram are not what the format asks');
  for (const indexes of [checked[3], checked[4]])
    if (!indexes.every((index, i) => isIndex(index) && (i === 0 || index > indexes[i - 1]!)))
      throw new RangeError('indexes of buckets do not ascend');
  return checked;
}

const isIndex = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Math.abs(value as number) <= MOST_INDEX;

function readRun(head: Head, reader: ByteReader): HistogramSamples {
  const [, schema, bounds, positive, negative, [count = 0, ...written]] = head;
  let at = 0;
  const next = (
    read: (bytes: Uint8Array, encoding: number, into: Float64Array) => void,
    length: number,
  ): Float64Array => {
    const [encoding, bytes] = [written[at++]!, written[at++]!];
    const column = new Float64Array(length);
    read(reader.raw(bytes), encoding, column);
    return column;
  };
  // every instant takes a byte at least
  if (count > written[1]!) throw new RangeError('a column claims more timestamps than it holds');
  const timestamps = next(readTimes, count);
  const custom = schema === CUSTOM_BUCKETS ? next(readValues, bounds) : undefined;
  if (custom?.some((bound, i) => Number.isNaN(bound) || (i > 0 && !(bound > custom[i - 1]!))))
    throw new RangeError('bounds of a native histogram do not ascend');
  const [hints, counts, sums, thresholds, zeros] = Array.from({ length: FIXED }, () =>
    next(readValues, count),
  );
  const above = sidesOf(
    positive,
    positive.map(() => next(readValues, count)),
    count,
  );
  const below = sidesOf(
    negative,
    negative.map(() => next(readValues, count)),
    count,
  );
  const samples = Array.from({ length: count }, (_, i): NativeHistogram => {
    const hint = HINTS[hints![i]! % STALE];
    if (hint === undefined || hints![i]! >= 2 * STALE)
      throw new RangeError('a native histogram has an unknown hint');
    return {
      schema,
      count: counts![i]!,
      sum: sums![i]!,
      zeroThreshold: thresholds![i]!,
      zeroCount: zeros![i]!,
      positive: above[i]!,
      negative: below[i]!,
      ...(custom ? { bounds: custom } : {}),
      hint,
      ...(hints![i]! >= STALE ? { stale: true as const } : {}),
    };
  });
  return { timestamps, samples };
}

/** The populated buckets of each sample. Samples that have all of them share the indexes. */
function sidesOf(
  indexes: readonly number[],
  columns: readonly Float64Array[],
  count: number,
): readonly SparseBuckets[] {
  const all = Int32Array.from(indexes);
  return Array.from({ length: count }, (_, at): SparseBuckets => {
    let populated = 0;
    for (const column of columns) if (column[at] !== 0) populated++;
    if (populated === 0) return NO_BUCKETS;
    const counts = new Float64Array(populated);
    const own = populated === all.length ? all : new Int32Array(populated);
    let n = 0;
    columns.forEach((column, i) => {
      if (column[at] === 0) return;
      own[n] = indexes[i]!;
      counts[n++] = column[at]!;
    });
    return { indexes: own, counts };
  });
}
