import { histogramText } from '../histograms/text.ts';
import type { AggregationNode } from '../parser/ast.ts';
import { groupLabels } from './grouping.ts';
import { keyOf, withLabel } from './labels.ts';
import { column, evaluationError, type Column } from './values.ts';

/** How often each value occurs at each step; the value becomes the label `label` before the samples are grouped. */
export function countValues(
  node: AggregationNode,
  columns: readonly Column[],
  points: number,
  label: string,
): Column[] {
  if (label === '') throw evaluationError(node.parameter ?? node, 'invalid label name ""');
  const grouped = node.without ? node : { ...node, grouping: [...node.grouping, label] };
  const out = new Map<string, Column>();
  for (const one of columns) {
    const byValue = new Map<number | string, Column>();
    for (let i = 0; i < points; i++) {
      const histogram = one.histograms?.[i];
      if (one.present[i] === 0 && !histogram) continue;
      const value = histogram ? histogramText(histogram) : one.values[i]!;
      let made = byValue.get(value);
      if (!made) {
        const text = typeof value === 'string' ? value : decimal(value);
        const labels = groupLabels(withLabel(one.labels, label, text), grouped);
        const key = keyOf(labels);
        made = out.get(key) ?? column(labels, points);
        out.set(key, made);
        byValue.set(value, made);
      }
      made.present[i] = 1;
      made.values[i]!++;
    }
  }
  return [...out.values()];
}

/** A float in full, without an exponent (Go's strconv.FormatFloat with format 'f' and precision -1). */
export function decimal(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  const [digits, exponent] = String(value).split('e') as [string, string | undefined];
  if (exponent === undefined) return digits;
  const sign = digits.startsWith('-') ? '-' : '';
  const [whole, fraction = ''] = digits.replace('-', '').split('.') as [string, string | undefined];
  const shift = Number(exponent);
  if (shift < 0) return `${sign}0.${'0'.repeat(-shift - 1)}${whole}${fraction}`;
  return `${sign}${whole}${fraction}${'0'.repeat(shift - fraction.length)}`;
}
