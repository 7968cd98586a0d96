import type { Labels } from '@gumshoe/base/series';

/** One sample of one series. `timestamp` in ms since the epoch. */
export interface RemoteWriteSample {
  readonly labels: Labels;
  readonly value: number;
  readonly timestamp: number;
}

/**
 * prometheus.WriteRequest (Prometheus remote write 1.0: types.proto, remote.proto) as protobuf, not yet
 * compressed. Labels are sorted as the specification asks; empty label values are left out.
 */
export function encodeWriteRequest(samples: readonly RemoteWriteSample[]): Uint8Array {
  const writer = new ProtobufWriter();
  for (const sample of samples) {
    const start = writer.begin(1);
    for (const name of Object.keys(sample.labels).sort()) {
      const value = sample.labels[name];
      if (value === undefined || value === '') continue;
      const label = writer.begin(1);
      writer.string(1, name);
      writer.string(2, value);
      writer.end(label);
    }
    const point = writer.begin(2);
    writer.double(1, sample.value);
    writer.int64(2, sample.timestamp);
    writer.end(point);
    writer.end(start);
  }
  return writer.bytes();
}

/** Length-delimited messages are written with a four-byte padded varint length that is filled in at the end. */
class ProtobufWriter {
  private buffer = new Uint8Array(64 * 1024);
  private view = new DataView(this.buffer.buffer);
  private length = 0;

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + bytes));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  private varint(value: number): void {
    this.room(10);
    let rest = value;
    while (rest >= 0x80) {
      this.buffer[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.buffer[this.length++] = rest;
  }

  begin(field: number): number {
    this.varint((field << 3) | 2);
    this.room(4);
    this.length += 4;
    return this.length;
  }

  end(start: number): void {
    let size = this.length - start;
    for (let i = 0; i < 4; i++) {
      this.buffer[start - 4 + i] = (size & 0x7f) | (i < 3 ? 0x80 : 0);
      size >>>= 7;
    }
  }

  string(field: number, text: string): void {
    const start = this.begin(field);
    this.room(text.length * 3);
    this.length += writeUtf8(text, this.buffer, this.length);
    this.end(start);
  }

  double(field: number, value: number): void {
    this.varint((field << 3) | 1);
    this.room(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  int64(field: number, value: number): void {
    this.varint(field << 3);
    this.varint(value);
  }

  bytes(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }
}

/** UTF-8 (RFC 3629) of `text` at `offset`; lone surrogates become U+FFFD. Returns the bytes written. */
function writeUtf8(text: string, out: Uint8Array, offset: number): number {
  let at = offset;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = text.charCodeAt(i + 1);
      const pair = code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff;
      code = pair ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
      if (pair) i++;
    }
    if (code < 0x80) out[at++] = code;
    else if (code < 0x800) {
      out[at++] = 0xc0 | (code >> 6);
      out[at++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      out[at++] = 0xe0 | (code >> 12);
      out[at++] = 0x80 | ((code >> 6) & 0x3f);
      out[at++] = 0x80 | (code & 0x3f);
    } else {
      out[at++] = 0xf0 | (code >> 18);
      out[at++] = 0x80 | ((code >> 12) & 0x3f);
      out[at++] = 0x80 | ((code >> 6) & 0x3f);
      out[at++] = 0x80 | (code & 0x3f);
    }
  }
  return at - offset;
}
