import { labelsKey, type Labels, type Series } from '@gumshoe/base/series';
import { TRACE_METRICS } from '@gumshoe/schema/metrics/trace';
import { logLevel, type LogLevel } from '@gumshoe/text/log-level';
import { patternWords, samePattern } from '@gumshoe/text/log-pattern';
import { namedIn, namesOf, type Names } from '@gumshoe/text/named';

export interface CountedLogRecord {
  /** ms since the epoch */
  readonly timestamp: number;
  readonly serviceName: string;
  /** SeverityText as stored; '' lets the text tell. */
  readonly severity: string;
  readonly body: string;
  /** How many records this one stands for; one if not given. */
  readonly count?: number;
}

const STEP = 5_000;
const MAX_PATTERNS = 100;
const SAMPLE_LENGTH = 200;

const LEVELS: readonly (readonly [RegExp, LogLevel])[] = [
  [/^(fatal|crit|emerg|alert|panic)/i, 'critical'],
  [/^(err|severe)/i, 'error'],
  [/^warn/i, 'warning'],
  [/^(info|notice)/i, 'info'],
  [/^(debug|trace|verbose|fine)/i, 'debug'],
];

const levelOf = ({ severity, body }: CountedLogRecord): LogLevel =>
  LEVELS.find(([pattern]) => pattern.test(severity))?.[1] ?? logLevel(body);

/** What is said of others is told apart by whom it is said of: patterns alone take "call to a failed" for "call to b failed". */
const COMPLAINTS: ReadonlySet<LogLevel> = new Set(['critical', 'error', 'warning']);

interface Pattern {
  /** Services that the text names. */
  readonly about: string;
  readonly words: readonly string[];
  readonly labels: Labels;
  readonly increments: Map<number, number>;
}

/** FNV-1a, 64 bit, hexadecimal: enough to tell the patterns of one service apart. */
export function patternHash(words: readonly string[]): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const char of words.join(' ')) {
    low = (low ^ char.codePointAt(0)!) >>> 0;
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + (low << 8) + Math.floor(product / 2 ** 32)) >>> 0;
    low = product >>> 0;
  }
  return `${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

/**
 * Counters of log records by service, level and pattern; a sample every 5 s over the time of all records. At most
 * MAX_PATTERNS patterns for each service and level, the rest is one of its own.
 */
export function logSeries(records: readonly CountedLogRecord[]): readonly Series[] {
  const known = new Map<string, Patterns>();
  const services = namesOf(
    [...new Set(records.map((one) => one.serviceName))].sort().map((name) => [name, name]),
  );
  let lo = Infinity;
  let hi = -Infinity;
  for (const record of records) {
    const bucket = Math.floor(record.timestamp / STEP);
    if (!Number.isFinite(bucket)) continue;
    lo = Math.min(lo, bucket);
    hi = Math.max(hi, bucket);
    const { increments } = patternOf(known, record, levelOf(record), services);
    increments.set(bucket, (increments.get(bucket) ?? 0) + (record.count ?? 1));
  }
  if (hi < lo) return [];
  const points = hi - lo + 2;
  const timestamps = Float64Array.from({ length: points }, (_, i) => (lo + i) * STEP);
  return [...known.values()]
    .flatMap(({ all }) => all)
    .sort((a, b) => (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1))
    .map(({ labels, increments }) => {
      const values = new Float64Array(points);
      let sum = 0;
      for (let i = 1; i < points; i++) values[i] = sum += increments.get(lo + i - 1) ?? 0;
      return { labels, timestamps, values };
    });
}

/** Patterns of one service and level; `byWords` spares looking at each for words seen before. */
interface Patterns {
  readonly all: Pattern[];
  readonly byWords: Map<string, Pattern>;
}

/** Word lists remembered at most, for each service and level. */
const MAX_REMEMBERED = 10_000;

function patternOf(
  known: Map<string, Patterns>,
  record: CountedLogRecord,
  level: LogLevel,
  services: Names<string>,
): Pattern {
  const key = `${record.serviceName}\u0000${level}`;
  let patterns = known.get(key);
  if (patterns === undefined) known.set(key, (patterns = { all: [], byWords: new Map() }));
  const words = patternWords(record.body);
  const about = COMPLAINTS.has(level) ? aboutOf(record, services) : '';
  const text = `${words.join(' ')}\u0000${about}`;
  const found =
    patterns.byWords.get(text) ??
    patterns.all.find((one) => one.about === about && samePattern(one.words, words));
  const pattern = found ?? newPattern(patterns.all, record, level, words, about);
  if (patterns.byWords.size < MAX_REMEMBERED) patterns.byWords.set(text, pattern);
  return pattern;
}

function aboutOf({ body, serviceName }: CountedLogRecord, services: Names<string>): string {
  const named = namedIn((body.split('\n', 1)[0] ?? '').slice(0, SAMPLE_LENGTH), services);
  return [...named]
    .filter((one) => one !== serviceName)
    .sort()
    .join(' ');
}

function newPattern(
  patterns: Pattern[],
  record: CountedLogRecord,
  level: LogLevel,
  words: readonly string[],
  about: string,
): Pattern {
  const overflow = patterns.length >= MAX_PATTERNS;
  if (overflow) {
    const last = patterns.at(-1)!;
    if (last.labels['pattern_hash'] === '~other') return last;
  }
  const sample = (record.body.split('\n', 1)[0] ?? '').slice(0, SAMPLE_LENGTH);
  const labels = {
    __name__: TRACE_METRICS.logMessages.name,
    service_name: record.serviceName,
    level,
    pattern_hash: overflow ? '~other' : patternHash(about ? [...words, about] : words),
    sample: overflow ? 'patterns beyond the first hundred' : sample,
  };
  const made: Pattern = { about, words, labels, increments: new Map() };
  patterns.push(made);
  return made;
}
