import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY, HOUR, milliseconds, MINUTE } from '@gumshoe/base/time';
import { advanceAlert, INACTIVE, type AlertSignal, type AlertState } from './alert-state.ts';
import { burnAlerts } from './burn-alerts.ts';
import { RequestBudget } from './burn-rate.ts';
import { describeBudget, errorBudget } from './error-budget.ts';

const STEP = 5 * MINUTE;
const DAYS = DAY / STEP;

/** 10 requests/s, of which a share fails in some cells. */
function budgetOf(points: number, share: (i: number) => number, rate = 10): RequestBudget {
  const total = new Float64Array(points).fill(rate);
  const bad = total.map((value, i) => value * share(i));
  return new RequestBudget({ from: milliseconds(0), step: STEP, points }, total, bad);
}
const at = (i: number) => i * STEP;

test('a whole period of three quarters of the allowed errors leaves a quarter, and lasts: what is spent comes back', () => {
  const { left, covered, burnRate, exhaustedAt } = errorBudget(
    budgetOf(30 * DAYS, () => 0.0075),
    0.99,
  );
  assert.ok(Math.abs(left - 0.25) < 1e-9 && covered === 30 * DAY && Math.abs(burnRate - 0.75) < 1e-9);
  assert.equal(exhaustedAt, undefined);
});

test('the forecast of a rolling period counts what comes back in the meantime', () => {
  // Ten days of one per cent spend a third; one day of three per cent a tenth; 17/30 are left. At 3x they would be gone
  // in 17/3 days, and until then nothing comes back: the third was spent 19 to 29 days before the end of those.
  const late = errorBudget(
    budgetOf(30 * DAYS, (i) => (i >= 18 * DAYS && i < 28 * DAYS ? 0.01 : i >= 29 * DAYS ? 0.03 : 0)),
    0.99,
  );
  assert.ok(Math.abs(late.left - 17 / 30) < 1e-9, `${late.left}`);
  assert.ok(Math.abs(late.exhaustedAt! - (at(30 * DAYS - 1) + (17 / 3) * DAY)) <= 10 * MINUTE);
  // Had the third been spent in the first ten days, a day brings back 1/30 and costs 3/30: 17/2 days.
  const early = errorBudget(
    budgetOf(30 * DAYS, (i) => (i < 10 * DAYS ? 0.01 : i >= 29 * DAYS ? 0.03 : 0)),
    0.99,
  );
  assert.ok(Math.abs(early.left - 17 / 30) < 1e-9);
  assert.ok(Math.abs(early.exhaustedAt! - (at(30 * DAYS - 1) + (17 / 2) * DAY)) <= 10 * MINUTE);
});

test('what is not there is said, and taken to be free of errors', () => {
  const one = errorBudget(
    budgetOf(DAYS, () => 0.3),
    0.99,
  );
  assert.ok(one.covered === DAY && Math.abs(one.left) < 1e-9, 'thirty days of one per cent in one day');
  const half = errorBudget(
    budgetOf(DAYS, () => 0.15),
    0.99,
  );
  assert.ok(Math.abs(half.left - 0.5) < 1e-9);
  assert.equal(half.exhaustedAt, at(DAYS - 1) + DAY);
});

test('a budget that is gone says since when; what is older than the period is forgiven', () => {
  const gone = errorBudget(
    budgetOf(2 * DAYS, (i) => (i >= DAYS ? 1 : 0)),
    0.9,
    { period: 2 * DAY },
  );
  assert.ok(gone.left < 0 && gone.exhaustedAt! > DAY && gone.exhaustedAt! < 1.3 * DAY);
  const forgiven = errorBudget(
    budgetOf(3 * DAYS, (i) => (i < DAYS ? 1 : 0)),
    0.9,
    { period: DAY },
  );
  assert.ok(forgiven.left === 1 && forgiven.exhaustedAt === undefined);
  assert.ok(forgiven.timeline[DAYS - 1]! < -8);
});

test('a budget is told in one line', () => {
  const say = (share: number, points = DAYS) =>
    describeBudget(
      errorBudget(
        budgetOf(points, () => share),
        0.99,
      ),
    );
  assert.equal(
    say(0),
    'error budget of 30 d: 100 % left (24 h of it seen, the rest taken to be free of errors); at 0.0x of the last hour it lasts',
  );
  assert.match(say(0.15), /50 % left .*; at 15\.0x of the last hour it is gone at 1970-01-02 23:55 UTC$/);
  assert.match(say(0.02, 30 * DAYS), /^error budget of 30 d: -100 % left; gone since 1970-01-16/);
});

test('without requests nothing is claimed', () => {
  const none = errorBudget(
    budgetOf(10, () => 0, 0),
    0.99,
  );
  assert.ok(none.left !== none.left && none.burnRate !== none.burnRate && none.exhaustedAt === undefined);
});

test('the budget left falls with every bad request and never lies above one', () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 60 });
  fc.assert(
    fc.property(shares, fc.nat(59), (list, where) => {
      const plain = errorBudget(
        budgetOf(list.length, (i) => list[i]!),
        0.95,
      );
      const worse = errorBudget(
        budgetOf(list.length, (i) => (i === where ? 1 : list[i]!)),
        0.95,
      );
      assert.ok(
        worse.left <= plain.left + 1e-9 && plain.left <= 1 && worse.spent <= list.length * 3000 + 1e-6,
      );
    }),
  );
});

test('slow burns fire after half of their window, and not on an hour of history', () => {
  const phases = (points: number, share: number) =>
    burnAlerts({ budget: budgetOf(points, () => share), objective: 0.99 }).map(
      ({ rule, state }) => `${rule.id} ${state.phase}`,
    );
  assert.deepEqual(phases(HOUR / STEP, 0.035).slice(3), ['1d inactive', '3d inactive']);
  assert.deepEqual(phases(DAYS, 0.035), [
    '1m inactive',
    '1h inactive',
    '6h inactive',
    '1d firing',
    '3d inactive',
  ]);
  assert.deepEqual(phases(3 * DAYS, 0.015).slice(3), ['1d inactive', '3d firing']);
});

test('a burn that stops is resolving first and over after its short window', () => {
  const run = (points: number) => {
    const budget = budgetOf(points, (i) => (i >= 60 && i < 100 ? 0.5 : 0));
    return burnAlerts({ budget, objective: 0.99 }).find(({ rule }) => rule.id === '1h')!;
  };
  assert.deepEqual(
    [run(60), run(80), run(101), run(103)].map(({ state }) => state.phase),
    ['inactive', 'firing', 'resolving', 'inactive'],
  );
  assert.deepEqual(
    run(110).changes.map(({ phase }) => phase),
    ['pending', 'firing', 'resolving', 'inactive'],
  );
});

test('an alert that fires holds until the rate falls below nine tenths of the threshold', () => {
  // 20x for two hours, then 13.5x or 12.5x for one and a half: nine tenths of 14.4x are 12.96x
  const after = (share: number) =>
    burnAlerts({ budget: budgetOf(42, (i) => (i < 24 ? 0.2 : share)), objective: 0.99 }).find(
      ({ rule }) => rule.id === '1h',
    )!;
  assert.equal(after(0.135).state.phase, 'firing');
  assert.equal(after(0.125).state.phase, 'inactive');
  assert.deepEqual(
    after(0.125).changes.map(({ phase }) => phase),
    ['pending', 'firing', 'resolving', 'inactive'],
  );
});

test('one failure in three requests alarms nobody', () => {
  const few = budgetOf(12, (i) => (i > 8 ? 1 / 3 : 0), 0.001);
  assert.ok(burnAlerts({ budget: few, objective: 0.99 }).every(({ state }) => state.phase === 'inactive'));
});

test('an alert fires only after holding long enough, and flapping keeps one alert', () => {
  const timing = { for: 3, keep: 4 };
  const signal = fc.constantFrom<AlertSignal>('raise', 'raise', 'hold', 'clear', 'unknown');
  fc.assert(
    fc.property(fc.array(signal, { maxLength: 60 }), (signals) => {
      let state: AlertState = INACTIVE;
      let raised = 0;
      signals.forEach((one, i) => {
        const next = advanceAlert(state, one, milliseconds(i), timing);
        raised = one === 'raise' ? raised + 1 : one === 'unknown' ? raised : 0;
        if (next.phase === 'firing' && state.phase === 'pending') {
          assert.ok(raised > 0 && next.firedAt! - next.activeAt! >= timing.for);
        }
        if (next.phase === 'inactive' && state.phase === 'firing') assert.fail('resolving comes between');
        if (next.phase === 'resolving' || (next.phase === 'firing' && state.phase === 'resolving'))
          assert.equal(next.firedAt, state.firedAt);
        state = next;
      });
    }),
  );
});
