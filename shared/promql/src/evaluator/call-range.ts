import type { CallNode, Expr } from '../parser/ast.ts';
import type { Evaluator } from './evaluator.ts';
import { callExtended } from './extended.ts';
import { labelOf } from './labels.ts';
import { RANGE_FUNCTIONS } from './range-functions.ts';
import { lookTimes, type RawSeries } from './selection.ts';
import { checkSize, evaluationError, nameless, type Column, type Steps } from './values.ts';
import { notesOf, overMixedWindows } from './native-windows.ts';
import { overWindows, type Windows } from './windows.ts';

const COUNTER_SUFFIX = /_(?:total|sum|count|bucket)$/;

const isRange = (expr: Expr): boolean =>
  expr.type === 'subquery' || (expr.type === 'selector' && expr.range !== undefined);

/** A function of a range vector and at most two scalars. */
export function callRangeFunction(evaluator: Evaluator, node: CallNode, steps: Steps): readonly Column[] {
  const { name, args } = node;
  const fn = RANGE_FUNCTIONS.get(name);
  const ranged = args.find(isRange);
  if (!fn || !ranged) throw evaluationError(node, `${name} needs a range vector`);
  const [first, second] = args.filter((arg) => arg !== ranged).map((arg) => evaluator.scalars(arg, steps));
  checkScalars(evaluator, node, first, second);
  const { node: selector, range, series } = evaluator.range(ranged, steps);
  const counter = name === 'rate' || name === 'increase';
  if (selector.type === 'selector' && selector.extension !== undefined) {
    if (counter) for (const one of series) if (!one.histograms) checkCounterName(evaluator, one, ranged);
    return callExtended(node, { ...selector, extension: selector.extension }, series, steps, (one) =>
      notesOf(one, evaluator.annotations, args[0]!),
    );
  }
  const windows: Windows = {
    ends: lookTimes(selector, steps),
    times: steps.times,
    range,
    first,
    second,
  };
  const columns: Column[] = [];
  for (const one of series) {
    const { histograms } = one;
    const made = histograms
      ? overMixedWindows(
          { ...one, histograms },
          windows,
          { name, fn },
          notesOf(one, evaluator.annotations, args[0]!),
        )
      : overWindows(one, windows, fn);
    if (!made) continue;
    columns.push(made);
    checkSize(columns.length, steps.times.length, node);
    if (counter && made.histograms === undefined) checkCounterName(evaluator, one, ranged);
  }
  return fn.keepsName === true ? columns : nameless(columns, node, true);
}

function checkCounterName(evaluator: Evaluator, { labels }: RawSeries, where: Expr): void {
  const metric = labelOf(labels, '__name__');
  if (metric !== '' && !COUNTER_SUFFIX.test(metric)) evaluator.annotations.possibleNonCounter(metric, where);
}

function checkScalars(
  evaluator: Evaluator,
  { name, args }: CallNode,
  first: Float64Array | undefined,
  second: Float64Array | undefined,
): void {
  if (name === 'quantile_over_time')
    for (const share of first ?? [])
      if (!(share >= 0 && share <= 1)) evaluator.annotations.quantileOutOfRange(share, args[0]!);
  if (name !== 'double_exponential_smoothing') return;
  checkFactor('smoothing', first, args[1]!);
  checkFactor('trend', second, args[2]!);
}

function checkFactor(which: string, values: Float64Array | undefined, where: Expr): void {
  for (const value of values ?? [])
    if (value <= 0 || value >= 1) {
      const letter = which === 'smoothing' ? 'sf' : 'tf';
      throw evaluationError(
        where,
        `invalid ${which} factor. Expected: 0 < ${letter} < 1, got: ${value.toFixed(6)}`,
      );
    }
}
