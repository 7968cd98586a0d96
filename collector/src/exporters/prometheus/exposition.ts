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

/** Characters of a piece: what is written before others have their turn. */
const PIECE = 64 * 1024;

/** Prometheus text format 0.0.4 or OpenMetrics 1.0, families in the order of their names. */
export const exposition = (samples: readonly CollectedSample[], format: ExpositionFormat = 'text'): string =>
  [...expositionPieces(samples, format)].join('');

/** The same piece by piece: tens of thousands of series are megabytes that nobody needs at once. */
export function* expositionPieces(
  samples: readonly CollectedSample[],
  format: ExpositionFormat,
): Generator<string> {
  const families = Map.groupBy(samples, (sample) => sample.metric.name);
  let piece = '';
  for (const name of [...families.keys()].sort()) {
    const members = families.get(name) ?? [];
    piece += header(members[0]!.metric, format);
    for (const { labels, value } of members) {
      piece += `${labels['__name__']}${labelText(labels)} ${numberText(value)}\n`;
      if (piece.length < PIECE) continue;
      yield piece;
      piece = '';
    }
  }
  yield format === 'openmetrics' ? `${piece}# EOF\n` : piece;
}

/** OpenMetrics names a family of counters without `_total`, and knows no counter whose samples end otherwise. */
function header({ name, help, type }: MetricDefinition, format: ExpositionFormat): string {
  const text = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  if (format === 'text' || type !== 'counter') return `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`;
  const family = name.replace(/_total$/, '');
  return `# HELP ${family} ${text}\n# TYPE ${family} ${family === name ? 'unknown' : 'counter'}\n`;
}

function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) {
    const value = labels[name]!;
    if (name === '__name__' || value === '') continue;
    const escaped = /["\\\n]/.test(value)
      ? value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"')
      : value;
    text += `${text === '' ? '' : ','}${name}="${escaped}"`;
  }
  return text === '' ? '' : `{${text}}`;
}

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
