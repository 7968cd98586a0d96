import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import type { ErrorBudgetState } from '../../contract/engine.ts';
import { PALETTES } from '../theme/palette.ts';
import { budgetLines, budgetOption } from './budget-option.ts';

const budget = (at: readonly number[], left: readonly number[], exhaustedAt?: number): ErrorBudgetState => ({
  period: 1000,
  covered: 100,
  allowed: 10,
  spent: 1,
  left: left.at(-1) ?? NaN,
  timeline: { at: Float64Array.from(at), left: Float64Array.from(left) },
  burnRate: 2,
  ...(exhaustedAt === undefined ? {} : { exhaustedAt: milliseconds(exhaustedAt) }),
  summary: 'error budget',
});

test('a forecast reaches nothing left where there is room for it', () => {
  const lines = budgetLines(budget([0, 100], [1, 0.4], 140))!;
  assert.deepStrictEqual(lines.forecast, [
    [100, 0.4],
    [140, 0],
  ]);
  assert.deepStrictEqual(lines.axis, [0, 140]);
  assert.equal(lines.low, 0);
});

test('a far end does not squeeze the past: the forecast is cut on its way', () => {
  const lines = budgetLines(budget([0, 100], [1, 0.9], 1_100))!;
  assert.deepStrictEqual(lines.axis, [0, 150]);
  const [, end] = lines.forecast;
  assert.equal(end![0], 150);
  assert.ok(Math.abs(end![1] - 0.855) < 1e-9);
  assert.ok(lines.low > 0.5 && lines.low < 0.855);
});

test('what lasts and what is gone have no forecast; what is overspent is below the axis of nothing left', () => {
  assert.deepStrictEqual(budgetLines(budget([0, 100], [1, 0.9]))!.forecast, []);
  const gone = budgetLines(budget([0, 100], [1, -3], 40))!;
  assert.deepStrictEqual(gone.forecast, []);
  assert.equal(gone.low, -3);
  const { series } = budgetOption(gone, 40, PALETTES.dark) as unknown as {
    readonly series: readonly {
      readonly markLine?: { readonly data: readonly { yAxis?: number; xAxis?: number }[] };
    }[];
  };
  const marks = series[0]!.markLine!.data;
  assert.ok(marks.some(({ yAxis }) => yAxis === 0));
  assert.ok(marks.some(({ xAxis }) => xAxis === 40));
});

test('without requests, or at one instant only, there is no course', () => {
  assert.equal(budgetLines(budget([], [])), undefined);
  assert.equal(budgetLines(budget([5], [1])), undefined);
});
