// Everything a finding says can be seen again: its queries find something in the series it was made from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { gridOver, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { compileMatchers } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import type { SeriesSource } from '@gumshoe/promql/source';
import { inspectWorld } from '../inspect.ts';
import * as faults from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries } from '../testdata/shop.ts';
import { AREA_WORLDS, AREA_RANGE } from './testdata/area-worlds.ts';

function sourceOf(all: readonly Series[]): SeriesSource {
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

/** Evaluates every query of every finding; gives the inspections that spoke. */
function checkEvidence(series: readonly Series[], range: TimeRange, what: string): ReadonlySet<string> {
  const source = sourceOf(series);
  const { applications } = inspectWorld(buildWorld(series, range));
  const spoke = new Set<string>();
  for (const { findings, application } of applications) {
    for (const finding of findings) {
      spoke.add(finding.inspection);
      for (const { query, from, to } of finding.evidence.filter(({ kind }) => kind === 'promql')) {
        const grid = gridOver({ from, to }, Math.max(15_000, (to - from) / 20));
        const result = evaluateRange(parsePromql(query), source, grid);
        const values = result.series.flatMap((one) => [...one.values]);
        const where = `${what}, ${application.name}, ${finding.inspection}: ${query}`;
        assert.ok(values.some(Number.isFinite), where);
      }
    }
  }
  return spoke;
}

test('queries of the shop and its faults', () => {
  for (const [name, fault] of Object.entries({ calm: undefined, ...faults.FAULTS }))
    checkEvidence(shopSeries(fault ? { fault } : {}), SHOP_RANGE, name);
});

for (const [name, write] of Object.entries(AREA_WORLDS)) {
  test(`queries of ${name}`, () => {
    assert.ok(checkEvidence(write(), AREA_RANGE, name).size > 0);
  });
}
