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

/** Prometheus text format 0.0.4 or OpenMetrics 1.0, families in the order of their names. */
export function exposition(samples: readonly CollectedSample[], format: ExpositionFormat = 'text'): string {
  const families = new Map<string, CollectedSample[]>();
  for (const sample of samples) {
    const known = families.get(sample.metric.name);
    if (known) known.push(sample);
    else families.set(sample.metric.name, [sample]);
  }
  const lines: string[] = [];
  for (const name of [...families.keys()].sort()) {
    const members = families.get(name) ?? [];
    lines.push(...header(members[0]!.metric, format));
    for (const { labels, value } of members)
      lines.push(`${labels['__name__']}${labelText(labels)} ${numberText(value)}`);
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/** OpenMetrics names a family of counters without `_total`, and knows no counter whose samples end otherwise. */
function header({ name, help, type }: MetricDefinition, format: ExpositionFormat): [string, string] {
  const text = help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
  if (format === 'text' || type !== 'counter') return [`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`];
  const family = name.replace(/_total$/, '');
  return [`# HELP ${family} ${text}`, `# TYPE ${family} ${family === name ? 'unknown' : 'counter'}`];
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

/** The text of the latest interval, written once however often it is asked for: no scrape waits for the events. */
export class ExpositionCache {
  #samples: readonly CollectedSample[] = [];
  readonly #texts = new Map<ExpositionFormat, string>();

  set samples(samples: readonly CollectedSample[]) {
    this.#samples = samples;
    this.#texts.clear();
  }

  get samples(): readonly CollectedSample[] {
    return this.#samples;
  }

  text(format: ExpositionFormat): string {
    const known = this.#texts.get(format);
    if (known !== undefined) return known;
    const text = exposition(this.#samples, format);
    this.#texts.set(format, text);
    return text;
  }
}
