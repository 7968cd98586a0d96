import type { Annotations } from '../annotations.ts';
import type { AggregationNode, Position } from '../parser/ast.ts';
import { countValues } from './count-values.ts';
import { groupsOf, type Group } from './grouping.ts';
import { anyHistograms, noteIgnored, withNatives } from './native-aggregate.ts';
import { rank } from './rank.ts';
import { REDUCERS } from './reduce.ts';
import { limitCount, limitRatio } from './sample-series.ts';
import { quantileOf, sortNanFirst } from './sums.ts';
import { column, evaluationError, type Column } from './values.ts';

/** The parameter of an aggregation: a scalar at each step, or text. */
export type Parameter = ((i: number) => number) | string | undefined;

export function aggregate(
  node: AggregationNode,
  columns: readonly Column[],
  points: number,
  parameter: Parameter,
  annotations: Annotations,
): Column[] {
  const reduce = REDUCERS.get(node.op);
  if (reduce)
    return groupsOf(columns, node).map(({ labels, members }) => {
      const made = column(labels, points);
      reduce(members, made.values, made.present);
      return anyHistograms(members) ? withNatives(node, made, members, annotations) : made;
    });
  if (node.op === 'count_values') return countValues(node, columns, points, String(parameter));
  const scalar = typeof parameter === 'function' ? parameter : () => NaN;
  const groups = groupsOf(columns, node);
  const where = node.parameter ?? node;
  switch (node.op) {
    case 'topk':
    case 'bottomk':
      checkCount(scalar, points, where);
      noteIgnored(node, columns, annotations);
      return rank(groups, points, scalar, node.op === 'topk' ? 1 : -1);
    case 'limitk':
      checkCount(scalar, points, where);
      return limitCount(groups, points, scalar);
    case 'limit_ratio':
      for (let i = 0; i < points; i++) {
        const ratio = scalar(i);
        if (Number.isNaN(ratio)) throw evaluationError(where, 'Ratio value is NaN');
        if (Math.abs(ratio) > 1) annotations.ratioOutOfRange(ratio, Math.sign(ratio), where);
      }
      return limitRatio(groups, points, scalar);
    case 'quantile':
      for (let i = 0; i < points; i++) {
        const share = scalar(i);
        if (!(share >= 0 && share <= 1)) annotations.quantileOutOfRange(share, where);
      }
      noteIgnored(node, columns, annotations);
      return groups.map((group) => quantiles(group, points, scalar));
    default:
      throw evaluationError(node, `aggregation ${node.op} is not supported`, 'not-supported');
  }
}

function checkCount(count: (i: number) => number, points: number, where: Position): void {
  for (let i = 0; i < points; i++) {
    const k = count(i);
    if (Number.isNaN(k)) throw evaluationError(where, 'Parameter value is NaN');
    if (Math.abs(k) >= 2 ** 63) throw evaluationError(where, `Scalar value ${k} overflows int64`);
  }
}

function quantiles({ labels, members }: Group, points: number, share: (i: number) => number): Column {
  const made = column(labels, points);
  const gathered = new Float64Array(members.length);
  for (let i = 0; i < points; i++) {
    let n = 0;
    for (const { values, present } of members) if (present[i] !== 0) gathered[n++] = values[i]!;
    if (n === 0) continue;
    made.present[i] = 1;
    sortNanFirst(gathered, n);
    made.values[i] = quantileOf(share(i), gathered, n);
  }
  return made;
}
