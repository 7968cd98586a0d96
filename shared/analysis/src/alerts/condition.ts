import type { Dimension } from '../configuration/quantity.ts';
import type { SignalName } from './signals.ts';

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type Arithmetic = '+' | '-' | '*' | '/';

/**
 * An alert condition. `target` is the objective of the SLO, `baseline` the usual value of the signal that it is
 * compared with.
 */
export type Condition =
  | { readonly kind: 'logic'; readonly op: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'compare'; readonly op: Comparison; readonly left: Term; readonly right: Term };

export type Term =
  | { readonly kind: 'number'; readonly value: number; readonly dimension: Dimension }
  | { readonly kind: 'signal'; readonly name: SignalName }
  | { readonly kind: 'target'; readonly of: 'availability' | 'latency' }
  | { readonly kind: 'baseline'; readonly of: SignalName }
  | { readonly kind: 'arithmetic'; readonly op: Arithmetic; readonly left: Term; readonly right: Term };

/** Signals that a term speaks of, in order. */
export function signalsOf(term: Term): readonly SignalName[] {
  if (term.kind === 'signal') return [term.name];
  return term.kind === 'arithmetic' ? [...signalsOf(term.left), ...signalsOf(term.right)] : [];
}
