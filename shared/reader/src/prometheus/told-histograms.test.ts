import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { milliseconds } from '@gumshoe/base/time';
import { histogramText } from '@gumshoe/promql/histograms/text';
import { gridSeries, rawSeries } from './answers.ts';
import { parseMatrix } from './matrix-parser.ts';

const one = (count: string): object => ({
  count,
  sum: '4.5',
  buckets: [
    [3, '-0.001', '0.001', '1'],
    [0, '0.5', '1', '2'],
  ],
});

const answer = (histograms: unknown): object => ({
  resultType: 'matrix',
  result: [
    {
      metric: { __name__: 'h' },
      values: [[10, '7']],
      histograms,
    },
  ],
});

const data = answer([
  [20, one('3')],
  [30.5, one('4')],
  [40, { count: '0', sum: 'NaN' }],
]);

const EXPECTED = [
  '{count:3, sum:4.5, [-0.001,0.001]:1, (0.5,1]:2}',
  '{count:4, sum:4.5, [-0.001,0.001]:1, (0.5,1]:2}',
];

test('both ways of reading an answer give the floats and the histograms of a series', () => {
  const bytes = Buffer.from(JSON.stringify({ status: 'success', data }));
  for (const [series] of [rawSeries(data, 5_000, 35_000), parseMatrix(bytes, 5_000, 35_000).series]) {
    assert.deepEqual([...series!.values], [7]);
    assert.deepEqual([...series!.histograms!.timestamps], [20_000, 30_500]);
    assert.deepEqual(series!.histograms!.samples.map(histogramText), EXPECTED);
    assert.deepEqual(
      series!.histograms!.samples.map(({ schema, zeroThreshold }) => [schema, zeroThreshold]),
      [
        [0, 0.001],
        [0, 0.001],
      ],
    );
  }
});

test('on a grid each has its place', () => {
  const grid = { from: milliseconds(10_000), step: 10_000, points: 4 };
  const [series] = gridSeries(data, grid);
  assert.deepEqual([...series!.values], [7, NaN, NaN, NaN]);
  assert.deepEqual(
    series!.histograms!.map((histogram) => histogram?.count),
    [undefined, 3, 4, 0],
  );
});

test('another shape is said to be one', () => {
  const wrong = [
    [[20, { count: 'many', sum: '1' }]],
    [[20, 7]],
    [[20, { count: '1', sum: '1', buckets: [[0, '1']] }]],
  ];
  for (const histograms of wrong) {
    assert.throws(
      () => rawSeries(answer(histograms), 0, 1e6),
      (error) => {
        return error instanceof FailureError && error.failure.code === 'wrong-server';
      },
    );
    assert.throws(
      () => parseMatrix(Buffer.from(JSON.stringify({ data: answer(histograms) })), 0, 1e6),
      SyntaxError,
    );
  }
});
