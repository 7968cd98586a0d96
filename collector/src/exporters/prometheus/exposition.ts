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
  const texts = new LabelTexts();
  let lines: string[] = [];
  let length = 0;
  const add = (line: string): void => {
    lines.push(line);
    length += line.length;
  };
  for (const name of [...families.keys()].sort()) {
    const members = families.get(name) ?? [];
    add(header(members[0]!.metric, format));
    for (const { name: series, shared, own, value } of members) {
      add(`${series}${texts.of(shared, own)} ${numberText(value)}\n`);
      if (length < PIECE) continue;
      yield lines.join('');
      [lines, length] = [[], 0];
    }
  }
  if (format === 'openmetrics') lines.push('# EOF\n');
  yield lines.join('');
}

/** OpenMetrics names a family of counters without `_total`, and knows no counter whose samples end otherwise. */
function header({ name, help, type }: MetricDefinition, format: ExpositionFormat): string {
  const text = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  if (format === 'text' || type !== 'counter') return `# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`;
  const family = name.replace(/_total$/, '');
  return `# HELP ${family} ${text}\n# TYPE ${family} ${family === name ? 'unknown' : 'counter'}\n`;
}

/** Labels as text; many samples have some in common. */
class LabelTexts {
  readonly #known = new Map<Labels, string>();

  of(shared: Labels, own: Labels): string {
    const [first, second] = [this.#text(shared), this.#text(own)];
    if (first === '' && second === '') return '';
    return first === '' || second === '' ? `{${first}${second}}` : `{${first},${second}}`;
  }

  #text(labels: Labels): string {
    const known = this.#known.get(labels);
    if (known !== undefined) return known;
    const made = Object.entries(labels)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}="${escaped(value)}"`)
      .join(',');
    this.#known.set(labels, made);
    return made;
  }
}

const escaped = (value: string): string =>
  /["\\\n]/.test(value) ? value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"') : value;

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
