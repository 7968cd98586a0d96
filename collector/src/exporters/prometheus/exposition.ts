import type { Labels } from '@gumshoe/base/series';
import type { MetricDefinition } from '@gumshoe/schema/metrics/define';
import type { CollectedSample } from '../../pipeline/registry.ts';

export type ExpositionFormat = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** The format that a scraper asks for (header Accept): OpenMetrics 1.0 when it names it, else text 0.0.4. */
export const acceptedFormat = (accept: string | undefined): ExpositionFormat =>
  /application\/openmetrics-text/.test(accept ?? '') ? 'openmetrics' : 'text';

/** Bytes of a piece: what is written before others have their turn, about a millisecond. */
export const PIECE = 256 * 1024;
/** UTF-8 bytes of one UTF-16 unit, at most. */
const WIDEST = 3;

/** Prometheus text format 0.0.4 or OpenMetrics 1.0, families in the order of their names. */
export const exposition = (samples: readonly CollectedSample[], format: ExpositionFormat = 'text'): string =>
  Buffer.concat([...expositionPieces(samples, format)]).toString();

/**
 * The same in UTF-8, piece by piece: each ends with a line's end, and lies at the start of a buffer that `take` gave, of
 * PIECE bytes, unless one line needs more.
 */
export function* expositionPieces(
  samples: readonly CollectedSample[],
  format: ExpositionFormat,
  take: () => Buffer = () => Buffer.allocUnsafeSlow(PIECE),
): Generator<Buffer> {
  let piece = take();
  let length = 0;
  for (const line of expositionLines(samples, format)) {
    if (length + line.length * WIDEST > piece.length) {
      if (length > 0) yield piece.subarray(0, length);
      piece = line.length * WIDEST > PIECE ? Buffer.allocUnsafeSlow(line.length * WIDEST) : take();
      length = 0;
    }
    length += piece.write(line, length);
  }
  if (length > 0) yield piece.subarray(0, length);
}

function* expositionLines(samples: readonly CollectedSample[], format: ExpositionFormat): Generator<string> {
  const families = Map.groupBy(samples, (sample) => sample.metric.name);
  const known = new Map<Labels, string>();
  for (const name of [...families.keys()].sort()) {
    const members = families.get(name) ?? [];
    yield header(members[0]!.metric, format);
    for (const { name: series, shared, own, value } of members) {
      let common = known.get(shared);
      if (common === undefined) known.set(shared, (common = labelsText(shared)));
      yield `${series}${braces(common, labelsText(own))} ${numberText(value)}\n`;
    }
  }
  if (format === 'openmetrics') yield '# EOF\n';
}

/** OpenMetrics names a family of counters without `_total`, and knows no counter whose samples end otherwise. */
function header({ name, help, type }: MetricDefinition, format: ExpositionFormat): string {
  const text = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  if (format === 'text' || type !== 'counter') return `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`;
  const family = name.replace(/_total$/, '');
  return `# HELP ${family} ${text}\n# TYPE ${family} ${family === name ? 'unknown' : 'counter'}\n`;
}

function braces(first: string, second: string): string {
  if (first === '') return second === '' ? '' : `{${second}}`;
  return second === '' ? `{${first}}` : `{${first},${second}}`;
}

/** Those that have a value. */
function labelsText(labels: Labels): string {
  let text = '';
  for (const name in labels) {
    const value = labels[name];
    if (value) text += `${text === '' ? '' : ','}${name}="${escaped(value)}"`;
  }
  return text;
}

const escaped = (value: string): string =>
  /["\\\n]/.test(value) ? value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"') : value;

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
