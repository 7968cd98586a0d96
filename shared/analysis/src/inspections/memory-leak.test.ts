// The reference's rule, as properties over courses of memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds } from '@gumshoe/base/time';
import { noise } from '@gumshoe/model/testdata/series-writer';
import { APP, findingOf, smallWorld } from './testdata/small-world.ts';

const MIB = 1024 * 1024;
const HOUR = { from: milliseconds(1_790_000_000_000), to: milliseconds(1_790_003_600_000) };
const RUNS = { numRuns: 25 };

/** Percent per hour that the inspection finds for a course of memory over an hour, by minute. */
function leak(rss: (minute: number) => number, limit?: number): number | undefined {
  const series = smallWorld((writer) => {
    writer.gauge('container_resources_memory_rss_bytes', APP, (at) => rss((at - HOUR.from) / 60_000));
    if (limit !== undefined) writer.gauge('container_resources_memory_limit_bytes', APP, () => limit);
  }, HOUR);
  return findingOf('memory-leak', series, { range: HOUR })?.value;
}

const jitter = (seed: number, amount: number) => {
  const random = noise(seed);
  return () => 1 + amount * (random() - 0.5);
};

test('steady growth comes out as its hourly share of the value an hour ago, with and without noise', () => {
  const start = fc.integer({ min: 300, max: 2000 });
  const percent = fc.integer({ min: 25, max: 200 });
  fc.assert(
    fc.property(start, percent, fc.integer(), (mib, hourly, seed) => {
      const wobble = jitter(seed, 0.01);
      const found = leak((minute) => mib * MIB * (1 + (hourly / 100) * (minute / 60)) * wobble());
      assert.ok(found !== undefined && Math.abs(found - hourly) < 0.15 * hourly, `${found} for ${hourly}`);
    }),
    RUNS,
  );
});

test('level, falling and saturated memory is no leak', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 4000 }), fc.integer(), (mib, seed) => {
      const wobble = jitter(seed, 0.02);
      assert.equal(
        leak(() => mib * MIB * wobble()),
        0,
      );
      assert.equal(
        leak((minute) => mib * MIB * (2 - minute / 60)),
        0,
      );
      assert.equal(
        leak((minute) => mib * MIB * (1 + Math.min(1, minute / 25))),
        0,
      );
    }),
    RUNS,
  );
});

test('growth below 5 % of the limit, or below 50 MiB without one, is noise', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 45 }), (grown) => {
      const course = (minute: number) => 100 * MIB + grown * MIB * (minute / 60);
      assert.equal(leak(course), 0);
      assert.ok(leak(course, 20 * grown * MIB * 0.9)! > 0, 'above 5 % of a smaller limit');
      assert.equal(leak(course, 20 * grown * MIB * 1.1), 0);
    }),
    RUNS,
  );
});

test('a restart begins a new stretch, and the longest one is judged', () => {
  const after = (at: number) => (minute: number) =>
    minute < at ? 900 * MIB : (300 + 10 * (minute - at)) * MIB;
  assert.ok(leak(after(10))! > 50);
  assert.ok(leak(after(25))! > 50);
  assert.equal(leak(after(45)), 0, 'the level stretch before is longer');
});

test('too few points and a short past are not judged', () => {
  const writer = (count: number) =>
    smallWorld((to) => {
      const only = { from: HOUR.to - count * 15_000 };
      to.gauge('container_resources_memory_rss_bytes', APP, (at) => (at - HOUR.from) * 1000, only);
    }, HOUR);
  assert.equal(findingOf('memory-leak', writer(9), { range: HOUR })?.value, 0);
});

/** Health at the ends of hours that begin later and later. */
function healths(mib: (minute: number) => number): readonly (string | undefined)[] {
  return Array.from({ length: 15 }, (_, i) => {
    const begin = HOUR.from + i * 4 * 60_000;
    const range = { from: milliseconds(begin), to: milliseconds(begin + 3_600_000) };
    const course = (at: number) => mib((at - HOUR.from) / 60_000) * MIB;
    const series = smallWorld(
      (writer) => writer.gauge('container_resources_memory_rss_bytes', APP, course),
      range,
    );
    return findingOf('memory-leak', series, { range })?.health;
  });
}

test('memory that is freed in steps leaks all the time or never', () => {
  const saw = (minute: number, period: number, by: number) => by * ((minute % period) / period);
  const growing = healths((minute) => 1000 + 150 * (minute / 60) + saw(minute, 7, 200));
  assert.deepEqual([...new Set(growing)], ['warning']);
  const level = healths((minute) => 1000 + saw(minute, 37, 300));
  assert.deepEqual([...new Set(level)], ['ok']);
});

test('what is gone leaks no more', () => {
  const series = smallWorld(
    (writer) =>
      writer.gauge('container_resources_memory_rss_bytes', APP, (at) => (at - HOUR.from) * 1000, {
        to: HOUR.to - 300_000,
      }),
    HOUR,
  );
  assert.equal(findingOf('memory-leak', series, { range: HOUR }), undefined);
});

test('data that begins with the window is enough, whatever history was asked for', () => {
  const growing = smallWorld((writer) => {
    writer.gauge(
      'container_resources_memory_rss_bytes',
      APP,
      (at) => 500 * MIB * (1 + (at - HOUR.from) / 3_600_000),
    );
  }, HOUR);
  const finding = findingOf('memory-leak', growing, { range: HOUR, history: 3_600_000 });
  assert.equal(finding?.health, 'warning');
  assert.ok(Math.abs(finding.value - 100) < 15, `${finding.value}`);
});

test('an hour and a half of growth is enough in a window of half a day', () => {
  const range = { from: HOUR.from, to: milliseconds(HOUR.from + 12 * 3_600_000) };
  const began = range.to - 5_400_000;
  const series = smallWorld((writer) => {
    writer.gauge('container_resources_memory_rss_bytes', APP, (at) => (300 + (at - began) / 30_000) * MIB, {
      from: began,
    });
  }, range);
  const leaking = findingOf('memory-leak', series, { range });
  assert.equal(leaking?.health, 'warning');
  assert.match(leaking.explanation.join(), /300 MiB → 479 MiB over 90 min, 120 MiB an hour/);
});
