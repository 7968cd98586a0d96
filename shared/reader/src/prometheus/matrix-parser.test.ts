import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { comparable } from '../testdata/counting-source.ts';
import { rawSeries } from './answers.ts';
import { parseMatrix } from './matrix-parser.ts';

const bytes = (value: unknown, space?: number): Buffer =>
  Buffer.from(JSON.stringify(value, undefined, space));

test('it reads what JSON.parse reads', () => {
  const value = fc.oneof(
    fc
      .double()
      .map((one) =>
        Number.isNaN(one) ? 'NaN' : one === Infinity ? '+Inf' : one === -Infinity ? '-Inf' : String(one),
      ),
    fc.constantFrom(
      '0',
      '-0',
      '1e-7',
      '1.7976931348623157e+308',
      '9007199254740993',
      '0.1',
      '123456789.123456789',
      '5e-324',
    ),
    fc.integer().map(String),
  );
  const series = fc.record({
    metric: fc.dictionary(fc.string({ maxLength: 5 }), fc.constantFrom('a', 'ü"\\', '\n}]', '😀', '')),
    values: fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 2e12 }).map((ms) => ms / 1000),
        value,
      ),
      { minLength: 1, maxLength: 6 },
    ),
  });
  fc.assert(
    fc.property(fc.array(series, { maxLength: 4 }), fc.constantFrom(undefined, 1), (result, space) => {
      const data = { resultType: 'matrix', result };
      const answer = { status: 'success', data, warnings: ['w'], infos: [] };
      const expected = rawSeries(data, -1, 2e12).filter(({ values }) => values.length > 0);
      for (const whole of [answer, data]) {
        const parsed = parseMatrix(bytes(whole, space), -1, 2e12);
        assert.deepEqual(comparable(parsed.series), comparable(expected));
        for (const [i, { values }] of parsed.series.entries())
          assert.ok(values.every((one, k) => Object.is(one, expected[i]!.values[k])));
      }
      const { status, warnings } = parseMatrix(bytes(answer, space), -1, 2e12).fields;
      assert.deepEqual([status, warnings], ['success', ['w']]);
    }),
    { numRuns: 25 },
  );
});

test('an error, and an answer that is none', () => {
  const error = { status: 'error', errorType: 'execution', error: 'too "many" samples' };
  assert.deepEqual(parseMatrix(bytes(error), 0, 1), { series: [], fields: error });
  for (const text of [
    '',
    '<html>',
    '{"data":{"result":[{"metric":{"a":"b"},"values":[[1,"2"]',
    '{"data":{"result":[{"metric":{"a":"b"},"values":[[1,"x"]]}]}}',
    '{"data":{"result":[{"metric":{"a":"b"},"values":[[1,2]]}]}}',
    '{"data":{"result":[{"metric":{"a":"b"}}]}}',
    '{"data":{"result":7}}',
    '{"data":{"result":[{"metric":{"a":"b},"values":[[1,"2"]]}]}}',
  ])
    assert.throws(() => parseMatrix(Buffer.from(text), 0, 2e12), SyntaxError, text);
  const whole = bytes({
    status: 'success',
    data: { result: [{ metric: { a: 'b"\\' }, values: [[1.5, '2']] }] },
  });
  for (let cut = 0; cut < whole.length; cut++)
    assert.throws(() => parseMatrix(whole.subarray(0, cut), 0, 2e12), SyntaxError);
});

test('series sampled together share their instants', () => {
  const values = [
    [1, '1'],
    [2, '2'],
  ];
  const result = ['a', 'b', 'c'].map((name, i) => ({
    metric: { name },
    values: i === 2 ? values.slice(1) : values,
  }));
  const { series } = parseMatrix(bytes({ result }), 0, 1e6);
  assert.equal(series[0]!.timestamps, series[1]!.timestamps);
  assert.deepEqual([...series[2]!.timestamps], [2000]);
});
