import type { Complaint } from '../configuration/mistake.ts';
import type { Dimension } from '../configuration/quantity.ts';
import { signalsOf, type Arithmetic, type Condition, type Term } from './condition.ts';
import { SIGNALS, type SignalName } from './signals.ts';

/** Thrown while a condition is read; `parseCondition` makes it a value. */
export class Refused extends Error {
  readonly complaint: Complaint;
  constructor(complaint: Complaint) {
    super(complaint.message);
    this.complaint = complaint;
  }
}

/** Binds `target` and `baseline` to what they are compared with, and refuses units that do not fit. */
export function checked(condition: Condition): Condition {
  switch (condition.kind) {
    case 'logic':
      return { ...condition, left: checked(condition.left), right: checked(condition.right) };
    case 'not':
      return { ...condition, of: checked(condition.of) };
    case 'compare':
      return checkedComparison(condition);
  }
}

function checkedComparison(condition: Condition & { kind: 'compare' }): Condition {
  const names = [...signalsOf(condition.left), ...signalsOf(condition.right)];
  const [first] = names;
  if (first === undefined)
    throw new Refused({ message: 'a comparison needs a signal', allowed: [...SIGNALS.keys()] });
  const bound = {
    ...condition,
    left: bindNames(condition.left, names),
    right: bindNames(condition.right, names),
  };
  const left = dimensionOf(bound.left);
  const right = dimensionOf(bound.right);
  if (left === right || allowsBare(bound.left, right) || allowsBare(bound.right, left)) return bound;
  throw new Refused({
    message: `a ${left} cannot be compared with a ${right}`,
    allowed: [`a ${SIGNALS.get(first)!.dimension}`],
    ...suggestUnit(left, bound.right),
  });
}

/** A bare number up to 1 may stand for a share; anything above was meant as a percentage. */
const allowsBare = (term: Term, other: Dimension): boolean =>
  term.kind === 'number' &&
  term.dimension === 'number' &&
  (other === 'share' ? term.value >= 0 && term.value <= 1 : other === 'cores' || other === 'per-second');

const suggestUnit = (left: Dimension, right: Term): Pick<Complaint, 'suggestion'> =>
  left === 'share' && right.kind === 'number' && right.value > 1 && right.value <= 100
    ? { suggestion: `${right.value}%` }
    : {};

function bindNames(term: Term, names: readonly SignalName[]): Term {
  if (term.kind === 'arithmetic')
    return { ...term, left: bindNames(term.left, names), right: bindNames(term.right, names) };
  if (term.kind === 'baseline') {
    if (new Set(names).size === 1) return { ...term, of: names[0]! };
    throw new Refused({
      message: 'baseline needs one signal that it is compared with',
      allowed: ['latency.p99 > baseline * 2'],
    });
  }
  if (term.kind !== 'target') return term;
  const slo = names.find((name) => name.startsWith('slo.'));
  if (slo) return { ...term, of: slo.startsWith('slo.latency') ? 'latency' : 'availability' };
  throw new Refused({
    message: 'target needs an objective that it is compared with',
    allowed: ['slo.availability < target', 'slo.latency < target'],
  });
}

function dimensionOf(term: Term): Dimension {
  switch (term.kind) {
    case 'number':
      return term.dimension;
    case 'signal':
      return SIGNALS.get(term.name)!.dimension;
    case 'baseline':
      return SIGNALS.get(term.of)!.dimension;
    case 'target':
      return 'share';
    case 'arithmetic':
      return combined(term.op, dimensionOf(term.left), dimensionOf(term.right));
  }
}

function combined(op: Arithmetic, left: Dimension, right: Dimension): Dimension {
  if (op === '*' && left === 'number') return right;
  if ((op === '*' || op === '/') && right === 'number') return left;
  if (op === '*' && (left === 'share' || right === 'share')) return left === 'share' ? right : left;
  if (op === '/' && left === right) return 'number';
  if ((op === '+' || op === '-') && left === right) return left;
  throw new Refused({
    message: `a ${left} ${op} a ${right} has no meaning`,
    allowed: ['the same unit on both sides', 'a factor such as 2'],
  });
}
