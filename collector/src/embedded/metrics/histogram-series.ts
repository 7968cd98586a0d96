import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Labels, Series } from '@gumshoe/base/series';
import { decodeHistogram } from '@gumshoe/schema/remote-write/histogram';

const NO_FLOATS = { timestamps: new Float64Array(0), values: new Float64Array(0) };

/** Native histograms of one series, as they came over the wire. Times ascend strictly. */
export class HistogramSeries {
  readonly id: number;
  readonly labels: Labels;
  private times: number[] = [];
  private encoded: Uint8Array[] = [];

  constructor(id: number, labels: Labels) {
    this.id = id;
    this.labels = labels;
  }

  get isEmpty(): boolean {
    return this.times.length === 0;
  }

  get firstTime(): number {
    return this.times[0] ?? Infinity;
  }

  get lastTime(): number {
    return this.times.at(-1) ?? -Infinity;
  }

  get bytes(): number {
    return this.encoded.reduce((sum, one) => sum + one.length + 72, 0);
  }

  append(time: number, bytes: Uint8Array): void {
    this.times.push(time);
    this.encoded.push(bytes);
  }

  lastEquals(bytes: Uint8Array): boolean {
    const last = this.encoded.at(-1);
    return last?.length === bytes.length && last.every((byte, i) => byte === bytes[i]);
  }

  dropUntil(time: number): void {
    const count = this.firstAfter(time);
    if (count === 0) return;
    this.times = this.times.slice(count);
    this.encoded = this.encoded.slice(count);
  }

  private firstAfter(time: number): number {
    let [low, high] = [0, this.times.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.times[middle]! <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Samples with `from < t <= to`, or undefined when there are none. */
  read(from: number, to: number): Series | undefined {
    const [lo, hi] = [this.firstAfter(from), this.firstAfter(to)];
    if (lo >= hi) return undefined;
    const samples: NativeHistogram[] = [];
    for (let i = lo; i < hi; i++) samples.push(decodeHistogram(this.encoded[i]!).histogram);
    const histograms = { timestamps: Float64Array.from(this.times.slice(lo, hi)), samples };
    return { labels: this.labels, ...NO_FLOATS, histograms };
  }
}
