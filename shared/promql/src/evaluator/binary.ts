import type { Annotations } from '../annotations.ts';
import { incompatibleTypes } from '../histogram-notes.ts';
import type { BinaryNode } from '../parser/ast.ts';
import { matchVectors } from './match-vectors.ts';
import { withNativeResults } from './native-binary.ts';
import { ARITHMETIC, COMPARISON, SETS, TRIMS } from './operators.ts';
import { setOperation } from './set-operators.ts';
import { nonEmpty } from './samples.ts';
import { evaluationError, nameless, type Column, type Value } from './values.ts';
import { newPresence, newValues } from './slab.ts';

/** Operands are of types that checkTypes let through. */
export function binary(
  node: BinaryNode,
  left: Value,
  right: Value,
  points: number,
  annotations: Annotations,
): Value {
  if (left.type === 'vector' && right.type === 'vector') {
    const columns = SETS.has(node.op)
      ? setOperation(node, left.columns, right.columns)
      : matchVectors(node, left.columns, right.columns, points, annotations);
    return { type: 'vector', columns };
  }
  if (left.type === 'scalar' && right.type === 'scalar')
    return { type: 'scalar', values: scalars(node, left.values, right.values) };
  if (left.type === 'vector' && right.type === 'scalar')
    return { type: 'vector', columns: withScalar(node, left.columns, right.values, false, annotations) };
  if (left.type === 'scalar' && right.type === 'vector')
    return { type: 'vector', columns: withScalar(node, right.columns, left.values, true, annotations) };
  throw evaluationError(node, 'binary expression must contain only scalar and instant vector types');
}

function scalars(node: BinaryNode, left: Float64Array, right: Float64Array): Float64Array {
  const compare = COMPARISON.get(node.op);
  const operate = compare ? (a: number, b: number) => Number(compare(a, b)) : ARITHMETIC.get(node.op);
  if (!operate) throw evaluationError(node, `operator "${node.op}" not allowed for Scalar operations`);
  return left.map((value, i) => operate(value, right[i]!));
}

/** A comparison keeps samples with their name and value, unless `bool` makes them 0 and 1. */
function withScalar(
  node: BinaryNode,
  columns: readonly Column[],
  scalar: Float64Array,
  swapped: boolean,
  annotations: Annotations,
): readonly Column[] {
  const finished = (made: Column, one: Column): Column =>
    withNativeResults(node, made, one, scalar, swapped, annotations);
  if (TRIMS.has(node.op)) return trimmed(node, columns, finished, annotations);
  const compare = COMPARISON.get(node.op);
  if (compare && !node.bool)
    return nonEmpty(columns.map((one) => finished(filtered(one, scalar, compare, swapped), one)));
  const operate = compare ? (a: number, b: number) => (compare(a, b) ? 1 : 0) : ARITHMETIC.get(node.op)!;
  const made = columns.map((one) => {
    const { labels, values, present } = one;
    const out = newValues(values.length);
    if (swapped) for (let i = 0; i < out.length; i++) out[i] = operate(scalar[i]!, values[i]!);
    else for (let i = 0; i < out.length; i++) out[i] = operate(values[i]!, scalar[i]!);
    return finished({ labels, values: out, present }, one);
  });
  return nameless(made, node);
}

/** These have a result for histograms only. They keep the name, as comparisons do. */
function trimmed(
  node: BinaryNode,
  columns: readonly Column[],
  finished: (made: Column, one: Column) => Column,
  annotations: Annotations,
): readonly Column[] {
  if (columns.some(({ present }) => present.includes(1)))
    annotations.inform(incompatibleTypes('float', node.op, 'float'), node);
  return nonEmpty(
    columns.map((one) => {
      const { labels, values } = one;
      return finished({ labels, values, present: newPresence(values.length) }, one);
    }),
  );
}

function filtered(
  { labels, values, present }: Column,
  scalar: Float64Array,
  compare: (a: number, b: number) => boolean,
  swapped: boolean,
): Column {
  const kept = newPresence(present.length);
  for (let i = 0; i < kept.length; i++) {
    if (present[i] === 0) continue;
    const [a, b] = swapped ? [scalar[i]!, values[i]!] : [values[i]!, scalar[i]!];
    if (compare(a, b)) kept[i] = 1;
  }
  return { labels, values, present: kept };
}
