import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Series } from '@gumshoe/base/series';
import { milliseconds, type TimeGrid } from '@gumshoe/base/time';
import { sumOf } from '../columns.ts';
import { Resampler } from './resample.ts';

const grid: TimeGrid = { from: milliseconds(10_000), step: 10_000, points: 6 };
const seriesOf = (samples: readonly (readonly [number, number])[]): Series => ({
  labels: {},
  timestamps: Float64Array.from(samples, ([at]) => at),
  values: Float64Array.from(samples, ([, value]) => value),
});

test('spreads an increase over the time between two samples', () => {
  const rate = new Resampler(grid).rate(
    seriesOf([
      [5_000, 0],
      [25_000, 40],
    ]),
    { maxGap: 60_000 },
  );
  assert.deepEqual([...rate.slice(0, 3)], [2, 2, 2]);
  assert.ok(Number.isNaN(rate[3]!));
});

test('takes a drop for a reset to zero', () => {
  const rate = new Resampler(grid).rate(
    seriesOf([
      [10_000, 100],
      [20_000, 7],
    ]),
    { maxGap: 60_000 },
  );
  assert.equal(rate[1], 0.7);
});

test('knows nothing within a gap', () => {
  const rate = new Resampler(grid).rate(
    seriesOf([
      [10_000, 0],
      [20_000, 10],
      [50_000, 90],
      [60_000, 100],
    ]),
    { maxGap: 25_000 },
  );
  assert.equal(rate[1], 1);
  assert.ok(Number.isNaN(rate[2]!) && Number.isNaN(rate[3]!) && Number.isNaN(rate[4]!));
  assert.equal(rate[5], 1);
});

test('counts from zero when the birth was watched', () => {
  const rate = new Resampler(grid).rate(seriesOf([[30_000, 50]]), { maxGap: 60_000, zeroAt: 20_000 });
  assert.equal(rate[2], 5);
});

test('gauges hold their last value for the lookback only', () => {
  const resampler = new Resampler(grid);
  const last = [...resampler.last(seriesOf([[12_000, 3]]), 15_000)];
  assert.deepEqual(last.slice(0, 3).map(String), ['NaN', '3', 'NaN']);
});

test('the highest value within a cell wins', () => {
  const samples = seriesOf([
    [11_000, 1],
    [15_000, 9],
    [19_000, 2],
  ]);
  assert.equal(new Resampler(grid).highest(samples, 15_000)[1], 9);
});

test('the sum over all cells is what was counted between first and last sample', () => {
  const increments = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(increments, fc.integer({ min: 500, max: 9_000 }), (steps, interval) => {
      let total = 0;
      const samples = steps.map((step, i): readonly [number, number] => [
        100_000 + i * interval,
        (total += step),
      ]);
      const until = 100_000 + steps.length * interval;
      const wide = { from: milliseconds(100_000), step: 5_000, points: Math.ceil(until / 5_000) };
      const rate = new Resampler(wide).rate(seriesOf(samples), { maxGap: 20_000 });
      const covered = rate.every(
        (value, i) => value === value || i * 5_000 + 100_000 > until - interval - 5_000 || i === 0,
      );
      assert.ok(covered);
      const counted = total - steps[0]!;
      // Cells at the ends are covered in part and scaled up to a whole cell.
      const slack = (2 * 5_000 * Math.max(...steps)) / interval + 1e-6;
      assert.ok(Math.abs(sumOf(rate, { lo: 0, hi: rate.length }) * 5 - counted) <= slack + counted * 1e-9);
    }),
  );
});
