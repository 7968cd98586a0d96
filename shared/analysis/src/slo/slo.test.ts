import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds, type TimeGrid } from '@gumshoe/base/time';
import { findBreaches, findUnusualBreaches } from './breaches.ts';
import { BURN_RATE_RULES } from './burn-rules.ts';
import { burnRateAt, RequestBudget, shareAtLeast } from './burn-rate.ts';

const STEP = 15_000;
const gridOf = (points: number): TimeGrid => ({ from: milliseconds(0), step: STEP, points });
const ALLOWED = 0.01;
const NAMED = { id: 'test', severity: 'critical' } as const;
const FAST = { ...NAMED, longWindow: 300_000, shortWindow: 30_000, rate: 14.4 };
const HOURLY = { ...NAMED, longWindow: 3_600_000, shortWindow: 300_000, rate: 14.4 };

function budgetOf(rates: readonly number[], shares: readonly number[]): RequestBudget {
  const rate = Float64Array.from(rates);
  return new RequestBudget(
    gridOf(rates.length),
    rate,
    rate.map((value, i) => value * shares[i]!),
  );
}

/** 10 requests/s, of which a share fails in some cells. */
const steady = (points: number, share: (i: number) => number): RequestBudget =>
  budgetOf(
    Array.from({ length: points }, () => 10),
    Array.from({ length: points }, (_, i) => share(i)),
  );

test('the burn rate is the bad share over the allowed one', () => {
  const rate = burnRateAt(
    steady(240, () => 0.2),
    HOURLY,
    ALLOWED,
    240,
  );
  assert.ok(Math.abs(rate.longRate - 20) < 1e-9 && Math.abs(rate.shortRate - 20) < 1e-9);
  assert.ok(rate.firing && !rate.truncated);
});

test('both windows must burn: what is over does not fire', () => {
  const over = steady(240, (i) => (i < 200 ? 0.3 : 0));
  const rate = burnRateAt(over, HOURLY, ALLOWED, 240);
  assert.ok(rate.longRate > 14.4 && rate.shortRate === 0 && !rate.firing);
});

test('with less history it uses what is there and says so', () => {
  const rate = burnRateAt(
    steady(12, (i) => (i < 8 ? 0 : 1)),
    HOURLY,
    ALLOWED,
    12,
  );
  assert.equal(rate.longWindow, 180_000);
  assert.equal(rate.shortWindow, 30_000);
  assert.ok(rate.truncated && rate.firing);
});

test('a cold start raises no alarm, an outage right after it does', () => {
  assert.deepEqual(
    findBreaches(
      steady(40, (i) => (i < 1 ? 0.9 : 0)),
      ALLOWED,
    ),
    [],
  );
  const [breach] = findBreaches(
    steady(40, (i) => (i >= 2 ? 0.9 : 0)),
    ALLOWED,
  );
  assert.equal(breach!.cells.lo, 2);
});

test('one hiccup is no breach, a program that dies again and again is one', () => {
  const fine: TimeGrid = { from: milliseconds(0), step: 5_000, points: 60 };
  const over = (share: (i: number) => number) => {
    const rate = new Float64Array(60).fill(40);
    return new RequestBudget(
      fine,
      rate,
      rate.map((value, i) => value * share(i)),
    );
  };
  assert.deepEqual(
    findBreaches(
      over((i) => (i === 30 || i === 31 ? 0.7 : 0)),
      ALLOWED,
    ),
    [],
  );
  const [breach] = findBreaches(
    over((i) => (i >= 30 && i % 3 === 0 ? 0.43 : 0)),
    ALLOWED,
  );
  assert.equal(breach!.cells.lo, 30);
  assert.equal(breach!.recovered, undefined);
});

test('a handful of requests proves nothing', () => {
  const few = budgetOf([0.2, 0.2, 0.2, 0.2], [0, 1, 1, 1]);
  assert.ok(!burnRateAt(few, FAST, ALLOWED, 4).firing);
  assert.deepEqual(findBreaches(few, ALLOWED), []);
});

test('the lower bound of a share lies below it and above zero', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (total, share) => {
        const least = shareAtLeast(share * total, total);
        assert.ok(least >= 0 && least <= share + 1e-9);
      },
    ),
  );
});

test('the lower bound is that of Wilson at 95 %', () => {
  const rounded = (bad: number, total: number) => Number(shareAtLeast(bad, total).toFixed(4));
  assert.deepEqual(
    [rounded(2, 100), rounded(5, 20), rounded(1, 3), rounded(0, 50)],
    [0.0055, 0.1119, 0.0615, 0],
  );
});

test('a breach reaches back to its first bad cell and ends with the last', () => {
  const [breach, ...more] = findBreaches(
    steady(120, (i) => (i >= 40 && i < 60 ? 0.5 : 0)),
    ALLOWED,
  );
  assert.deepEqual([more.length, breach!.cells], [0, { lo: 40, hi: 60 }]);
  assert.equal(breach!.onset, 39 * STEP);
  assert.equal(breach!.recovered, 59 * STEP);
  assert.ok(Math.abs(breach!.impact - 0.5) < 1e-9);
});

test('a breach is as severe as the worst rule that fired in it', () => {
  const severities = (points: number, share: (i: number) => number) =>
    findBreaches(steady(points, share), ALLOWED).map(({ severity }) => severity);
  const hours = (count: number) => (count * 3_600_000) / STEP;
  // 7 % of requests, of which 1 % may fail: 7x is neither 14.4x over an hour nor, after an hour, 6x over six.
  const leak = (length: number) => (i: number) => (i >= hours(6) && i < hours(6) + length ? 0.07 : 0);
  assert.deepEqual(severities(hours(8), leak(hours(1))), ['warning']);
  assert.deepEqual(severities(hours(13), leak(hours(7))), ['critical']);
  // 20x for a minute is 14.4x of that minute, and not of the hour
  const burst = (i: number) => (i >= hours(6) && i < hours(6) + 4 ? 0.2 : 0);
  assert.deepEqual(severities(hours(8), burst), ['critical']);
});

test('a breach at the end of the window goes on', () => {
  const [breach] = findBreaches(
    steady(120, (i) => (i >= 100 ? 1 : 0)),
    ALLOWED,
  );
  assert.equal(breach!.recovered, undefined);
  assert.equal(breach!.cells.hi, 120);
});

test('a breach that comes back at once is the same one', () => {
  const shares = (i: number) => ((i >= 40 && i < 50) || (i >= 53 && i < 63) ? 0.5 : 0);
  assert.equal(findBreaches(steady(120, shares), ALLOWED).length, 1);
});

test('errors within the budget are no breach', () => {
  assert.deepEqual(
    findBreaches(
      steady(240, () => 0.009),
      ALLOWED,
    ),
    [],
  );
});

test('breaches are in order, apart, and within the window', () => {
  const share = fc.constantFrom(0, 0, 0, 0.02, 0.3, 1);
  fc.assert(
    fc.property(fc.array(share, { minLength: 5, maxLength: 200 }), (shares) => {
      const found = findBreaches(
        steady(shares.length, (i) => shares[i]!),
        ALLOWED,
      );
      let end = 0;
      for (const breach of found) {
        assert.ok(breach.cells.lo >= end && breach.cells.hi > breach.cells.lo);
        assert.ok(breach.cells.hi <= shares.length && breach.impact >= 0 && breach.impact <= 1);
        end = breach.cells.hi;
      }
    }),
  );
});

test('a promise of little can be broken too', () => {
  const outage = steady(240, (i) => (i >= 200 ? 1 : 0));
  assert.equal(findBreaches(outage, 0.3)[0]!.cells.lo, 200);
  assert.ok(
    burnRateAt(
      steady(240, () => 1),
      HOURLY,
      0.3,
      240,
    ).firing,
  );
  assert.deepEqual(
    findBreaches(
      steady(240, () => 0.29),
      0.3,
    ),
    [],
  );
});

test('however much is usual, an outage stands out', () => {
  for (const usual of [0.07, 0.2, 0.35, 0.5, 0.8]) {
    const outage = steady(240, (i) => (i >= 200 ? 1 : usual / 3));
    assert.equal(findBreaches(outage, usual)[0]?.cells.lo, 200, `${usual} is usual`);
  }
});

test('what is usual is no news, and an hour of eight times as much is', () => {
  // 2 % all along, 16 % in the last hour: 16 times the allowed 1 %, more than 14.4, and more than three times the usual
  const grown = steady(480, (i) => (i >= 240 ? 0.16 : 0.02));
  assert.deepEqual(findBreaches(grown, 0.06), []);
  const [breach, ...more] = findUnusualBreaches(grown, ALLOWED, 0.06);
  assert.deepEqual([more.length, breach!.cells], [0, { lo: 240, hi: 480 }]);
  assert.ok(Math.abs(breach!.impact - 0.16) < 1e-9);
  // 14 % burn 14 times as fast: not enough; and half an hour of history is none to tell by
  assert.deepEqual(
    findUnusualBreaches(
      steady(480, (i) => (i >= 240 ? 0.14 : 0.02)),
      ALLOWED,
      0.06,
    ),
    [],
  );
  assert.deepEqual(
    findUnusualBreaches(
      steady(120, (i) => (i >= 60 ? 0.5 : 0.02)),
      ALLOWED,
      0.06,
    ),
    [],
  );
});

test('a rule that is finer than the samples does not judge, and says why', () => {
  const coarse = new RequestBudget(
    { from: milliseconds(0), step: 300_000, points: 100 },
    new Float64Array(100).fill(10),
    new Float64Array(100).fill(9),
  );
  const [minute, hour] = BURN_RATE_RULES.map((rule) => burnRateAt(coarse, rule, ALLOWED, 100));
  assert.deepEqual([minute!.firing, minute!.unjudged], [false, 'resolution']);
  assert.deepEqual([hour!.firing, hour!.unjudged], [true, undefined]);
});
