// Everything a finding says can be seen again: its queries find something in the series it was made from. The tests
// of the areas check the same of every finding they ask for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Series } from '@gumshoe/base/series';
import type { TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { inspectWorld } from '../inspect.ts';
import * as faults from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries } from '../testdata/shop.ts';
import { AREA_WORLDS, AREA_RANGE } from './testdata/area-worlds.ts';
import { emptyQueries } from './testdata/evidence-check.ts';

/** Every query of every finding that comes back empty, and how many findings there were. */
function emptyOf(
  series: readonly Series[],
  range: TimeRange,
): { empty: readonly string[]; findings: number } {
  const findings = inspectWorld(buildWorld(series, range)).applications.flatMap((one) => one.findings);
  const empty = findings.flatMap((one) =>
    emptyQueries(series, one).map((query) => `${one.inspection}: ${query}`),
  );
  return { empty, findings: findings.length };
}

test('queries of the shop and its faults', () => {
  for (const [name, fault] of Object.entries({ calm: undefined, ...faults.FAULTS }))
    assert.deepEqual(emptyOf(shopSeries(fault ? { fault } : {}), SHOP_RANGE).empty, [], name);
});

for (const [name, write] of Object.entries(AREA_WORLDS)) {
  test(`queries of ${name}`, () => {
    const { empty, findings } = emptyOf(write(), AREA_RANGE);
    assert.deepEqual(empty, []);
    assert.ok(findings > 0);
  });
}
