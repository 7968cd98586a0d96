import type { SyntaxNode } from '@lezer/common';
import type { TimeGrid } from '@gumshoe/base/time';
import { numberOrDuration } from './literals.ts';
import { parseError } from './parse-error.ts';

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Mod: (a, b) => a % b,
  Pow: (a, b) => a ** b,
};

/** Step and length of the query that a text is parsed for, ms; both 0 of an instant query. */
export interface Timing {
  readonly step: number;
  readonly range: number;
}

export const timingOf = ({ step, points }: TimeGrid): Timing => ({ step, range: step * (points - 1) });

/**
 * Seconds of a duration or of arithmetic with them (`[5m * 2]`, `offset -(1h / 4)`, `min_of(…)`). What depends on the
 * query, `step()` and `range()`, is refused where that is not known.
 */
export function durationSeconds(node: SyntaxNode, query: string, timing: Timing | undefined): number {
  const text = (part: SyntaxNode): string => query.slice(part.from, part.to);
  const inner = (parent: SyntaxNode): SyntaxNode[] =>
    [...parent.getChildren('DurationExpr'), ...parent.getChildren('OffsetDurationExpr')].sort(
      (a, b) => a.from - b.from,
    );
  const value = (part: SyntaxNode): number => {
    if (part.name === 'NumberDurationLiteralInDurationContext') return numberOrDuration(text(part));
    const parts = inner(part);
    const literal = part.getChild('NumberDurationLiteralInDurationContext');
    if (literal) return value(literal);
    const [first, second] = parts;
    const timed = part.getChild('DurationStep')
      ? 'step'
      : part.getChild('DurationRange')
        ? 'range'
        : undefined;
    if (timed && timing) return timing[timed] / 1000;
    if (timed)
      throw parseError(
        query,
        part.from,
        `${text(part)} needs a query with a range and a step`,
        'not-supported',
      );
    if (first && second && part.getChild('DurationMinOf')) return Math.min(value(first), value(second));
    if (first && second && part.getChild('DurationMaxOf')) return Math.max(value(first), value(second));
    const operator = first?.nextSibling?.name ?? '';
    const operate = OPERATORS[operator];
    if (first && second && operate) return operate(value(first), value(second));
    if (first) return part.getChild('UnaryOp') && text(part).startsWith('-') ? -value(first) : value(first);
    throw parseError(query, part.from, `bad duration ${text(part)}`);
  };
  return value(node);
}
