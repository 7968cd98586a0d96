import { FailureError } from '@gumshoe/base/failure';
import type { GridSeries } from '@gumshoe/base/series';
import { milliseconds, type TimeGrid } from '@gumshoe/base/time';
import { evaluateRange, type EvaluatedMatrix } from '../evaluate.ts';
import type { Column, Steps } from '../evaluator/values.ts';
import type { Expr } from '../parser/ast.ts';
import { printPromql } from '../print.ts';
import type { SeriesSource } from '../source.ts';
import { isLocal } from './local.ts';

/** What each part of the data is to be asked: a local expression on a grid of its own. */
export interface PartQuestion {
  readonly expr: Expr;
  readonly grid: TimeGrid;
  /** Start and end of the whole query, ms. */
  readonly start: number;
  readonly end: number;
}

const NO_SOURCE: SeriesSource = {
  select: () => {
    throw new FailureError({
      code: 'not-supported',
      tried: 'evaluate PromQL over several sources',
      target: 'a range with a computed parameter, or info() of an aggregation',
      reason: 'each source evaluates its ranges by itself, and cannot know what is computed from the others',
      remedy: 'Write the parameter as a number, or ask one source.',
    });
  },
};

const keyOf = (expr: Expr, { times, start, end }: Steps): string =>
  `${printPromql(expr)} ${times[0]} ${times[1]} ${times.length} ${start} ${end}`;

function gridOf(times: Float64Array): TimeGrid {
  const [from = 0, second] = times;
  return {
    from: milliseconds(from),
    step: second === undefined ? 1000 : second - from,
    points: times.length,
  };
}

/**
 * What to ask the parts for a range query over all of them: the largest expressions in which no series of one part meets
 * one of another. What is above them is evaluated by `evaluateAnswers`.
 */
export function questionsOf(expr: Expr, grid: TimeGrid, label: string): readonly PartQuestion[] {
  const questions = new Map<string, PartQuestion>();
  evaluateRange(expr, NO_SOURCE, grid, (asked, steps) => {
    if (!isLocal(asked, label)) return undefined;
    const { times, start, end } = steps;
    if (times.length > 0)
      questions.set(keyOf(asked, steps), { expr: asked, grid: gridOf(times), start, end });
    return [];
  });
  return [...questions.values()];
}

/** The query, given the answers of all parts to each question, labelled already. */
export function evaluateAnswers(
  expr: Expr,
  grid: TimeGrid,
  label: string,
  answers: ReadonlyMap<PartQuestion, readonly GridSeries[]>,
): EvaluatedMatrix {
  const byKey = new Map<string, readonly Column[]>();
  for (const [{ expr: asked, grid: own, start, end }, series] of answers) {
    const times = Float64Array.from({ length: own.points }, (_, i) => own.from + i * own.step);
    byKey.set(keyOf(asked, { times, start, end, step: own.step }), series.map(columnOf));
  }
  return evaluateRange(expr, NO_SOURCE, grid, (asked, steps) =>
    isLocal(asked, label) ? (byKey.get(keyOf(asked, steps)) ?? []) : undefined,
  );
}

function columnOf({ labels, values, histograms }: GridSeries): Column {
  const present = Uint8Array.from(values, (value) => Number(!Number.isNaN(value)));
  return histograms ? { labels, values, present, histograms } : { labels, values, present };
}
