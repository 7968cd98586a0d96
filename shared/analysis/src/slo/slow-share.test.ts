import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HistogramColumns } from '@gumshoe/model/world';
import { slowRequests } from './slow-share.ts';

/** 10 requests/s in each bucket. */
const BOUNDS = [0.1, 0.5, 1, 10, 60, Infinity];
const histogram: HistogramColumns = {
  bounds: BOUNDS,
  counts: BOUNDS.map((_, i) => Float64Array.of(10 * (i + 1))),
};
const slow = (threshold: number) => slowRequests(histogram, threshold).slow[0]!;

test('a threshold that is a bound is exact, one between bounds lies proportionally between', () => {
  assert.deepEqual([slow(0.1), slow(0.5), slow(10), slow(60)], [50, 40, 20, 10]);
  assert.ok(Math.abs(slow(35) - 15) < 1e-9 && Math.abs(slow(0.05) - 55) < 1e-9);
});

test('above the last bound nothing is called slow, and what may be so is told', () => {
  const { slow: certain, undecided } = slowRequests(histogram, 90);
  assert.deepEqual([certain[0], undecided![0]], [0, 10]);
  assert.equal(slowRequests(histogram, 60).undecided, undefined);
});

test('a higher threshold never finds more slow requests; certain and undecided are never more than all', () => {
  const columns = fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }).map((parts) => {
    let sum = 0;
    return { bounds: BOUNDS, counts: parts.map((part) => Float64Array.of((sum += part))) };
  });
  const seconds = fc.double({ min: 0.001, max: 200, noNaN: true });
  fc.assert(
    fc.property(columns, seconds, seconds, (one, a, b) => {
      const low = slowRequests(one, Math.min(a, b));
      const high = slowRequests(one, Math.max(a, b));
      assert.ok(high.slow[0]! <= low.slow[0]! + 1e-9);
      assert.ok(low.slow[0]! + (low.undecided?.[0] ?? 0) <= one.counts.at(-1)![0]! + 1e-9);
    }),
  );
});
