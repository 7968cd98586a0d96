import type { BinaryNode } from '../parser/ast.ts';
import { keyIgnoring, keyOn, type KeyOf } from './labels.ts';
import { masked, presenceOf } from './samples.ts';
import type { Column } from './values.ts';

/** Presence of any member at each step, by the key of its matching labels. */
function presence(columns: readonly Column[], keyOf: KeyOf): ReadonlyMap<string, Uint8Array> {
  const out = new Map<string, Uint8Array>();
  for (const one of columns) {
    const key = keyOf(one.labels);
    const present = presenceOf(one);
    const known = out.get(key);
    if (!known) out.set(key, present.slice());
    else for (let i = 0; i < known.length; i++) known[i]! |= present[i]!;
  }
  return out;
}

/** `and`, `or`, `unless`: which samples stay depends on whether the other side has its matching labels at that step. */
export function setOperation(
  node: BinaryNode,
  left: readonly Column[],
  right: readonly Column[],
): readonly Column[] {
  const { matching } = node;
  const keyOf = matching?.on === true ? keyOn(matching.labels) : keyIgnoring(matching?.labels ?? []);
  const other = presence(node.op === 'or' ? left : right, keyOf);
  const kept = (columns: readonly Column[], wanted: 0 | 1): Column[] => {
    const out: Column[] = [];
    for (const one of columns) {
      const there = other.get(keyOf(one.labels));
      if (there === undefined) {
        if (wanted === 0) out.push(one);
        continue;
      }
      const left = masked(one, wanted === 1 ? there : there.map((value) => 1 - value));
      if (left.present.includes(1) || left.histograms) out.push(left);
    }
    return out;
  };
  if (node.op === 'and') return kept(left, 1);
  if (node.op === 'unless') return kept(left, 0);
  return [...left, ...kept(right, 0)];
}
