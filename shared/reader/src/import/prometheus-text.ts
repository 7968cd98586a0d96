import type { Labels } from '@gumshoe/base/series';
import { MAX_HISTOGRAMS, type HistogramCollector } from './histogram-collector.ts';
import { readHistogram } from './histogram-text.ts';
import { isThinkable, UNTHINKABLE } from './instants.ts';
import { MAX_SAMPLES, type SeriesCollector } from './series-collector.ts';

const IDENTIFIER = /[a-zA-Z_:][\w:]*/y;
const LABEL_NAME = /[a-zA-Z_][\w.]*/y;

/**
 * Reads samples with timestamps: OpenMetrics 1.0 (seconds) or Prometheus text 0.0.4 (ms), also as `promtool tsdb
 * dump` writes it (`{__name__="x",…} value ms`). Which unit a file uses is told by its size: instants before the
 * year 5138 in seconds are below 1e11. Samples without a timestamp are mistakes: a snapshot needs to know when.
 */
export class PrometheusTextParser {
  readonly #collector: SeriesCollector;
  readonly #histograms: HistogramCollector;

  constructor(collector: SeriesCollector, histograms: HistogramCollector) {
    this.#collector = collector;
    this.#histograms = histograms;
  }

  /** One line without its end; why it is no sample, where it should be one. */
  line(text: string): string | undefined {
    return text === '' || text.startsWith('#') ? undefined : this.#sample(text);
  }

  #sample(text: string): string | undefined {
    const labels: Record<string, string> = {};
    IDENTIFIER.lastIndex = 0;
    const name = IDENTIFIER.exec(text)?.[0];
    let at = 0;
    if (name !== undefined) {
      labels['__name__'] = name;
      at = name.length;
    }
    if (text[at] === '{') {
      // without a name before them it is a line of a dump, with the quotes of Go
      const end = readLabels(text, at + 1, labels, name === undefined);
      if (end < 0) return 'labels that do not end, or are not name="value"';
      at = end;
    }
    if (!labels['__name__']) return 'no metric name';
    const rest = text.slice(at).trim();
    if (rest.startsWith('{')) return this.#histogram(labels, rest);
    const [value = '', time = ''] = withoutExemplar(rest).trim().split(/\s+/);
    const number = readNumber(value);
    if (number === undefined) return `"${value.slice(0, 40)}" is no number`;
    const instant = instantOf(time);
    if (typeof instant === 'string') return instant;
    return this.#collector.add(labels, instant, number) ? undefined : `samples beyond ${MAX_SAMPLES}`;
  }

  #histogram(labels: Labels, text: string): string | undefined {
    const end = text.lastIndexOf('}') + 1;
    const told = readHistogram(text.slice(0, end), readNumber);
    if (!told) return `"${text.slice(0, 40)}" is no native histogram`;
    const instant = instantOf(text.slice(end).trim());
    if (typeof instant === 'string') return instant;
    return this.#histograms.addTold(labels, instant, told)
      ? undefined
      : `native histograms beyond ${MAX_HISTOGRAMS}`;
  }
}

/** ms since the epoch, or what is wrong with it. */
function instantOf(time: string): number | string {
  if (time === '') return 'no timestamp';
  const instant = inMilliseconds(Number(time));
  if (!Number.isFinite(instant)) return `"${time.slice(0, 40)}" is no timestamp`;
  return isThinkable(instant) ? instant : UNTHINKABLE;
}

/** Seconds as OpenMetrics has them, ms as Prometheus; µs and ns as some converters write them. */
const inMilliseconds = (instant: number): number => {
  const size = Math.abs(instant);
  if (size < 1e11) return instant * 1000;
  return size < 1e14 ? instant : size < 1e17 ? instant / 1e3 : instant / 1e6;
};

const withoutExemplar = (text: string): string => {
  const at = text.indexOf(' # ');
  return at < 0 ? text : text.slice(0, at);
};

function readNumber(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  const value = text === '' ? NaN : Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** Reads labels from behind the brace; the place behind the closing one, or -1. A lone quoted string is the name. */
function readLabels(text: string, start: number, into: Record<string, string>, dump: boolean): number {
  let at = start;
  for (;;) {
    while (text[at] === ' ' || text[at] === ',') at++;
    if (text[at] === '}') return at + 1;
    let name: string;
    if (text[at] === '"') {
      const quoted = readQuoted(text, at, dump);
      if (!quoted) return -1;
      [name, at] = quoted;
      if (text[at] !== '=') {
        into['__name__'] = name;
        continue;
      }
    } else {
      LABEL_NAME.lastIndex = at;
      const match = LABEL_NAME.exec(text);
      if (!match) return -1;
      name = match[0];
      at += name.length;
    }
    while (text[at] === ' ') at++;
    if (text[at] !== '=') return -1;
    at++;
    while (text[at] === ' ') at++;
    const value = text[at] === '"' ? readQuoted(text, at, dump) : undefined;
    if (!value) return -1;
    into[name] = value[0];
    at = value[1];
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };

/** What strconv.Quote of Go writes besides. */
const GO_ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', r: '\r', t: '\t', v: '\v' },
};
const GO_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function readQuoted(text: string, start: number, dump: boolean): [string, number] | undefined {
  const plainEnd = text.indexOf('"', start + 1);
  if (plainEnd < 0) return undefined;
  const plain = text.slice(start + 1, plainEnd);
  if (!plain.includes('\\')) return [plain, plainEnd + 1];
  let out = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') return [out, at + 1];
    if (char !== '\\') out += char;
    else {
      const [escaped, length] = (dump && goEscape(text, at + 1)) || [ESCAPES[text[at + 1] ?? ''], 1];
      out += escaped ?? `\\${text[at + 1] ?? ''}`;
      at += length;
    }
  }
  return undefined;
}

/** A sign and how many characters it took behind the backslash; undefined for one that other formats have too. */
function goEscape(text: string, at: number): readonly [string, number] | undefined {
  const letter = text[at] ?? '';
  const plain = GO_ESCAPES[letter];
  if (plain !== undefined) return [plain, 1];
  const digits = GO_DIGITS[letter];
  const code = digits === undefined ? '' : text.slice(at + 1, at + 1 + digits);
  if (digits === undefined || code.length < digits || !/^[0-9a-f]+$/i.test(code)) return undefined;
  const point = Number.parseInt(code, 16);
  return point <= 0x10ffff ? [String.fromCodePoint(point), 1 + digits] : undefined;
}

/** Whether the beginning of a file looks like samples in text. */
export const looksLikePrometheusText = (head: string): boolean =>
  head
    .split('\n')
    .slice(0, 50)
    .some((line) => /^(# (HELP|TYPE|UNIT|EOF)\b|[a-zA-Z_:][\w:]*(\{.*\})? +\S+( |$)|\{.*\} +\S)/.test(line));
