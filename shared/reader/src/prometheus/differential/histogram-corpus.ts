import { sparseBuckets, type NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Labels, Series } from '@gumshoe/base/series';
import { MINUTES, START } from './corpus.ts';
import { Random } from './random.ts';

const INTERVAL = 15;

interface Shape {
  readonly schema: number;
  readonly zeroThreshold?: number;
  /** Indexes of the buckets that are counted in. */
  readonly positive?: readonly [number, number];
  readonly negative?: readonly [number, number];
  readonly zero?: boolean;
  readonly resets?: readonly number[];
  /** Minute from which the schema is coarser. */
  readonly coarserFrom?: number;
  /** Minute of a stale marker. */
  readonly stale?: number;
  readonly gap?: readonly [number, number];
  readonly gauge?: boolean;
}

/** Buckets that fill up, and start anew at resets; a gauge has other ones at each sample. */
class Counting {
  private readonly random: Random;
  private readonly shape: Shape;
  private positive = new Map<number, number>();
  private negative = new Map<number, number>();
  private zero = 0;
  private sum = 0;

  constructor(random: Random, shape: Shape) {
    this.random = random;
    this.shape = shape;
    this.restart();
  }

  /** From high enough that extrapolation to zero, which 2.42 has not, plays no part. */
  restart(): void {
    this.clear();
    for (let i = 0; i < 40; i++) this.observe();
  }

  private clear(): void {
    this.positive = new Map();
    this.negative = new Map();
    [this.zero, this.sum] = [0, 0];
  }

  private observe(): void {
    const { random, shape } = this;
    const n = random.whole(1, 5);
    const into = (side: Map<number, number>, [from, to]: readonly [number, number]): void => {
      const index = random.whole(from, to);
      side.set(index, (side.get(index) ?? 0) + n);
    };
    const draw = random.next();
    if (shape.zero && draw < 0.2) this.zero += n;
    else if (shape.negative && draw < 0.5) into(this.negative, shape.negative);
    else if (shape.positive) into(this.positive, shape.positive);
    this.sum += n * (draw - 0.1);
  }

  next(coarser: boolean): NativeHistogram {
    if (this.shape.gauge) this.clear();
    for (let n = this.random.whole(this.shape.gauge ? 5 : 0, 12); n > 0; n--) this.observe();
    const { schema, zeroThreshold = 1e-128, gauge } = this.shape;
    const by = coarser ? 1 : 0;
    const side = (counts: ReadonlyMap<number, number>) => {
      const merged = new Map<number, number>();
      for (const [index, count] of counts) {
        const target = ((index - 1) >> by) + 1;
        merged.set(target, (merged.get(target) ?? 0) + count);
      }
      return sparseBuckets(merged);
    };
    const [positive, negative] = [side(this.positive), side(this.negative)];
    const counted = [...positive.counts, ...negative.counts].reduce((sum, one) => sum + one, this.zero);
    return {
      schema: schema - by,
      count: counted,
      sum: this.sum,
      zeroThreshold,
      zeroCount: this.zero,
      positive,
      negative,
      hint: gauge ? 'gauge' : 'unknown',
    };
  }
}

function series(random: Random, labels: Labels, shape: Shape): Series {
  const counting = new Counting(random, shape);
  const timestamps: number[] = [];
  const samples: NativeHistogram[] = [];
  const { resets = [], coarserFrom = Infinity, gap, stale } = shape;
  let before = 0;
  for (let second = 0; second < MINUTES * 60; second += INTERVAL) {
    const minute = second / 60;
    if (resets.some((at) => before < at && minute >= at)) counting.restart();
    before = minute;
    const sample = counting.next(minute >= coarserFrom);
    if ((gap && minute >= gap[0] && minute < gap[1]) || random.chance(0.02)) continue;
    timestamps.push(START + second * 1000 + random.whole(100, 400));
    const ends = stale !== undefined && minute >= stale && minute < stale + INTERVAL / 60;
    samples.push(ends ? staleMarker(sample) : sample);
  }
  return {
    labels,
    timestamps: new Float64Array(0),
    values: new Float64Array(0),
    histograms: { timestamps: Float64Array.from(timestamps), samples },
  };
}

const staleMarker = (like: NativeHistogram): NativeHistogram => ({
  ...like,
  count: 0,
  sum: NaN,
  zeroCount: 0,
  positive: sparseBuckets(new Map()),
  negative: sparseBuckets(new Map()),
  stale: true,
});

/** Native histograms: counters with resets, gaps, stale markers and a change of schema, zero and negative buckets, gauges. */
export function histogramCorpus(seed: number): readonly Series[] {
  const random = new Random(seed);
  const out: Series[] = [];
  for (const job of ['api', 'db'])
    for (const instance of ['a:1', 'b:1'])
      out.push(
        series(
          random,
          { __name__: 'duration_seconds', job, instance },
          {
            schema: job === 'api' ? 3 : 1,
            positive: job === 'api' ? [-12, 9] : [-3, 4],
            zero: instance === 'b:1',
            zeroThreshold: instance === 'b:1' ? 0.001 : 1e-128,
            resets: random.some([11, 19.5, 33.25, 41], 2),
          },
        ),
      );
  const kinds: Readonly<Record<string, Shape>> = {
    both: { schema: 0, positive: [-2, 3], negative: [0, 4], zero: true, zeroThreshold: 0.0625, resets: [25] },
    negative: { schema: 2, negative: [-3, 6], zero: true, zeroThreshold: 0.1 },
    zeros: { schema: 0, zero: true, zeroThreshold: 0.5 },
    coarse: { schema: -2, positive: [-2, 2], resets: [22] },
    fine: { schema: 8, positive: [100, 180] },
    coarser: { schema: 3, positive: [-8, 8], coarserFrom: 21 },
    stale: { schema: 2, positive: [0, 6], stale: 20, gap: [20.3, 24] },
    gaps: { schema: 1, positive: [0, 6], gap: [14, 21], resets: [30] },
  };
  for (const [kind, shape] of Object.entries(kinds))
    out.push(series(random, { __name__: 'spread', kind }, shape));
  out.push(
    series(
      random,
      { __name__: 'queue', side: 'x' },
      { schema: 2, positive: [0, 8], zero: true, gauge: true },
    ),
  );
  return out;
}
