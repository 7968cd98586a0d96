// A claim can be checked by running its query again: it must give data, and figures that agree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import { gridOver } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import type { Evidence } from '@gumshoe/model/entities';
import { evaluateRange } from '@gumshoe/promql/evaluate';
import { compileMatchers, type Matcher } from '@gumshoe/promql/matchers';
import { parsePromql } from '@gumshoe/promql/parse';
import { inspectWorld } from '../inspect.ts';
import { FAULTS } from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries } from '../testdata/shop.ts';
import { investigate } from './investigate.ts';

const sourceOf = (all: readonly Series[]) => ({
  select(matchers: readonly Matcher[], from: number, to: number): readonly Series[] {
    const matches = compileMatchers(matchers);
    return all.filter(({ labels }) => matches(labels)).map((one) => cut(one, from, to));
  },
});

function cut({ labels, timestamps, values }: Series, from: number, to: number): Series {
  const inside = [...timestamps.keys()].filter((i) => timestamps[i]! > from && timestamps[i]! <= to);
  return {
    labels,
    timestamps: Float64Array.from(inside, (i) => timestamps[i]!),
    values: Float64Array.from(inside, (i) => values[i]!),
  };
}

/** Evaluated over the evidence's range: everything, and what lies in the window its value speaks of. */
function requery(evidence: Evidence, series: readonly Series[]) {
  const grid = gridOver({ from: evidence.from, to: evidence.to }, 5_000);
  const { series: found } = evaluateRange(parsePromql(evidence.query), sourceOf(series), grid);
  const { from, to } = evidence.window ?? evidence;
  const inWindow = found.flatMap(({ values }) =>
    [...values].filter((value, i) => {
      const at = grid.from + i * grid.step;
      return value === value && at >= from && at <= to + 60_000;
    }),
  );
  return { found, inWindow };
}

/** Within what a rate over a minute blurs; what is counted over the incident has no instant. */
function agrees({ value = 0, unit, query }: Evidence, values: readonly number[]): boolean {
  if (unit === 'count' || values.length === 0) return true;
  if (!/^(\(|sum\(|max\(|rate\(|container_|1 - )/.test(query)) return true;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return value >= low / 2 - 1e-3 && value <= 2 * high + 1e-3;
}

test('every query behind a claim gives data, and nine in ten figures agree with what it gives', () => {
  const empty = new Set<string>();
  let all = 0;
  let agreeing = 0;
  const wrong: string[] = [];
  for (const [name, fault] of Object.entries(FAULTS)) {
    const series = shopSeries({ fault });
    const report = investigate(inspectWorld(buildWorld(series, SHOP_RANGE, { history: 0 })));
    const claims = [...report.claims, ...report.causes.flatMap((cause) => cause.claims)];
    const evidence = new Map(
      [...claims.flatMap((claim) => claim.evidence), ...report.impacted.flatMap((one) => one.evidence)]
        .filter(({ kind }) => kind === 'promql')
        .map((one) => [`${one.query} ${one.summary}`, one]),
    );
    for (const one of evidence.values()) {
      const { found, inWindow } = requery(one, series);
      if (found.length === 0) empty.add(`${name}: ${one.summary} ${one.query}`);
      all++;
      if (agrees(one, inWindow)) agreeing++;
      else
        wrong.push(
          `${name}: ${one.summary} | ${one.query} | ${one.value} not in ${inWindow.slice(0, 6).join(' ')}`,
        );
    }
  }
  assert.deepEqual([...empty], []);
  assert.ok(agreeing >= 0.9 * all, `${agreeing} of ${all} figures agree; ${wrong.join('\n')}`);
});
