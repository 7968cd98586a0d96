import type { Labels } from '@gumshoe/base/series';
import type { CollectedSample } from '../../pipeline/registry.ts';

/** Prometheus text format 0.0.4, families in the order of their names. */
export function exposition(samples: readonly CollectedSample[]): string {
  const families = new Map<string, CollectedSample[]>();
  for (const sample of samples) {
    const known = families.get(sample.metric.name);
    if (known) known.push(sample);
    else families.set(sample.metric.name, [sample]);
  }
  const lines: string[] = [];
  for (const name of [...families.keys()].sort()) {
    const members = families.get(name) ?? [];
    const { help, type } = members[0]!.metric;
    lines.push(
      `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
      `# TYPE ${name} ${type}`,
    );
    for (const { labels, value } of members)
      lines.push(`${labels['__name__']}${labelText(labels)} ${numberText(value)}`);
  }
  return `${lines.join('\n')}\n`;
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
