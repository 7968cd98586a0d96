import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, milliseconds, MINUTE, type TimeGrid } from '@gumshoe/base/time';
import { burnAlerts } from './burn-alerts.ts';
import { burnRateAt, RequestBudget } from './burn-rate.ts';
import { ALL_BURN_RULES } from './burn-rules.ts';
import { earlierGrids } from './earlier.ts';
import { budgetCourse, errorBudget } from './error-budget.ts';

const END = 100 * DAY;

/** Cells whose last instant is so long before the end. */
const cells = (from: number, to: number, step: number): TimeGrid => ({
  from: milliseconds(END - from + step),
  step,
  points: Math.round((from - to) / step),
});

/** 20 requests/s of which a share fails that depends on how long before the end they came. */
function budgetOf(grid: TimeGrid, share: (age: number) => number, earlier?: RequestBudget): RequestBudget {
  const rate = new Float64Array(grid.points).fill(20);
  const bad = rate.map((all, i) => all * share(END - (grid.from + (i - 0.5) * grid.step)));
  return new RequestBudget(grid, rate, bad, earlier);
}

/** 16 % in the last hour, 2 % in the rest of the last day, 0.1 % in the three days before: four days of requests. */
const SHARE = (age: number): number => (age < HOUR ? 0.16 : age < DAY ? 0.02 : 0.001);
const far = budgetOf(cells(4 * DAY, 3 * DAY, 6 * HOUR), SHARE);
const near = budgetOf(cells(3 * DAY, HOUR, 30 * MINUTE), SHARE, far);
const now = budgetOf(cells(75 * MINUTE, 0, 15_000), SHARE, near);

test('every rule of burn rates sees as much of the past as it is about', () => {
  const rates = ALL_BURN_RULES.map((rule) => burnRateAt(now, rule, 0.01, now.grid.points));
  const rounded = rates.map(({ longRate, shortRate, firing, truncated }) => [
    Number(longRate.toFixed(3)),
    Number(shortRate.toFixed(3)),
    firing,
    truncated,
  ]);
  assert.deepEqual(rounded, [
    [16, 16, true, false],
    [16, 16, true, false],
    // (1 h of 16 and 5 h of 2) / 6
    [4.333, 16, false, false],
    // (16 + 23 * 2) / 24, and (16 + 2) / 2 over two hours
    [2.583, 9, false, false],
    // (16 + 23 * 2 + 48 * 0.1) / 72, and (16 + 5 * 2) / 6
    [0.928, 4.333, false, false],
  ]);
});

test('the error budget of the period counts what came before the window, with its course', () => {
  const { covered, allowed, spent, left, earlier, timeline, exhaustedAt } = errorBudget(now, 0.99);
  assert.equal(covered, 4 * DAY);
  // Thirty days of 20/s, of which one per cent may fail.
  assert.ok(Math.abs(allowed - 518_400) < 1, `${allowed}`);
  // 3 d * 0.1 %, 23 h * 2 %, 1 h * 16 % of 20/s
  assert.ok(Math.abs(spent - (5184 + 33_120 + 11_520)) < 1, `${spent}`);
  assert.ok(Math.abs(left - (1 - 49_824 / 518_400)) < 1e-6);
  assert.deepEqual(
    earlier.map(({ grid, timeline: left }) => [grid.step, left.length]),
    [
      [6 * HOUR, 4],
      [30 * MINUTE, 142],
    ],
  );
  // After the first day 0.1 % of 1,728,000 requests are spent.
  assert.ok(Math.abs(earlier[0]!.timeline[3]! - (1 - 1728 / 518_400)) < 1e-9);
  assert.ok(Math.abs(timeline.at(-1)! - left) < 1e-9);
  // 468,576 are left, and the last hour spent 11,520.
  assert.ok(Math.abs(exhaustedAt! - END - (468_576 / 11_520) * HOUR) < 5 * MINUTE);
});

test('a budget that was gone before the window says since when', () => {
  // Seven days of 0.1 % are 12,096 requests: 5184 in the first three days, the rest in 4.8 h of 1440 each.
  const { left, exhaustedAt } = errorBudget(now, 0.999, { period: 7 * DAY });
  assert.ok(Math.abs(left - (1 - 49_824 / 12_096)) < 1e-6);
  assert.equal(exhaustedAt, END - DAY + 5 * HOUR);
});

test('the course of a budget is told by a few instants of all of it', () => {
  const { at, left } = budgetCourse(errorBudget(now, 0.99), now.grid, 25);
  assert.equal(at.length, 25);
  const expected = (age: number): number => {
    const days = Math.max(0, 4 * DAY - Math.max(age, DAY)) / DAY;
    const hours = Math.max(0, DAY - Math.max(age, HOUR)) / HOUR;
    return 1 - (days * 1728 + hours * 1440 + (Math.max(0, HOUR - age) / HOUR) * 11_520) / 518_400;
  };
  at.forEach((one, i) => assert.ok(Math.abs(left[i]! - expected(END - one)) < 1e-6, `${i}`));
  assert.ok(at.every((one, i) => i === 0 || one > at[i - 1]!) && at[24] === END && at[0] === END - 90 * HOUR);
});

test('a slow burn that began before the window fires in it, with the time at which it did', () => {
  const slow = (age: number): number => (age < 2.5 * DAY ? 0.035 : 0);
  const past = budgetOf(cells(3 * DAY, HOUR, 30 * MINUTE), slow);
  const present = budgetOf(cells(75 * MINUTE, 0, 15_000), slow, past);
  const alerts = burnAlerts({ budget: present, objective: 0.99 });
  assert.deepEqual(
    alerts.map(({ rule, state }) => `${rule.id} ${state.phase}`),
    ['1m inactive', '1h inactive', '6h inactive', '1d firing', '3d firing'],
  );
  assert.ok(alerts[3]!.state.firedAt! < END - 75 * MINUTE);
});

test('cells of the time before reach to the beginning of the period or of the data, and up to the window', () => {
  const world = {
    grid: { from: milliseconds(END - 75 * MINUTE + 15_000), step: 15_000, points: 300 },
    range: { from: milliseconds(END - HOUR), to: milliseconds(END) },
  };
  const spans = (since: number, period?: number) =>
    earlierGrids(world, since, { rules: [], ...(period === undefined ? {} : { period }) }).map(
      ({ from, step, points }) => [
        (END - from + step) / HOUR,
        (END - from - (points - 1) * step) / HOUR,
        step / HOUR,
      ],
    );
  assert.deepEqual(spans(0), [
    [720, 72, 6],
    [72, 1, 0.5],
  ]);
  assert.deepEqual(spans(0, 7 * DAY)[0], [168, 72, 6]);
  assert.deepEqual(spans(END - 10 * HOUR), [[10, 1, 0.5]]);
  assert.deepEqual(spans(END - 75 * MINUTE), []);
});
