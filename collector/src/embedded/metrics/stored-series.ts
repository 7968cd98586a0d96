import type { Labels, Series } from '@gumshoe/base/series';
import { decodeChunk, encodeChunk } from './chunk.ts';
import type { Chunk } from './chunk.ts';

const HEAD = 120;
const FIRST_HEAD = 8;

/** Samples of one series: encoded chunks, then an open head. Times ascend strictly. */
export class StoredSeries {
  readonly id: number;
  readonly labels: Labels;
  chunks: Chunk[] = [];
  /** How many of the chunks are in block files. */
  persisted = 0;
  lastTime = -Infinity;
  private timestamps = new Float64Array(FIRST_HEAD);
  private values = new Float64Array(FIRST_HEAD);
  private raw = new Uint8Array(this.values.buffer);
  private length = 0;

  constructor(id: number, labels: Labels) {
    this.id = id;
    this.labels = labels;
  }

  /** Bytes of samples, encoded and open. */
  get bytes(): number {
    let total = this.raw.length * 2;
    for (const chunk of this.chunks) total += chunk.bytes.length + 64;
    return total;
  }

  get isEmpty(): boolean {
    return this.length === 0 && this.chunks.length === 0;
  }

  get firstTime(): number {
    return this.chunks[0]?.minTime ?? (this.length > 0 ? this.timestamps[0]! : Infinity);
  }

  /** `source` holds the value's eight bytes, little endian, at `offset`. The time must be later than lastTime. */
  append(time: number, source: Uint8Array, offset: number): void {
    if (this.length === HEAD) this.seal();
    if (this.length === this.timestamps.length) this.grow();
    this.timestamps[this.length] = time;
    const target = this.length * 8;
    for (let i = 0; i < 8; i++) this.raw[target + i] = source[offset + i]!;
    this.length++;
    this.lastTime = time;
  }

  /** Whether the newest sample has exactly these bytes. */
  lastValueEquals(source: Uint8Array, offset: number): boolean {
    if (this.length === 0) return true;
    const last = (this.length - 1) * 8;
    for (let i = 0; i < 8; i++) if (this.raw[last + i] !== source[offset + i]) return false;
    return true;
  }

  private grow(): void {
    const size = Math.min(HEAD, this.timestamps.length * 2);
    const timestamps = new Float64Array(size);
    timestamps.set(this.timestamps);
    const values = new Float64Array(size);
    const raw = new Uint8Array(values.buffer);
    raw.set(this.raw);
    this.timestamps = timestamps;
    this.values = values;
    this.raw = raw;
  }

  /** Encodes the open head. */
  seal(): void {
    if (this.length === 0) return;
    this.chunks.push(encodeChunk(this.timestamps, this.values, this.length));
    this.length = 0;
  }

  /** A chunk from a block file, older than everything appended later. */
  restore(chunk: Chunk): void {
    this.chunks.push(chunk);
    this.persisted++;
    this.lastTime = Math.max(this.lastTime, chunk.maxTime);
  }

  /** Forgets persisted chunks that end at or before `time`. */
  dropUntil(time: number): void {
    let count = 0;
    while (count < this.persisted && this.chunks[count]!.maxTime <= time) count++;
    if (count === 0) return;
    this.chunks = this.chunks.slice(count);
    this.persisted -= count;
  }

  /** Samples with `from < t <= to`, or undefined when there are none. */
  read(from: number, to: number): Series | undefined {
    const chunks = this.chunks.filter((chunk) => chunk.maxTime > from && chunk.minTime <= to);
    const head = this.length > 0 && this.timestamps[0]! <= to && this.lastTime > from ? this.length : 0;
    let total = head;
    for (const chunk of chunks) total += chunk.count;
    if (total === 0) return undefined;
    const timestamps = new Float64Array(total);
    const values = new Float64Array(total);
    const raw = new Uint8Array(values.buffer);
    let at = 0;
    for (const chunk of chunks) {
      decodeChunk(chunk, timestamps, raw, at);
      at += chunk.count;
    }
    if (head > 0) {
      timestamps.set(this.timestamps.subarray(0, head), at);
      raw.set(this.raw.subarray(0, head * 8), at * 8);
    }
    const first = firstAfter(timestamps, from);
    const end = firstAfter(timestamps, to);
    if (first >= end) return undefined;
    return {
      labels: this.labels,
      timestamps: timestamps.subarray(first, end),
      values: values.subarray(first, end),
    };
  }
}

/** Index of the first time later than `time`. */
function firstAfter(timestamps: Float64Array, time: number): number {
  let low = 0;
  let high = timestamps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timestamps[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
