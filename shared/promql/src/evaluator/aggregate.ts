import { labelsKey, type Labels } from '@gumshoe/base/series';
import type { AggregationNode } from '../parser/ast.ts';
import { quantile } from './range-functions.ts';
import { column, evaluationError, only, without, type Column } from './values.ts';

type Reduce = (values: readonly number[]) => number;

function mean(values: readonly number[]): number {
  return total(values) / values.length;
}

function total(values: readonly number[]): number {
  let sum = 0;
  let compensation = 0;
  for (const value of values) {
    const next = sum + value;
    if (Math.abs(next) === Infinity) compensation = 0;
    else compensation += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + compensation;
}

function variance(values: readonly number[]): number {
  let average = 0;
  let squares = 0;
  values.forEach((value, i) => {
    const delta = value - average;
    average += delta / (i + 1);
    squares += delta * (value - average);
  });
  return squares / values.length;
}

const least = (values: readonly number[]): number =>
  values.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a));
const most = (values: readonly number[]): number =>
  values.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a));

const REDUCERS: Readonly<Record<string, Reduce>> = {
  sum: total,
  avg: mean,
  min: least,
  max: most,
  count: (values) => values.length,
  group: () => 1,
  stdvar: variance,
  stddev: (values) => Math.sqrt(variance(values)),
};

function groupLabels(labels: Labels, node: AggregationNode): Labels {
  return node.without ? without(labels, [...node.grouping, '__name__']) : only(labels, node.grouping);
}

function groups(
  columns: readonly Column[],
  node: AggregationNode,
): { readonly labels: Labels; readonly members: Column[] }[] {
  const byKey = new Map<string, { labels: Labels; members: Column[] }>();
  for (const one of columns) {
    const labels = groupLabels(one.labels, node);
    const key = labelsKey(labels);
    const known = byKey.get(key);
    if (known) known.members.push(one);
    else byKey.set(key, { labels, members: [one] });
  }
  return [...byKey.values()];
}

/** `parameter(i)` is the scalar of topk, bottomk and quantile at step i. */
export function aggregate(
  node: AggregationNode,
  columns: readonly Column[],
  points: number,
  parameter: ((i: number) => number) | string | undefined,
): Column[] {
  if (node.op === 'count_values') return countValues(node, columns, points, String(parameter));
  const scalar = typeof parameter === 'function' ? parameter : () => NaN;
  if (node.op === 'topk' || node.op === 'bottomk') return rank(node, columns, points, scalar);
  const reduce: Reduce | undefined = REDUCERS[node.op];
  if (!reduce && node.op !== 'quantile')
    throw evaluationError(node, `aggregation ${node.op} is not supported`, 'not-supported');
  return groups(columns, node).map(({ labels, members }) => {
    const made = column(labels, points);
    for (let i = 0; i < points; i++) {
      const values: number[] = [];
      for (const member of members) if (member.present[i]) values.push(member.values[i]!);
      if (values.length === 0) continue;
      made.present[i] = 1;
      made.values[i] = reduce ? reduce(values) : quantile(scalar(i), values.sort(byValue));
    }
    return made;
  });
}

/** NaN sorts first, as in Prometheus's quantile. */
const byValue = (a: number, b: number): number => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b);

/** Keeps the members' own labels; NaN ranks last in both directions. */
function rank(
  node: AggregationNode,
  columns: readonly Column[],
  points: number,
  scalar: (i: number) => number,
): Column[] {
  const sign = node.op === 'topk' ? -1 : 1;
  const out = new Map<Column, Column>();
  for (const { members } of groups(columns, node)) {
    for (let i = 0; i < points; i++) {
      const k = Math.trunc(scalar(i));
      if (!(k >= 1)) continue;
      const present = members.filter((member) => member.present[i]);
      present.sort((a, b) => {
        const [x, y] = [a.values[i]!, b.values[i]!];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
        return sign * (x - y);
      });
      for (const member of present.slice(0, k)) {
        const made = out.get(member) ?? column(member.labels, points);
        out.set(member, made);
        made.present[i] = 1;
        made.values[i] = member.values[i]!;
      }
    }
  }
  return [...out.values()];
}

function countValues(
  node: AggregationNode,
  columns: readonly Column[],
  points: number,
  label: string,
): Column[] {
  const out = new Map<string, Column>();
  for (const { labels, members } of groups(columns, node))
    for (let i = 0; i < points; i++)
      for (const member of members) {
        if (!member.present[i]) continue;
        const named = { ...labels, [label]: formatNumber(member.values[i]!) };
        const key = labelsKey(named);
        const made = out.get(key) ?? column(named, points);
        out.set(key, made);
        made.present[i] = 1;
        made.values[i]! += 1;
      }
  return [...out.values()];
}

/** As Prometheus prints sample values. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}
