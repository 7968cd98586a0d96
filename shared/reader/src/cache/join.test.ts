import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBlock, openBlock } from './chunk.ts';
import { SeriesJoin } from './join.ts';

const NAMES = ['still', 'moves at last', 'negative zero', 'never a number', 'another still'];
const SETS = NAMES.map((__name__) => ({ __name__ }));
const block = (from: number, columns: readonly (readonly number[])[]) =>
  openBlock(
    encodeBlock(
      columns.map((values, id) => ({
        id,
        timestamps: Float64Array.from(values, (_, i) => from + i),
        values: Float64Array.from(values),
      })),
    ),
  );

test('series of several blocks come back, also where one value stands all along', () => {
  const join = new SeriesJoin();
  join.add(SETS, block(1000, [[7, 7], [7, 7], [-0, -0], [NaN, NaN], [7, 7]])); // prettier-ignore
  join.add(SETS, block(2000, [[7, 7, 7], [7, 7, 8], [-0, -0, -0], [NaN, NaN, NaN], [7, 7, 7]])); // prettier-ignore
  const series = join.series();
  assert.deepEqual(
    series.map(({ labels, values }) => [labels['__name__'], [...values]]),
    [
      ['still', [7, 7, 7, 7, 7]],
      ['moves at last', [7, 7, 7, 7, 8]],
      ['negative zero', [-0, -0, -0, -0, -0]],
      ['never a number', [NaN, NaN, NaN, NaN, NaN]],
      ['another still', [7, 7, 7, 7, 7]],
    ],
  );
  assert.equal(series[0]!.values, series[4]!.values);
  assert.equal(series[0]!.timestamps, series[3]!.timestamps);
});
