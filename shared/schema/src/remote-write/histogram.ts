import { CUSTOM_BUCKETS, NO_BUCKETS, sparseBuckets } from '@gumshoe/base/native-histogram';
import type { NativeHistogram, ResetHint, SparseBuckets } from '@gumshoe/base/native-histogram';
import { decodeMessage, type Kind, type Message } from '../protobuf/decode.ts';
import { encodeMessage } from '../protobuf/encode.ts';

const SPAN: Message = { 1: ['offset', 'sint32'], 2: ['length', 'uint32'] };
const SPANS: Kind = { message: () => SPAN };

/** prometheus.Histogram (prompb/types.proto, field 4 of a TimeSeries). The sum as bits: a NaN's payload says stale. */
const HISTOGRAM: Message = {
  1: ['count', 'uint64'],
  2: ['countFloat', 'double'],
  3: ['sum', 'fixed64'],
  4: ['schema', 'sint32'],
  5: ['zeroThreshold', 'double'],
  6: ['zeroCount', 'uint64'],
  7: ['zeroCountFloat', 'double'],
  8: ['negativeSpans', SPANS, true],
  9: ['negativeDeltas', { packed: 'int64' }, true],
  10: ['negativeCounts', { packed: 'double' }, true],
  11: ['positiveSpans', SPANS, true],
  12: ['positiveDeltas', { packed: 'int64' }, true],
  13: ['positiveCounts', { packed: 'double' }, true],
  14: ['hint', 'uint64'],
  15: ['timestamp', 'int64'],
  16: ['bounds', { packed: 'double' }, true],
};

interface Span {
  readonly offset?: number;
  readonly length?: number;
}

type Lists = readonly (readonly unknown[])[] | undefined;

interface Decoded {
  readonly count?: string;
  readonly countFloat?: number;
  readonly sum?: string;
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: string;
  readonly zeroCountFloat?: number;
  readonly negativeSpans?: readonly Span[];
  readonly negativeDeltas?: Lists;
  readonly negativeCounts?: Lists;
  readonly positiveSpans?: readonly Span[];
  readonly positiveDeltas?: Lists;
  readonly positiveCounts?: Lists;
  readonly hint?: string;
  readonly timestamp?: string;
  readonly bounds?: Lists;
}

export interface TimedHistogram {
  /** ms since the epoch */
  readonly timestamp: number;
  readonly histogram: NativeHistogram;
}

const HINTS: readonly ResetHint[] = ['unknown', 'reset', 'none', 'gauge'];
const STALE = 0x7ff0000000000002n;
const bits = new DataView(new ArrayBuffer(8));

/** Buckets of one histogram; more are refused (Prometheus's own limit is 2^16 a span of a scrape). */
const MOST_BUCKETS = 65_536;

/**
 * One native histogram of a remote write (1.0), with integer or float counts.
 * @throws RangeError when the bytes are none: buckets beyond their spans, a schema nobody knows, bounds that do not ascend.
 */
export function decodeHistogram(bytes: Uint8Array): TimedHistogram {
  const told = decodeMessage(bytes, HISTOGRAM) as Decoded;
  const schema = told.schema ?? 0;
  const custom = schema === CUSTOM_BUCKETS;
  if (!custom && (schema < -4 || schema > 8)) throw new RangeError(`schema ${schema} of a histogram`);
  const sum = BigInt(told.sum ?? 0);
  bits.setBigUint64(0, sum);
  const positive = sideOf(told.positiveSpans, told.positiveDeltas, told.positiveCounts);
  const negative = sideOf(told.negativeSpans, told.negativeDeltas, told.negativeCounts);
  const histogram: NativeHistogram = {
    schema,
    count: told.countFloat ?? Number(told.count ?? 0),
    sum: bits.getFloat64(0),
    zeroThreshold: told.zeroThreshold ?? 0,
    zeroCount: told.zeroCountFloat ?? Number(told.zeroCount ?? 0),
    positive,
    negative,
    ...(custom ? { bounds: boundsOf(told, positive, negative) } : {}),
    hint: HINTS[Number(told.hint ?? 0)] ?? 'unknown',
    ...(sum === STALE ? { stale: true as const } : {}),
  };
  return { timestamp: Number(told.timestamp ?? 0), histogram };
}

function sideOf(spans: readonly Span[] = [], deltas: Lists = [], floats: Lists = []): SparseBuckets {
  let before = 0n;
  const counts = [
    ...deltas.flat().map((one) => Number((before += unzigzag(BigInt(String(one)))))),
    ...floats.flat().map(Number),
  ];
  if (counts.length > MOST_BUCKETS) throw new RangeError(`${counts.length} buckets of a histogram`);
  const buckets = new Map<number, number>();
  let [index, at] = [0, 0];
  for (const { offset = 0, length = 0 } of spans) {
    index += offset;
    if (at + length > counts.length) throw new RangeError('spans of a histogram reach beyond its buckets');
    for (let i = 0; i < length; i++) buckets.set(index++, counts[at++]!);
  }
  if (at !== counts.length) throw new RangeError('buckets of a histogram are in no span');
  return sparseBuckets(buckets);
}

const unzigzag = (value: bigint): bigint => {
  const raw = BigInt.asUintN(64, value);
  return (raw >> 1n) ^ -(raw & 1n);
};

function boundsOf({ bounds }: Decoded, { indexes }: SparseBuckets, negative: SparseBuckets): Float64Array {
  const all = Float64Array.from((bounds ?? []).flat().map(Number));
  const ascending = all.every((bound, i) => i === 0 || bound > all[i - 1]!);
  const last = indexes.at(-1) ?? 0;
  if (!ascending || (indexes[0] ?? 0) < 0 || last > all.length || negative !== NO_BUCKETS)
    throw new RangeError('custom buckets of a histogram do not fit their bounds');
  return all;
}

/** Inverse of `decodeHistogram`: integer counts where all of them are such, floats otherwise. */
export function encodeHistogram({ timestamp, histogram }: TimedHistogram): Uint8Array {
  const { count, sum, schema, zeroThreshold, zeroCount, positive, negative, bounds, hint, stale } = histogram;
  const counts = [count, zeroCount, ...positive.counts, ...negative.counts];
  const whole = counts.every((one) => Number.isSafeInteger(one) && one >= 0);
  bits.setFloat64(0, sum);
  return encodeMessage(
    {
      ...(whole ? { count, zeroCount } : { countFloat: count, zeroCountFloat: zeroCount }),
      sum: String(stale ? STALE : bits.getBigUint64(0)),
      schema,
      zeroThreshold,
      ...sideToldBy('negative', negative, whole),
      ...sideToldBy('positive', positive, whole),
      hint: HINTS.indexOf(hint),
      timestamp,
      ...(bounds ? { bounds: [Array.from(bounds)] } : {}),
    },
    HISTOGRAM,
  );
}

function sideToldBy(
  name: 'positive' | 'negative',
  { indexes, counts }: SparseBuckets,
  whole: boolean,
): Record<string, unknown> {
  if (indexes.length === 0) return {};
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (const index of indexes) {
    const last = spans.at(-1);
    if (last && index === end) last.length++;
    else spans.push({ offset: index - end, length: 1 });
    end = index + 1;
  }
  const deltas = Array.from(counts, (count, i) => BigInt(whole ? count - (counts[i - 1] ?? 0) : 0));
  const zigzag = deltas.map((delta) => String(BigInt.asUintN(64, (delta << 1n) ^ (delta >> 63n))));
  return {
    [`${name}Spans`]: spans,
    ...(whole ? { [`${name}Deltas`]: [zigzag] } : { [`${name}Counts`]: [Array.from(counts)] }),
  };
}
