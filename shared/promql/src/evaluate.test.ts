import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FailureError } from '@gumshoe/base/failure';
import type { Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { evaluateInstant, evaluateRange } from './evaluate.ts';
import { compileMatchers } from './matchers.ts';
import { parsePromql } from './parse.ts';
import { selectorsOf } from './selectors.ts';
import { markStale, type SeriesSource } from './source.ts';

const series = (
  labels: Record<string, string>,
  values: readonly number[],
  step = 15_000,
  start = 0,
): Series => ({
  labels,
  timestamps: Float64Array.from(values, (_, i) => start + i * step),
  values: Float64Array.from(values),
});

function sourceOf(all: readonly Series[]): SeriesSource {
  return {
    select(matchers, from, to) {
      const accept = compileMatchers(matchers);
      return all
        .filter((one) => accept(one.labels))
        .map((one) => {
          const keep = (_: number, i: number) => one.timestamps[i]! > from && one.timestamps[i]! <= to;
          return {
            labels: one.labels,
            timestamps: one.timestamps.filter(keep),
            values: one.values.filter(keep),
          };
        })
        .filter((one) => one.timestamps.length > 0);
    },
  };
}

const counter = (rate: number, n = 41): number[] => Array.from({ length: n }, (_, i) => i * rate * 15);
const source = sourceOf([
  series({ __name__: 'http', job: 'a', code: '200' }, counter(10)),
  series({ __name__: 'http', job: 'a', code: '500' }, counter(1)),
  series({ __name__: 'http', job: 'b', code: '200' }, counter(4)),
  series({ __name__: 'info', job: 'a', version: '1' }, Array(41).fill(1)),
  series({ __name__: 'info', job: 'b', version: '2' }, Array(41).fill(1)),
  series(
    { __name__: 'gauge', job: 'a' },
    Array.from({ length: 41 }, (_, i) => i),
  ),
  ...[
    ['0.1', 50],
    ['0.5', 90],
    ['1', 100],
    ['+Inf', 100],
  ].map(([le, n]) => series({ __name__: 'lat_bucket', le: String(le) }, Array(41).fill(n))),
]);

const AT = 600_000;
const vector = (query: string, at = AT): Record<string, number> => {
  const result = evaluateInstant(parsePromql(query), source, at);
  assert.equal(result.type, 'vector');
  const samples = result.type === 'vector' ? result.samples : [];
  return Object.fromEntries(
    samples.map(({ labels, value }) => [
      Object.entries(labels)
        .sort()
        .map((pair) => pair.join('='))
        .join(','),
      Number(value.toPrecision(12)),
    ]),
  );
};

describe('values a reader can check by hand', () => {
  const table: readonly (readonly [string, Record<string, number>])[] = [
    ['gauge', { '__name__=gauge,job=a': 40 }],
    ['gauge offset 1m', { '__name__=gauge,job=a': 36 }],
    ['gauge @ 300', { '__name__=gauge,job=a': 20 }],
    ['rate(http{code="500"}[1m])', { 'code=500,job=a': 1 }],
    ['increase(http{code="500"}[1m])', { 'code=500,job=a': 60 }],
    ['irate(http{job="b"}[1m])', { 'code=200,job=b': 4 }],
    ['sum by (job) (rate(http[1m]))', { 'job=a': 11, 'job=b': 4 }],
    ['sum without (code) (rate(http[1m]))', { 'job=a': 11, 'job=b': 4 }],
    ['avg(rate(http[1m]))', { '': 5 }],
    ['count(http)', { '': 3 }],
    ['topk(1, rate(http[1m]))', { 'code=200,job=a': 10 }],
    ['quantile(0.5, rate(http[1m]))', { '': 4 }],
    [
      'rate(http{code="500"}[1m]) / ignoring(code) group_left sum without(code) (rate(http[1m]))',
      { 'code=500,job=a': Number((1 / 11).toPrecision(12)) },
    ],
    [
      'rate(http{code="200"}[1m]) * on(job) group_left(version) info',
      { 'code=200,job=a,version=1': 10, 'code=200,job=b,version=2': 4 },
    ],
    ['rate(http[1m]) > 3', { 'code=200,job=a': 10, 'code=200,job=b': 4 }],
    ['rate(http{job="b"}[1m]) > bool 5', { 'code=200,job=b': 0 }],
    ['info and on(job) gauge', { '__name__=info,job=a,version=1': 1 }],
    ['info unless on(job) gauge', { '__name__=info,job=b,version=2': 1 }],
    ['histogram_quantile(0.5, lat_bucket)', { '': 0.1 }],
    ['histogram_quantile(0.7, lat_bucket)', { '': 0.3 }],
    ['max_over_time(gauge[1m])', { 'job=a': 40 }],
    ['count_over_time(gauge[1m])', { 'job=a': 4 }],
    ['avg_over_time(gauge[1m:15s])', { 'job=a': 38.5 }],
    ['delta(gauge[5m])', { 'job=a': 20 }],
    ['deriv(gauge[5m])', { 'job=a': Number((1 / 15).toPrecision(12)) }],
    ['absent(nothing{job="x"})', { 'job=x': 1 }],
    ['-gauge', { 'job=a': -40 }],
    ['gauge - gauge offset 1m', { 'job=a': 4 }],
    ['gauge + -gauge offset 1m', { 'job=a': 4 }],
    ['label_replace(gauge, "z", "$1-x", "job", "(.*)")', { '__name__=gauge,job=a,z=a-x': 40 }],
    ['timestamp(gauge)', { 'job=a': 600 }],
    ['vector(2) + scalar(gauge)', { '': 42 }],
    ['{__name__=~"ga.*|nothing"}', { '__name__=gauge,job=a': 40 }],
    ['clamp_max(gauge, 7)', { 'job=a': 7 }],
  ];
  for (const [query, expected] of table) test(query, () => assert.deepEqual(vector(query), expected));
});

test('windows and lookback are open on the left, as in Prometheus 3', () => {
  assert.deepEqual(vector('count_over_time(gauge[30s])'), { 'job=a': 2 });
  assert.deepEqual(vector('gauge', 600_000 + 299_999), { '__name__=gauge,job=a': 40 });
  assert.deepEqual(vector('gauge', 600_000 + 300_000), {});
});

test('a counter reset adds what was counted before it', () => {
  const reset = sourceOf([series({ __name__: 'c' }, [0, 10, 20, 5, 15])]);
  const result = evaluateInstant(parsePromql('increase(c[1m])'), reset, 60_000);
  const value = result.type === 'vector' ? (result.samples[0]?.value ?? NaN) : NaN;
  assert.ok(Math.abs(value - (25 * 60) / 45) < 1e-9, String(value));
});

test('a stale marker ends a series at once', () => {
  const ended = series({ __name__: 'g' }, [1, 2, 0]);
  markStale(ended.values, 2);
  const stale: SeriesSource = { select: () => [ended] };
  const at = (ms: number) => {
    const result = evaluateInstant(parsePromql('g'), stale, ms);
    return result.type === 'vector' ? result.samples : undefined;
  };
  assert.deepEqual(at(20_000), [{ labels: { __name__: 'g' }, value: 2 }]);
  assert.deepEqual(at(31_000), []);
});

test('errors are typed and say what was wrong', () => {
  const code = (query: string): string => {
    try {
      evaluateInstant(parsePromql(query), source, AT);
    } catch (error) {
      assert.ok(error instanceof FailureError);
      return `${error.failure.code}: ${error.failure.reason}`;
    }
    return 'no error';
  };
  assert.match(code('sum(http'), /^invalid-input: 1:9/);
  assert.match(code('holt_winters(gauge[5m], 1, 1)'), /Prometheus 3 calls it double_exponential_smoothing/);
  assert.match(code('max_over_time(gauge[5m] anchored)'), /only be used with: changes, .* not with max_over/);
  assert.match(code('rate(gauge[5m:] smoothed)'), /smoothed modifier is not supported for subqueries/);
  assert.match(code('gauge anchored'), /anchored modifier must be preceded by a range vector selector/);
  assert.match(code('nosuch(gauge)'), /invalid-input|not-supported/);
  assert.match(code('http * on(job) info'), /many-to-one matching must be explicit/);
  assert.match(code('http + on(job) http'), /many-to-many|many-to-one/);
  assert.match(code('gauge[5m]  + 1'), /invalid-input/);
  assert.match(code('rate(gauge)'), /expected type range vector/);
});

test('a range query equals instant queries at each of its steps', () => {
  const queries = [
    'sum by (job) (rate(http[1m]))',
    'gauge > 20',
    'topk(1, http)',
    'max_over_time(rate(http[1m])[2m:30s])',
    'http and on(job) gauge offset 1m',
    'limitk(2, http) or limit_ratio(0.5, http)',
    'http * on(job) group_left(version) info',
    'gauge + fill(1) http{code="500"}',
    'info(http, {__name__="info"})',
    'histogram_quantile(scalar(gauge) / 40, lat_bucket)',
    'count_values("v", gauge > 5) or absent(gauge > 5)',
    'predict_linear(gauge[2m] @ 300, 30) - stddev_over_time(gauge[1m] offset -30s)',
    'label_replace({__name__=~"http|info"}, "__name__", "x", "", "") unless gauge',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...queries), fc.nat(900_000), fc.nat(90_000), (query, from, step) => {
      const grid = { from: milliseconds(from), step: step + 1, points: 12 };
      const expr = parsePromql(query);
      const range = evaluateRange(expr, source, grid);
      for (let i = 0; i < grid.points; i++) {
        const instant = evaluateInstant(expr, source, grid.from + i * grid.step);
        const samples = instant.type === 'vector' ? instant.samples : [];
        const present = range.series
          .filter((one) => one.present[i])
          .map((one) => [JSON.stringify(one.labels), one.values[i]]);
        assert.deepEqual(
          present.sort(),
          samples.map((one) => [JSON.stringify(one.labels), one.value]).sort(),
        );
      }
    }),
    { numRuns: queries.length * 20 },
  );
});

test('selectorsOf covers every sample an evaluation touches', () => {
  for (const query of [
    'rate(http[5m] offset 1m)',
    'sum(gauge) + max_over_time(rate(http[1m])[10m:1m])',
    'gauge @ end()',
    'gauge offset -2m',
    'info(gauge, {__name__="info",version=~".+"})',
    'max_over_time((gauge)[10m:1m] @ 100 offset 1m) or timestamp(gauge @ start() offset 5m)',
  ]) {
    const expr = parsePromql(query);
    const allowed = selectorsOf(expr, AT, AT);
    const watched: SeriesSource = {
      select(matchers, from, to) {
        assert.ok(
          allowed.some(
            (one) =>
              JSON.stringify(one.matchers) === JSON.stringify(matchers) && one.from <= from && one.to >= to,
          ),
          `${query}: ${from}..${to}`,
        );
        return source.select(matchers, from, to);
      },
    };
    evaluateInstant(expr, watched, AT);
  }
});

test('any text is parsed or refused with a typed error', () => {
  const piece = fc.constantFrom(
    'sum',
    'by',
    '(',
    ')',
    '{',
    '}',
    '[5m]',
    'a',
    '"x"',
    '=',
    '=~',
    '+',
    'and',
    'offset',
    '@',
    '1',
    ',',
    'rate',
    'bool',
    '-',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      try {
        evaluateInstant(parsePromql(pieces.join(' ')), source, AT);
      } catch (error) {
        assert.ok(error instanceof FailureError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
