import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { findIncidents } from '../incidents.ts';
import { inspectWorld, type InspectedWorld } from '../inspect.ts';
import * as faults from '../testdata/faults.ts';
import { SHOP_RANGE, shopSeries, type ShopOptions } from '../testdata/shop.ts';
import { EMPTY_BOOK, incidentsOf, updateIncidents, type IncidentBook, type IncidentEvent } from './book.ts';
import { groupIncidents } from './group.ts';

const MINUTE = 60_000;
const RANGE = { from: SHOP_RANGE.from, to: milliseconds(SHOP_RANGE.from + 20 * MINUTE) };

/** The shop as a watcher sees it at some minute: the last ten minutes. */
function lookAt(series: ReturnType<typeof shopSeries>, minute: number): InspectedWorld {
  const to = RANGE.from + minute * MINUTE;
  const range = { from: milliseconds(Math.max(RANGE.from, to - 10 * MINUTE)), to: milliseconds(to) };
  const seen = series.flatMap((one) => {
    const lo = one.timestamps.findIndex((at) => at > range.from);
    const hi = one.timestamps.findLastIndex((at) => at <= to) + 1;
    if (lo < 0 || hi <= lo) return [];
    return [
      { labels: one.labels, timestamps: one.timestamps.slice(lo, hi), values: one.values.slice(lo, hi) },
    ];
  });
  return inspectWorld(buildWorld(seen, range));
}

function watch(options: ShopOptions, minutes: readonly number[]) {
  const series = shopSeries({ range: RANGE, interval: 15_000, ...options });
  let book: IncidentBook = EMPTY_BOOK;
  const events: (IncidentEvent & { readonly minute: number })[] = [];
  for (const minute of minutes) {
    const next = updateIncidents(book, lookAt(series, minute));
    // What is remembered survives being stored.
    book = JSON.parse(JSON.stringify(next.book)) as IncidentBook;
    events.push(...next.events.map((event) => ({ ...event, minute })));
  }
  return { book, events, told: events.map(({ kind, minute }) => `${minute} ${kind}`) };
}

const every = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const outage: ShopOptions = { fault: faults.killApi, faultFrom: 5 * MINUTE, faultTo: 8 * MINUTE };

test('one cause is one incident, whatever it hit', () => {
  const inspected = lookAt(shopSeries({ range: RANGE, fault: faults.dbLock, faultFrom: 5 * MINUTE }), 10);
  const opened = findIncidents(inspected);
  const [incident, ...more] = groupIncidents(inspected.world, opened);
  assert.deepEqual([more.length, incident!.impacts.length], [0, opened.length]);
  const name = (id: string) => id.split(':').at(-1);
  assert.deepEqual(incident!.entries.map(name), ['frontend']);
  assert.deepEqual(incident!.depths.map(name), ['postgres']);
  assert.equal(incident!.impacts[0]!.name, 'frontend');
  assert.match(incident!.summary, /more applications are impacted\.$/);
  assert.ok(incident!.impact > 0.5 && incident!.budgetSpent > 0);
});

test('an objective that is missed again within minutes is the same trouble', () => {
  const [first] = findIncidents(lookAt(shopSeries({ range: RANGE, ...outage }), 12));
  const at = (minute: number, minutes: number) => ({
    ...first!,
    id: `at ${minute}`,
    openedAt: milliseconds(RANGE.from + minute * MINUTE),
    resolvedAt: milliseconds(RANGE.from + (minute + minutes) * MINUTE),
  });
  const { world } = lookAt([], 12);
  assert.equal(groupIncidents(world, [at(1, 2), at(8, 1)]).length, 1);
  assert.equal(groupIncidents(world, [at(1, 2), at(14, 1)]).length, 2);
});

test('shops that share nothing have incidents of their own', () => {
  const other = shopSeries({ range: RANGE, ...outage, name: 'other' }).map((one) => {
    const id = one.labels.container_id;
    return id === undefined
      ? one
      : { ...one, labels: { ...one.labels, container_id: id.replace(/\/(?=[^/]+$)/, '/other-') } };
  });
  const series = [...shopSeries({ range: RANGE, ...outage }), ...other];
  const inspected = lookAt(series, 8);
  assert.equal(groupIncidents(inspected.world, findIncidents(inspected)).length, 2);
});

test('an incident opens once, keeps its id, and resolves after a calm while', () => {
  const { told, events, book } = watch(outage, every(3, 15));
  assert.deepEqual(
    told.filter((one) => !one.endsWith('updated')),
    ['6 opened', '11 resolved'],
  );
  assert.equal(new Set(events.map(({ incident }) => incident.id)).size, 1);
  const [incident] = incidentsOf(book);
  assert.ok(Math.abs(incident!.openedAt - RANGE.from - 5 * MINUTE) <= 30_000);
  assert.ok(Math.abs(incident!.resolvedAt! - RANGE.from - 8 * MINUTE) <= 45_000);
});

test('what goes on while its beginning leaves the window is the same incident', () => {
  const { told, book } = watch({ fault: faults.killApi, faultFrom: 5 * MINUTE }, every(6, 20));
  assert.deepEqual(
    told.filter((one) => !one.endsWith('updated')),
    ['6 opened'],
  );
  assert.ok(Math.abs(incidentsOf(book)[0]!.openedAt - RANGE.from - 5 * MINUTE) <= 30_000);
});

test('a watcher that was away writes down what it missed and tells nobody', () => {
  const { told, book } = watch(outage, [14]);
  assert.deepEqual([told, incidentsOf(book).length], [[], 1]);
});

test('an incident that vanishes with its application ends, and is forgotten after a day', () => {
  const first = watch(outage, [7]).book;
  const nothing = (minute: number): InspectedWorld =>
    inspectWorld(buildWorld([], { from: RANGE.from, to: milliseconds(RANGE.from + minute * MINUTE) }));
  const soon = updateIncidents(first, nothing(9));
  assert.deepEqual(soon.events, []);
  const later = updateIncidents(soon.book, nothing(13));
  assert.deepEqual(
    later.events.map(({ kind }) => kind),
    ['resolved'],
  );
  assert.equal(updateIncidents(later.book, nothing(13 + 25 * 60)).book.entries.length, 0);
});
