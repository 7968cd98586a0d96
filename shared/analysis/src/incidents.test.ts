import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { findIncidents, type OpenedIncident } from './incidents.ts';
import { inspectWorld } from './inspect.ts';
import * as faults from './testdata/faults.ts';
import { SHOP_RANGE, shopSeries, type ShopOptions } from './testdata/shop.ts';

const until = (seconds: number): TimeRange => ({
  from: SHOP_RANGE.from,
  to: milliseconds(SHOP_RANGE.from + seconds * 1000),
});

function incidentsOf(
  options: ShopOptions,
  range = SHOP_RANGE,
  lastSample: number = range.to,
): readonly OpenedIncident[] {
  const series = shopSeries(options).map((one) => {
    const keep = one.timestamps.findLastIndex((at) => at <= lastSample) + 1;
    return {
      labels: one.labels,
      timestamps: one.timestamps.slice(0, keep),
      values: one.values.slice(0, keep),
    };
  });
  return findIncidents(inspectWorld(buildWorld(series, range)));
}

const ofFrontend = (incidents: readonly OpenedIncident[]): OpenedIncident | undefined =>
  incidents.find((one) => one.name === 'frontend');

const killed: ShopOptions = { fault: faults.killApi, faultFrom: 100_000, faultTo: 150_000 };

test('an incident keeps its id while it goes on and when it is over', () => {
  const seen = [125, 140, 160, 200, 240].map((seconds) => ofFrontend(incidentsOf(killed, until(seconds)))!);
  assert.equal(new Set(seen.map((one) => one.id)).size, 1);
  assert.deepEqual(
    seen.map((one) => one.resolvedAt !== undefined),
    [false, false, false, true, true],
  );
  assert.equal(seen.at(-1)!.openedAt, SHOP_RANGE.from + 100_000);
  assert.equal(seen.at(-1)!.resolvedAt, SHOP_RANGE.from + 150_000);
});

test('where samples end in the middle of it nobody says that it recovered', () => {
  const known = ofFrontend(incidentsOf(killed, until(900)))!;
  assert.ok(known.resolvedAt !== undefined && known.silent === undefined);
  const cut = ofFrontend(incidentsOf(killed, until(900), until(135).to))!;
  assert.equal(cut.silent, true);
  assert.match(cut.summary, /when the last was seen of it/);
});

test('it opens within fifteen seconds of a total outage, and not before', () => {
  assert.equal(ofFrontend(incidentsOf(killed, until(100))), undefined);
  assert.ok(ofFrontend(incidentsOf(killed, until(115))));
});

test('two onsets are two incidents, whatever the application', () => {
  const early = ofFrontend(incidentsOf(killed))!;
  const late = ofFrontend(incidentsOf({ ...killed, faultFrom: 130_000, faultTo: 180_000 }))!;
  assert.notEqual(early.id, late.id);
});

test('open incidents come first, and severity follows the worst moment', () => {
  const incidents = incidentsOf({ fault: faults.dbLock });
  assert.ok(incidents.length > 1 && incidents.every((one) => one.severity === 'critical'));
  const open = incidents.map((one) => one.resolvedAt === undefined);
  assert.deepEqual(
    [...open].sort((a, b) => Number(b) - Number(a)),
    open,
  );
});
