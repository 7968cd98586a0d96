import type { Series } from '@gumshoe/base/series';
import { gridOver, milliseconds } from '@gumshoe/base/time';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { compileMatchers } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import type { SeriesSource } from '@gumshoe/promql/source';
import type { Finding } from '../../finding.ts';

/** Points of a query over the stretch of a piece of evidence. */
const POINTS = 20;

/** Queries of a finding that find nothing in the series it was made from; none, when it can be seen again. */
export function emptyQueries(series: readonly Series[], finding: Pick<Finding, 'evidence'>): readonly string[] {
  const source = sourceOf(series);
  return finding.evidence
    .filter(({ kind }) => kind === 'promql')
    .filter(({ query, from, to }) => {
      const grid = gridOver({ from, to }, Math.max(15_000, (to - from) / POINTS));
      const result = evaluateRange(parsePromql(query), source, grid);
      return !result.series.some((one) => one.values.some(Number.isFinite));
    })
    .map(({ query }) => query);
}

/** Last value of a query over the samples' own stretch; throws when it gives more than one series. */
export function lastOfQuery(series: readonly Series[], query: string): number | undefined {
  const ends = series.map(({ timestamps }) => timestamps.at(-1)!);
  const to = milliseconds(Math.max(...ends));
  const result = evaluateRange(parsePromql(query), sourceOf(series), gridOver({ from: milliseconds(to - 60_000), to }, 15_000));
  if (result.series.length > 1) throw new Error(`${query} gives ${result.series.length} series`);
  return result.series[0]?.values.at(-1);
}

export function sourceOf(all: readonly Series[]): SeriesSource {
  return {
    select(matchers, from, to) {
      const accept = compileMatchers(matchers);
      return all
        .filter((one) => accept(one.labels))
        .map(({ labels, timestamps, values }) => {
          const inside = (_: number, i: number) => timestamps[i]! > from && timestamps[i]! <= to;
          return { labels, timestamps: timestamps.filter(inside), values: values.filter(inside) };
        })
        .filter((one) => one.timestamps.length > 0);
    },
  };
}
