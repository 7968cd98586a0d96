import { labelOf, withLabel } from './labels.ts';
import type { Column } from './values.ts';

/** label_replace: `$1`, `${name}` as in Go's regexp.Expand. */
export function labelReplace(
  columns: readonly Column[],
  target: string,
  replacement: string,
  source: string,
  regex: RegExp,
): readonly Column[] {
  return columns.map((one) => {
    const match = regex.exec(labelOf(one.labels, source));
    if (!match) return one;
    const value = replacement.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (_, bare?: string, braced?: string) => {
      const name = bare ?? braced;
      if (name === undefined) return '$';
      return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
    });
    return { ...one, labels: withLabel(one.labels, target, value) };
  });
}

export function labelJoin(
  columns: readonly Column[],
  target: string,
  separator: string,
  sources: readonly string[],
): readonly Column[] {
  return columns.map((one) => ({
    ...one,
    labels: withLabel(one.labels, target, sources.map((name) => labelOf(one.labels, name)).join(separator)),
  }));
}
