import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { needed, sustained } from './sustained.ts';
import { failingColumn } from './streak.ts';

const RULE = { threshold: 10, exit: 9, points: 5, late: 0 };
const whole = (column: Float64Array) => ({ lo: 0, hi: column.length });
const columns = fc
  .array(fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.constant(NaN)), {
    minLength: 5,
    maxLength: 60,
  })
  .map((values) => Float64Array.from(values));

test('what never lies above the threshold never fires, what stays above it does', () => {
  fc.assert(
    fc.property(columns, (column) => {
      const low = column.map((value) => Math.min(value, 10));
      assert.notEqual(sustained(low, whole(low), RULE)?.firing, true);
      const high = Float64Array.from([...column, 11, 11, 11]);
      assert.equal(sustained(high, whole(high), RULE)?.firing, true);
      const over = Float64Array.from([...high, 9, 9, 9, 9, 9]);
      assert.equal(sustained(over, whole(over), RULE)?.firing, false);
    }),
  );
});

test('between exit and threshold nothing changes', () => {
  fc.assert(
    fc.property(
      columns,
      fc.array(fc.double({ min: 9.01, max: 10, noNaN: true }), { minLength: 5 }),
      (column, between) => {
        const before = Float64Array.from([...column, 11, 11, 11]);
        const after = Float64Array.from([...before, ...between]);
        assert.equal(sustained(after, whole(after), RULE)?.firing, true);
        const calm = Float64Array.from([...column.map((value) => Math.min(value, 9)), ...between]);
        assert.equal(sustained(calm, whole(calm), RULE)?.firing, false);
      },
    ),
  );
});

test('two points prove nothing, and an end without points is not judged', () => {
  assert.equal(sustained(Float64Array.of(99, 99), { lo: 0, hi: 2 }, RULE), undefined);
  const gone = Float64Array.of(99, 99, 99, 99, NaN, NaN, NaN, NaN);
  assert.equal(sustained(gone, whole(gone), RULE), undefined);
  assert.equal(needed(5), 3);
});

test('what is scraped less often is judged by its last points until its next sample is overdue', () => {
  const rule = { ...RULE, late: 8 };
  const state = (...values: readonly number[]) => {
    const column = Float64Array.from(values);
    return sustained(column, whole(column), rule)?.value;
  };
  // a sample every four cells: what it counted lies evenly over them
  assert.equal(state(7, 7, 7, 7, 11, 11, 11, 11, NaN, NaN, NaN), 11);
  assert.equal(state(7, 7, 7, 7, 11, 11, 11, 11, NaN, NaN, NaN, NaN, NaN, NaN), undefined);
  // a sample every cell
  assert.equal(state(7, 8, 7, 8, 11, 12, 11, 12, NaN, NaN, NaN), undefined);
  // however evenly it went on before
  const still = Array.from({ length: 40 }, () => 11);
  assert.equal(state(...still, ...Array.from({ length: 9 }, () => NaN)), undefined);
});

test('the beginning is the point at which most lay above', () => {
  const column = Float64Array.of(1, 1, 11, 11, 11, 11);
  const state = sustained(column, whole(column), RULE);
  assert.deepEqual([state?.firing, state?.since, state?.above, state?.value], [true, 4, 4, 11]);
});

test('failures count until a success comes alone', () => {
  const grid = { from: 0 as never, step: 1000, points: 6 };
  const states = (bad: readonly number[], good: readonly number[]) => [
    ...failingColumn(Float64Array.from(bad), Float64Array.from(good), grid),
  ];
  assert.deepEqual(states([1, 0, 1, 0, 1, 0], [0, 0, 0, 0, 0, 0]), [0, 0, 0, 0, 1, 1]);
  assert.deepEqual(states([1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(states([3, 3, 0, 0, NaN, 0], [9, 9, 9, 9, NaN, 9]), [1, 1, 0, 0, NaN, 0]);
});
