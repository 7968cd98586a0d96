// A false alarm costs more trust than a late one: calm worlds raise nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeRange } from '@gumshoe/base/time';
import { buildWorld } from '@gumshoe/model/build/build-world';
import { noise, type Course } from '@gumshoe/model/testdata/series-writer';
import { syntheticSeries } from '@gumshoe/model/testdata/synthetic-series';
import { inspectWorld } from '../inspect.ts';
import { SHOP_RANGE, shopSeries } from '../testdata/shop.ts';
import { INSPECTIONS } from './index.ts';
import * as cases from './testdata/level-cases.ts';
import { AREA_RANGE, smallWorld } from './testdata/small-world.ts';

/** Everything that is not well, as lines. */
function alarms(series: readonly Series[], range: TimeRange, history = 0): readonly string[] {
  return inspectWorld(buildWorld(series, range, { history })).applications.flatMap(
    ({ application, findings }) =>
      findings
        .filter(({ health }) => health !== 'ok')
        .map(({ inspection, message }) => `${application.name} ${inspection}: ${message}`),
  );
}

test('the recorded demo without a fault', () => {
  const file = new URL('../testdata/incidents/none.json.gz', import.meta.url);
  const recording = JSON.parse(gunzipSync(readFileSync(file)).toString()) as {
    readonly from: number;
    readonly to: number;
    readonly base: number;
    readonly series: readonly {
      readonly labels: Series['labels'];
      readonly t: number[];
      readonly v: number[];
    }[];
  };
  const series = recording.series.map(({ labels, t, v }): Series => {
    let at = recording.base;
    return { labels, timestamps: Float64Array.from(t, (step) => (at += step)), values: Float64Array.from(v) };
  });
  const range = { from: milliseconds(recording.from), to: milliseconds(recording.to) };
  assert.deepEqual(alarms(series, range, 60_000), []);
});

test('synthetic shops and a mesh, whatever the noise', () => {
  for (const seed of [1, 2, 3]) assert.deepEqual(alarms(shopSeries({ seed }), SHOP_RANGE), []);
  const options = { services: 12, instances: 2, range: AREA_RANGE, step: 15_000, seed: 4 };
  assert.deepEqual(alarms(syntheticSeries(options), AREA_RANGE), []);
});

/** Half of the threshold with noise, a daily-like swing, and now and then a spike of one sample far above. */
function restless(threshold: number, seed: number): Course {
  const random = noise(seed);
  return (at) => {
    const usual = threshold * (0.5 + 0.15 * Math.sin(at / 400_000) + 0.2 * (random() - 0.5));
    return random() < 0.03 ? 2 * threshold : usual;
  };
}

test('signals that spike now and then but stay below their threshold', () => {
  for (const one of Object.values(cases).flat()) {
    const { threshold } = INSPECTIONS.find(({ id }) => id === one.inspection)!;
    for (const seed of [5, 6, 7]) {
      const series = smallWorld((writer) => one.write(writer, restless(threshold.default, seed)));
      assert.deepEqual(
        alarms(series, AREA_RANGE).filter((line) => line.includes(one.inspection)),
        [],
      );
    }
  }
});
