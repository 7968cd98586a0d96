import { labelsKey, type Labels } from '@gumshoe/base/series';
import type { BinaryNode, VectorMatching } from '../parser/ast.ts';
import { column, dropName, evaluationError, only, without, type Column, type Value } from './values.ts';

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => Math.pow(a, b),
  atan2: Math.atan2,
};

const COMPARISON: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

type Operate = (a: number, b: number) => number | undefined;

/** A comparison filters (undefined: no sample) and keeps the left value, unless `bool` turns it into 0 and 1. */
function operation(node: BinaryNode): Operate {
  const arithmetic = ARITHMETIC[node.op];
  if (arithmetic) return arithmetic;
  const compare = COMPARISON[node.op];
  if (!compare) throw evaluationError(node, `operator ${node.op} is not supported`, 'not-supported');
  return node.bool ? (a, b) => Number(compare(a, b)) : (a, b) => (compare(a, b) ? a : undefined);
}

export function binary(node: BinaryNode, left: Value, right: Value, points: number): Value {
  if (left.type === 'string' || right.type === 'string')
    throw evaluationError(node, 'binary expression must contain only scalar and instant vector types');
  const set = node.op === 'and' || node.op === 'or' || node.op === 'unless';
  if (left.type === 'vector' && right.type === 'vector')
    return {
      type: 'vector',
      columns: set
        ? setOperation(node, left.columns, right.columns, points)
        : matchVectors(node, left.columns, right.columns, points),
    };
  if (set) throw evaluationError(node, `set operator "${node.op}" not allowed in binary scalar expression`);
  if (node.matching) throw evaluationError(node, 'vector matching only allowed between instant vectors');
  if (left.type === 'scalar' && right.type === 'scalar') {
    if (COMPARISON[node.op] && !node.bool)
      throw evaluationError(node, 'comparisons between scalars must use BOOL modifier');
    const operate = operation(node);
    return { type: 'scalar', values: left.values.map((value, i) => operate(value, right.values[i]!) ?? NaN) };
  }
  if (left.type === 'vector' && right.type === 'scalar')
    return { type: 'vector', columns: withScalar(node, left.columns, right.values, false) };
  if (left.type === 'scalar' && right.type === 'vector')
    return { type: 'vector', columns: withScalar(node, right.columns, left.values, true) };
  throw evaluationError(node, 'operands of these types are not supported', 'not-supported');
}

function withScalar(
  node: BinaryNode,
  columns: readonly Column[],
  scalar: Float64Array,
  swapped: boolean,
): Column[] {
  const operate = operation(node);
  const filter = COMPARISON[node.op] !== undefined && !node.bool;
  return columns.flatMap((one) => {
    const made = column(filter ? one.labels : dropName(one.labels), scalar.length);
    let any = false;
    for (let i = 0; i < scalar.length; i++) {
      if (!one.present[i]) continue;
      const own = one.values[i]!;
      const value = swapped ? operate(scalar[i]!, own) : operate(own, scalar[i]!);
      if (value === undefined) continue;
      made.values[i] = filter ? own : value;
      made.present[i] = 1;
      any = true;
    }
    return any ? [made] : [];
  });
}

function signature(labels: Labels, matching: VectorMatching | undefined): string {
  if (matching?.on) return labelsKey(only(labels, matching.labels));
  return labelsKey(without(labels, [...(matching?.labels ?? []), '__name__']));
}

function bySignature(
  columns: readonly Column[],
  matching: VectorMatching | undefined,
): Map<string, Column[]> {
  const out = new Map<string, Column[]>();
  for (const one of columns) {
    const key = signature(one.labels, matching);
    const known = out.get(key);
    if (known) known.push(one);
    else out.set(key, [one]);
  }
  return out;
}

function setOperation(
  node: BinaryNode,
  left: readonly Column[],
  right: readonly Column[],
  points: number,
): Column[] {
  const matching = node.matching;
  const presence = (columns: readonly Column[]): Map<string, Uint8Array> => {
    const out = new Map<string, Uint8Array>();
    for (const one of columns) {
      const key = signature(one.labels, matching);
      const known = out.get(key) ?? new Uint8Array(points);
      out.set(key, known);
      for (let i = 0; i < points; i++) known[i]! |= one.present[i]!;
    }
    return out;
  };
  const other = presence(node.op === 'or' ? left : right);
  const keep = (one: Column, wanted: 0 | 1): Column[] => {
    const there = other.get(signature(one.labels, matching));
    const present = one.present.map((value, i) => (value && (there?.[i] ?? 0) === wanted ? 1 : 0));
    return present.includes(1) ? [{ ...one, present }] : [];
  };
  if (node.op === 'and') return left.flatMap((one) => keep(one, 1));
  if (node.op === 'unless') return left.flatMap((one) => keep(one, 0));
  return [...left, ...right.flatMap((one) => keep(one, 0))];
}

function matchVectors(
  node: BinaryNode,
  left: readonly Column[],
  right: readonly Column[],
  points: number,
): Column[] {
  const { matching } = node;
  const many = matching?.group === 'right' ? right : left;
  const one = matching?.group === 'right' ? left : right;
  const swapped = matching?.group === 'right';
  const operate = operation(node);
  const ones = bySignature(one, matching);
  const out = new Map<string, Column>();
  const owner = new Map<string, Int32Array>();
  many.forEach((member, index) => {
    const partners = ones.get(signature(member.labels, matching)) ?? [];
    for (let i = 0; i < points; i++) {
      if (!member.present[i]) continue;
      const partner = partnerAt(node, partners, i, swapped);
      if (!partner) continue;
      const [a, b] = swapped
        ? [partner.values[i]!, member.values[i]!]
        : [member.values[i]!, partner.values[i]!];
      const value = operate(a, b);
      if (value === undefined) continue;
      const labels = resultLabels(node, member.labels, partner.labels);
      const key = labelsKey(labels);
      const made = out.get(key) ?? column(labels, points);
      const taken = owner.get(key) ?? new Int32Array(points).fill(-1);
      out.set(key, made);
      owner.set(key, taken);
      if (taken[i] !== -1 && taken[i] !== index) {
        const side = matching?.group
          ? 'multiple matches for labels: grouping labels must ensure unique matches'
          : 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
        throw evaluationError(node, side);
      }
      taken[i] = index;
      made.values[i] = value;
      made.present[i] = 1;
    }
  });
  return [...out.values()];
}

function partnerAt(
  node: BinaryNode,
  partners: readonly Column[],
  i: number,
  swapped: boolean,
): Column | undefined {
  let found: Column | undefined;
  for (const partner of partners) {
    if (!partner.present[i]) continue;
    if (found)
      throw evaluationError(
        node,
        `found duplicate series for the match group on the ${swapped ? 'left' : 'right'} hand-side of the operation;many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    found = partner;
  }
  return found;
}

function resultLabels(node: BinaryNode, many: Labels, one: Labels): Labels {
  const { matching } = node;
  const keepName = COMPARISON[node.op] !== undefined && !node.bool;
  let labels = keepName ? many : dropName(many);
  if (!matching?.group) {
    if (matching?.on) labels = only(many, keepName ? [...matching.labels, '__name__'] : matching.labels);
    else if (matching) labels = without(labels, matching.labels);
    return labels;
  }
  if (matching.include.length === 0) return labels;
  const out: Record<string, string> = { ...labels };
  for (const name of matching.include) {
    if (one[name]) out[name] = one[name];
    else delete out[name];
  }
  return out;
}
