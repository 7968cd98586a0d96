import type { Series } from '@gumshoe/base/series';

/**
 * prometheus.WriteRequest (remote write 1.0) with all samples of a series behind its labels, in snappy's block format
 * without compression. Values go over bit by bit, so that stale markers stay what they are.
 */
export function writeRequest(all: readonly Series[]): Uint8Array<ArrayBuffer> {
  return uncompressedSnappy(Buffer.concat(all.map((one) => field(1, timeSeries(one)))));
}

function timeSeries({ labels, timestamps, values }: Series): Buffer {
  const parts: Buffer[] = [];
  for (const name of Object.keys(labels).sort())
    parts.push(field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(labels[name]!))])));
  const bits = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < timestamps.length; i++) {
    const value = Buffer.concat([Buffer.of((1 << 3) | 1), bits.subarray(i * 8, i * 8 + 8)]);
    parts.push(field(2, Buffer.concat([value, Buffer.of(2 << 3), varint(timestamps[i]!)])));
  }
  return Buffer.concat(parts);
}

const field = (number: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2), varint(body.length), body]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function uncompressedSnappy(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [varint(bytes.length)];
  for (let at = 0; at < bytes.length; at += 65_536) {
    const chunk = bytes.subarray(at, at + 65_536);
    const length = chunk.length - 1;
    parts.push(Buffer.of(61 << 2, length & 255, length >> 8), chunk);
  }
  return Uint8Array.from(Buffer.concat(parts));
}
