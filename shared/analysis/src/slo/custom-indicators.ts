import type { Matrix } from '@gumshoe/base/series';
import { sumColumns } from '@gumshoe/model/columns';
import type { ApplicationId } from '@gumshoe/model/entities';
import type { Column, World } from '@gumshoe/model/world';
import {
  objectivesOf,
  type IndicatorQueries,
  type ObjectiveKind,
  type ObjectiveSettings,
} from './objectives.ts';
import { slowRequests } from './slow-share.ts';

/** What queries of the configuration say instead of the metrics that the model reads. Per second, on the world's grid. */
export interface CustomIndicator {
  readonly rate: Column;
  readonly bad: Column;
  readonly undecided?: Column;
  /** Why the queries gave nothing. */
  readonly problem?: string;
}

/** By `indicatorKey`. */
export type CustomIndicators = ReadonlyMap<string, CustomIndicator>;

export const indicatorKey = (application: ApplicationId, kind: ObjectiveKind): string =>
  `${application} ${kind}`;

/** An objective whose queries a host has to ask over the world's grid. */
export interface WantedIndicator {
  readonly key: string;
  readonly queries: IndicatorQueries;
  /** seconds; latency only */
  readonly threshold?: number;
}

/** Everything the configuration wants to be judged by queries of its own. */
export function wantedIndicators(world: World, settings: ObjectiveSettings): readonly WantedIndicator[] {
  if (!settings.rules.some(({ queries }) => queries)) return [];
  return world.applications.flatMap((application) =>
    objectivesOf(application, settings).flatMap(({ kind, queries, threshold }) =>
      queries
        ? [
            {
              key: indicatorKey(application.id, kind),
              queries,
              ...(threshold === undefined ? {} : { threshold }),
            },
          ]
        : [],
    ),
  );
}

/** Queries in the order in which `customIndicator` takes their answers. */
export const queriesOf = (queries: IndicatorQueries): readonly string[] =>
  'histogram' in queries ? [queries.histogram] : [queries.total, queries.bad];

/** The indicator that the answers to its queries make. Series of one answer add up. */
export function customIndicator(
  world: World,
  { queries, threshold = 0.5 }: WantedIndicator,
  answers: readonly Matrix[],
): CustomIndicator {
  const { points } = world.grid;
  const sum = ({ series }: Matrix): Column =>
    sumColumns(
      series.map(({ values }) => values),
      points,
    );
  if (!('histogram' in queries)) {
    const [total, bad] = [sum(answers[0]!), sum(answers[1]!)];
    return answers[0]!.series.length > 0
      ? { rate: total, bad }
      : nothing(points, 'the query of all requests has no answer');
  }
  const byBound = Map.groupBy(answers[0]!.series, ({ labels }) =>
    Number((labels.le ?? '').replace('+Inf', 'Infinity')),
  );
  const bounds = [...byBound.keys()].filter((bound) => bound === bound).sort((a, b) => a - b);
  if (bounds.length < 2 || bounds.at(-1) !== Infinity)
    return nothing(points, 'the query of the histogram has no answer with buckets (label le) up to +Inf');
  const counts = bounds.map((bound) => sum({ grid: world.grid, series: byBound.get(bound)! }));
  const { slow, undecided } = slowRequests({ bounds, counts }, threshold);
  return { rate: counts.at(-1)!, bad: slow, ...(undecided ? { undecided } : {}) };
}

export const nothing = (points: number, problem: string): CustomIndicator => ({
  rate: new Float64Array(points).fill(NaN),
  bad: new Float64Array(points).fill(NaN),
  problem,
});
