import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import type { Series } from '@gumshoe/base/series';
import { encodeHistogram } from '@gumshoe/schema/remote-write/histogram';

const encoder = new TextEncoder();

/**
 * prometheus.WriteRequest (remote write 1.0) with all samples of a series behind its labels, in snappy's block format
 * without compression. Values go over bit by bit, so that stale markers stay what they are.
 */
export function writeRequest(all: readonly Series[]): Uint8Array<ArrayBuffer> {
  const bytes = all.reduce((sum, one) => sum + bytesOf(one), 0);
  const writer = new Writer(bytes);
  for (const one of all) writer.series(one);
  return writer.snappy();
}

/** No less than what the series takes. */
function bytesOf({ labels, timestamps, histograms }: Series): number {
  let bytes = 16 + timestamps.length * SAMPLE_BYTES;
  for (const one of encoded(histograms)) bytes += 8 + one.length;
  for (const name in labels) bytes += 16 + 3 * (name.length + labels[name]!.length);
  return bytes;
}

const encoded = (histograms: HistogramSamples | undefined): readonly Uint8Array[] =>
  histograms?.samples.map((histogram, i) =>
    encodeHistogram({ timestamp: histograms.timestamps[i]!, histogram }),
  ) ?? [];

/** Tag and length of a sample, its value with tag, its time with tag (a varint of six bytes until the year 2109). */
const SAMPLE_BYTES = 2 + 9 + 7;

class Writer {
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private length = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  private byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  private varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    this.byte(rest);
  }

  private text(field: number, value: Uint8Array): void {
    this.byte((field << 3) | 2);
    this.varint(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  series({ labels, timestamps, values, histograms }: Series): void {
    const natives = encoded(histograms);
    const pairs = Object.keys(labels)
      .sort()
      .map((name) => [encoder.encode(name), encoder.encode(labels[name])] as const);
    const sizes = pairs.map(([name, value]) => sized(name.length) + sized(value.length));
    const labelBytes = sizes.reduce((sum, size) => sum + sized(size), 0);
    const nativeBytes = natives.reduce((sum, one) => sum + sized(one.length), 0);
    const body = labelBytes + timestamps.length * SAMPLE_BYTES + nativeBytes;
    this.byte((1 << 3) | 2);
    this.varint(body);
    pairs.forEach(([name, value], i) => {
      this.byte((1 << 3) | 2);
      this.varint(sizes[i]!);
      this.text(1, name);
      this.text(2, value);
    });
    const bits = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let i = 0; i < timestamps.length; i++) {
      this.byte((2 << 3) | 2);
      this.byte(SAMPLE_BYTES - 2);
      this.byte((1 << 3) | 1);
      for (let b = i * 8; b < i * 8 + 8; b++) this.byte(bits[b]!);
      this.byte(2 << 3);
      this.varint(timestamps[i]!);
    }
    for (const one of natives) this.text(4, one);
  }

  /** What was written, as literals. */
  snappy(): Uint8Array<ArrayBuffer> {
    const out = new Writer(this.length + 8 + 3 * Math.ceil(this.length / 65_536));
    out.varint(this.length);
    for (let at = 0; at < this.length; at += 65_536) {
      const chunk = this.bytes.subarray(at, Math.min(at + 65_536, this.length));
      out.byte(61 << 2);
      out.byte((chunk.length - 1) & 255);
      out.byte((chunk.length - 1) >> 8);
      out.bytes.set(chunk, out.length);
      out.length += chunk.length;
    }
    return out.bytes.subarray(0, out.length);
  }
}

/** Bytes of a length-delimited field of this length, tag included. */
function sized(length: number): number {
  let bytes = 2;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes + length;
}
