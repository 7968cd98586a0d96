import type { NativeHistogram } from '@gumshoe/base/native-histogram';
import type { Annotations } from '../annotations.ts';
import {
  boundsReconciled,
  hintsCollide,
  incompatibleLayouts,
  incompatibleTypes,
} from '../histogram-notes.ts';
import { asGauge, combine, divide, scale } from '../histograms/arithmetic.ts';
import { sameHistogram } from '../histograms/layout.ts';
import { trim } from '../histograms/trim.ts';
import type { BinaryNode } from '../parser/ast.ts';
import type { Sample } from './native-windows.ts';
import { withHistograms } from './samples.ts';
import type { Column } from './values.ts';

const typeOf = (sample: Sample): string => (typeof sample === 'number' ? 'float' : 'histogram');

/** What an operator makes of two samples: a sample, whether a comparison holds, or nothing. */
export type Outcome = NativeHistogram | boolean | undefined;

/**
 * An operator on two samples of which at least one is a native histogram (Prometheus 3, vectorElemBinop). Where the types
 * do not fit there is no result, and an info says so.
 */
export function nativeBinary(node: BinaryNode, a: Sample, b: Sample, annotations: Annotations): Outcome {
  const { op } = node;
  if (typeof a !== 'number' && typeof b !== 'number') {
    if (op === '==') return sameHistogram(a, b);
    if (op === '!=') return !sameHistogram(a, b);
    if (op === '+' || op === '-') return combined(node, a, b, annotations);
  } else if (typeof a !== 'number' && typeof b === 'number') {
    if (op === '*') return scale(a, b);
    if (op === '/') return divide(a, b);
    if (op === '</') return trim(a, b, 'below');
    if (op === '>/') return trim(a, b, 'above');
  } else if (typeof a === 'number' && typeof b !== 'number' && op === '*') return scale(b, a);
  annotations.inform(incompatibleTypes(typeOf(a), op, typeOf(b)), node);
  return undefined;
}

function combined(
  node: BinaryNode,
  a: NativeHistogram,
  b: NativeHistogram,
  annotations: Annotations,
): NativeHistogram | undefined {
  const adds = node.op === '+';
  const made = combine(a, b, adds ? 1 : -1);
  if (!made) {
    annotations.warn(incompatibleLayouts(node.op), node);
    return undefined;
  }
  const during = adds ? 'addition' : 'subtraction';
  if (made.hintsCollide) annotations.warn(hintsCollide(during), node);
  if (made.boundsReconciled) annotations.inform(boundsReconciled(during), node);
  return adds ? made.histogram : asGauge(made.histogram);
}

/** The result of an operator with a scalar on the floats of `one`, with what it makes of its histograms. */
export function withNativeResults(
  node: BinaryNode,
  made: Column,
  one: Column,
  scalar: Float64Array,
  swapped: boolean,
  annotations: Annotations,
): Column {
  if (!one.histograms) return made;
  const histograms = one.histograms.map((histogram, i): NativeHistogram | undefined => {
    if (!histogram) return undefined;
    const [a, b]: readonly Sample[] = swapped ? [scalar[i]!, histogram] : [histogram, scalar[i]!];
    const outcome = nativeBinary(node, a!, b!, annotations);
    return typeof outcome === 'object' ? outcome : undefined;
  });
  return withHistograms(made, histograms);
}
