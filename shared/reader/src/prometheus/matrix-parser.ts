import type { HistogramSamples } from '@gumshoe/base/native-histogram';
import type { Labels, Series } from '@gumshoe/base/series';
import { sampleValue } from './sample-value.ts';
import { toldHistograms, type ToldSample } from './told-histograms.ts';
import { JsonCursor } from './json-cursor.ts';

/** An answer of the HTTP API whose result is a matrix; other fields as JSON has them. */
export interface MatrixAnswer {
  readonly series: Series[];
  readonly fields: Readonly<Record<string, unknown>>;
}

const [QUOTE, OPEN_LIST, CLOSE_LIST, DOT, MINUS, ZERO] = [0x22, 0x5b, 0x5d, 0x2e, 0x2d, 0x30];
/** Integers and powers of ten up to which a decimal fraction is one exact division (Clinger, 1990). */
const EXACT = 2 ** 53;
const POWERS = Array.from({ length: 16 }, (_, i) => 10 ** i);

/**
 * Reads an answer straight into columns, several times as fast as by way of JSON's lists of pairs, and in a fraction of
 * the memory. Keeps samples with `from < t <= to`, ms. Takes the whole answer or only its `data`.
 * @throws SyntaxError where it is no JSON or another shape than the API documents.
 */
export function parseMatrix(bytes: Uint8Array, from: number, to: number): MatrixAnswer {
  const cursor = new JsonCursor(bytes);
  const reader = new MatrixReader(cursor, from, to);
  const fields: Record<string, unknown> = {};
  const level = (inside: boolean): void =>
    cursor.object((name) => {
      if (name === 'result') cursor.list(() => reader.series());
      else if (name === 'data' && !inside && cursor.peek() === 0x7b) level(true);
      else fields[name] = cursor.value();
    });
  level(false);
  return { series: reader.all, fields };
}

class MatrixReader {
  readonly all: Series[] = [];
  readonly #cursor: JsonCursor;
  readonly #text: Buffer;
  readonly #from: number;
  readonly #to: number;
  #times = new Float64Array(1024);
  #values = new Float64Array(1024);
  #length = 0;

  constructor(cursor: JsonCursor, from: number, to: number) {
    this.#cursor = cursor;
    const { buffer, byteOffset, byteLength } = cursor.bytes;
    this.#text = Buffer.from(buffer, byteOffset, byteLength);
    this.#from = from;
    this.#to = to;
  }

  series(): void {
    let labels: Labels | undefined;
    this.#length = 0;
    let seen = false;
    let histograms: HistogramSamples | undefined;
    this.#cursor.object((name) => {
      if (name === 'metric') labels = this.#cursor.value() as Labels;
      else if (name === 'values') {
        seen = true;
        this.#samples();
      } else if (name === 'histograms') {
        seen = true;
        histograms = toldHistograms(this.#cursor.value() as readonly ToldSample[], this.#from, this.#to);
      } else this.#cursor.value();
    });
    if (labels === undefined || !seen) throw new SyntaxError('a series without metric or values');
    if (this.#length === 0 && !histograms) return;
    const timestamps = this.#sharedTimes();
    const values = this.#values.slice(0, this.#length);
    this.all.push(histograms ? { labels, timestamps, values, histograms } : { labels, timestamps, values });
  }

  /** Series of one target have the same instants: they share the column. */
  #sharedTimes(): Float64Array {
    const last = this.all.at(-1)?.timestamps;
    if (last?.length === this.#length) {
      let i = 0;
      while (i < last.length && last[i] === this.#times[i]) i++;
      if (i === last.length) return last;
    }
    return this.#times.slice(0, this.#length);
  }

  /** `[[seconds, "value"], …]` */
  #samples(): void {
    const cursor = this.#cursor;
    cursor.expect(OPEN_LIST);
    if (cursor.take(CLOSE_LIST)) return;
    do {
      cursor.expect(OPEN_LIST);
      const at = this.#milliseconds();
      cursor.comma();
      cursor.expect(QUOTE);
      const value = this.#number(QUOTE);
      cursor.expect(CLOSE_LIST);
      if (at > this.#from && at <= this.#to) this.#push(at, value);
    } while (cursor.more(CLOSE_LIST));
  }

  #push(at: number, value: number): void {
    if (this.#length === this.#times.length) {
      const [times, values] = [new Float64Array(this.#length * 2), new Float64Array(this.#length * 2)];
      times.set(this.#times);
      values.set(this.#values);
      [this.#times, this.#values] = [times, values];
    }
    this.#times[this.#length] = at;
    this.#values[this.#length++] = value;
  }

  #milliseconds(): number {
    this.#cursor.space();
    return Math.round(this.#number(0) * 1000);
  }

  /** A decimal number up to `end`, or up to what cannot be part of one. Takes `end` too. */
  #number(end: number): number {
    const { bytes } = this.#cursor;
    const start = this.#cursor.at;
    let at = start;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    let mantissa = 0;
    let fraction = -1;
    let digits = 0;
    for (; ; at++) {
      const byte = bytes[at]!;
      const digit = byte - ZERO;
      if (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digits++;
        if (fraction >= 0) fraction++;
      } else if (byte === DOT && fraction < 0) fraction = 0;
      else break;
    }
    const ended = end === 0 ? !isNumberByte(bytes[at]) : bytes[at] === end;
    if (ended && digits > 0 && mantissa < EXACT && fraction < POWERS.length) {
      this.#cursor.at = end === 0 ? at : at + 1;
      const value = fraction > 0 ? mantissa / POWERS[fraction]! : mantissa;
      return negative ? -value : value;
    }
    return this.#oddNumber(start, end);
  }

  /** Exponents, many digits, infinities and NaN. */
  #oddNumber(start: number, end: number): number {
    const { bytes } = this.#cursor;
    let at = start;
    while (at < bytes.length && (end === 0 ? isNumberByte(bytes[at]) : bytes[at] !== end)) at++;
    const text = this.#text.toString('latin1', start, at);
    const value = sampleValue(text);
    if (text === '' || (Number.isNaN(value) && text !== 'NaN'))
      throw new SyntaxError(`${text.slice(0, 40)} is no number`);
    this.#cursor.at = end === 0 ? at : at + 1;
    return value;
  }
}

/** Digits, signs, point and the letters of an exponent. */
const isNumberByte = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2e ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x65 ||
    byte === 0x45);
