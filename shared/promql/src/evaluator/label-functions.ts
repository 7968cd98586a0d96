import type { Labels } from '@gumshoe/base/series';
import { compileCapturing } from '../regex.ts';
import type { Column } from './values.ts';

/** label_replace: `$1`, `${name}` as in Go's regexp.Expand. */
export function labelReplace(
  columns: readonly Column[],
  [target, replacement, source, pattern]: readonly [string, string, string, string],
): Column[] {
  const regex = compileCapturing(pattern);
  return columns.map((one) => {
    const match = regex.exec(one.labels[source] ?? '');
    if (!match) return one;
    const value = replacement.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (text, bare?: string, braced?: string) => {
      const name = bare ?? braced;
      if (name === undefined) return '$';
      return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? (text === '$$' ? '$' : '');
    });
    return { ...one, labels: withLabel(one.labels, target, value) };
  });
}

export function labelJoin(
  columns: readonly Column[],
  target: string,
  separator: string,
  sources: readonly string[],
): Column[] {
  return columns.map((one) => ({
    ...one,
    labels: withLabel(one.labels, target, sources.map((name) => one.labels[name] ?? '').join(separator)),
  }));
}

function withLabel(labels: Labels, name: string, value: string): Labels {
  const out: Record<string, string> = { ...labels };
  if (value === '') delete out[name];
  else out[name] = value;
  return out;
}
