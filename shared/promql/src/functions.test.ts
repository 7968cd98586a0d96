import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import type { Labels, Series } from '@gumshoe/base/series';
import { milliseconds } from '@gumshoe/base/time';
import { evaluateInstant, evaluateRange } from './evaluate.ts';
import { compileMatchers } from './matchers.ts';
import { parsePromql } from './parse.ts';
import type { SeriesSource } from './source.ts';

/** Samples every ten seconds that end at 100 s. */
const series = (labels: Labels, values: readonly number[]): Series => ({
  labels,
  timestamps: Float64Array.from(values, (_, i) => 100_000 - (values.length - 1 - i) * 10_000),
  values: Float64Array.from(values),
});

const ALL: readonly Series[] = [
  series({ __name__: 'g', host: 'a10' }, [4, 1, 9, 1, 5]),
  series({ __name__: 'g', host: 'a9' }, [7]),
  series({ __name__: 'g', host: 'b1' }, [NaN]),
  series({ __name__: 'left', k: 'both' }, [10]),
  series({ __name__: 'left', k: 'only-left' }, [20]),
  series({ __name__: 'right', k: 'both' }, [1]),
  series({ __name__: 'right', k: 'only-right' }, [2]),
  series({ __name__: 'blank', k: 'both', empty: '' }, [5]),
  series({ __name__: 'up', job: 'api', instance: 'a' }, [1]),
  series({ __name__: 'up', job: 'api', instance: 'b' }, [0]),
  series({ __name__: 'target_info', job: 'api', instance: 'a', zone: 'z1', os: 'linux' }, [1]),
  series({ __name__: 'build_info', job: 'api', instance: 'a', commit: 'f00' }, [1]),
  series({ __name__: 'big' }, [1e21]),
  series({ __name__: 'small' }, [1.5e-7]),
  series({ __name__: 'typed', __type__: 'gauge', __unit__: 's' }, [3]),
  series({ __name__: 'my.metric', 'label.with dots': 'x', constructor: 'c' }, [11]),
  ...[
    ['0.1', 50],
    ['1', 40],
    ['+Inf', 100],
  ].map(([le, n]) => series({ __name__: 'lat_bucket', le: String(le) }, [Number(n)])),
  series({ __name__: 'lat_bucket', le: 'x' }, [1]),
];

const source: SeriesSource = {
  select: (matchers, from, to) => {
    const accept = compileMatchers(matchers);
    return ALL.filter(
      (one) => accept(one.labels) && one.timestamps.some((time) => time > from && time <= to),
    );
  },
};

const ask = (query: string) => evaluateInstant(parsePromql(query), source, 100_000);
const vector = (query: string): Readonly<Record<string, number>> => {
  const result = ask(query);
  assert.equal(result.type, 'vector');
  const text = (labels: Labels): string =>
    Object.entries(labels)
      .sort()
      .map((pair) => pair.join('='))
      .join(',');
  return Object.fromEntries(
    (result.type === 'vector' ? result.samples : []).map(({ labels, value }) => [
      text(labels),
      Number(value.toPrecision(12)),
    ]),
  );
};
const refusal = (query: string): string => {
  try {
    ask(query);
  } catch (error) {
    assert.ok(error instanceof FailureError);
    return error.failure.reason;
  }
  return 'not refused';
};

describe('what Debian’s Prometheus is too old to be asked', () => {
  const table: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
    ['mad_over_time(g{host="a10"}[1m])', { 'host=a10': 3 }],
    ['first_over_time(g{host="a10"}[1m])', { '__name__=g,host=a10': 4 }],
    ['ts_of_first_over_time(g{host="a10"}[1m])', { 'host=a10': 60 }],
    ['ts_of_last_over_time(g{host="a10"}[1m])', { 'host=a10': 100 }],
    ['ts_of_min_over_time(g{host="a10"}[1m])', { 'host=a10': 90 }],
    ['ts_of_max_over_time(g{host="a10"}[1m])', { 'host=a10': 80 }],
    ['double_exponential_smoothing(g{host="a10"}[30s], 0.5, 0.5)', { 'host=a10': -1 }],
    ['limitk(1, g)', { '__name__=g,host=a10': 5 }],
    ['limitk(2, left)', { '__name__=left,k=both': 10, '__name__=left,k=only-left': 20 }],
    ['limitk(0, left)', {}],
    ['count(limit_ratio(0.4, left) or limit_ratio(-0.6, left))', { '': 2 }],
    ['limit_ratio(0.4, left) and limit_ratio(-0.6, left)', {}],
    ['left + blank', { 'k=both': 15 }],
    ['left + fill(0) right', { 'k=both': 11, 'k=only-left': 20, 'k=only-right': 2 }],
    ['left + fill_right(5) right', { 'k=both': 11, 'k=only-left': 25 }],
    ['left - fill_left(5) right', { 'k=both': 9, 'k=only-right': 3 }],
    ['left > bool fill_right(30) right', { 'k=both': 1, 'k=only-left': 0 }],
    ['left atan2 right', { 'k=both': Number(Math.atan2(10, 1).toPrecision(12)) }],
    [
      'info(up)',
      {
        '__name__=up,instance=a,job=api,os=linux,zone=z1': 1,
        '__name__=up,instance=b,job=api': 0,
      },
    ],
    ['info(up, {zone=~".+"})', { '__name__=up,instance=a,job=api,zone=z1': 1 }],
    [
      'info(up, {__name__="build_info"})',
      { '__name__=up,commit=f00,instance=a,job=api': 1, '__name__=up,instance=b,job=api': 0 },
    ],
    ['count_values("v", big)', { 'v=1000000000000000000000': 1 }],
    ['count_values("v", small)', { 'v=0.00000015': 1 }],
    ['-typed', { '': -3 }],
    ['{"my.metric"}', { '__name__=my.metric,constructor=c,label.with dots=x': 11 }],
    ['{"my.metric", "label.with dots"="x"} + 1', { 'constructor=c,label.with dots=x': 12 }],
    ['sum by ("label.with dots") ({"my.metric"})', { 'label.with dots=x': 11 }],
    ['left{constructor!=""}', {}],
    ['g{host="a10"} offset -(10s * 2) @ 80', { '__name__=g,host=a10': 5 }],
    ['max_over_time(g{host="a10"}[1m / 2 + 5s])', { 'host=a10': 9 }],
    ['max_over_time(g{host="a10"}[min_of(15, 1m)])', { 'host=a10': 5 }],
    ['sum_over_time(g{host="a10"}[20])', { 'host=a10': 6 }],
    ['vector(-NaN)', { '': NaN }],
    ['vector(-2^2)', { '': -4 }],
    ['vector(1 - -2^2 * 3 + (-2)^2 + 2^-1)', { '': 17.5 }],
    ['vector(-1 ^ 0.5 + +3^2)', { '': 8 }],
    ['vector(1m30s)', { '': 90 }],
    ['stddev(vector(NaN))', { '': NaN }],
    ['clamp(vector(NaN), Inf, Inf)', { '': Infinity }],
    ['histogram_fraction(0, 0.1, lat_bucket)', { '': 0.5 }],
    ['histogram_fraction(-Inf, +Inf, lat_bucket)', { '': 1 }],
    ['histogram_quantiles(lat_bucket, "q", 0.5, 1)', { 'q=0.5': 0.1, 'q=1.0': 1 }],
    ['left </ 3', {}],
    ['histogram_avg(left)', {}],
    ['vector(end() - start() + range() + step())', { '': 0 }],
  ];
  for (const [query, expected] of table) test(query, () => assert.deepEqual(vector(query), expected));
});

test('sort_by_label orders numbers in labels by size', () => {
  const order = (query: string): readonly string[] => {
    const result = ask(query);
    return result.type === 'vector' ? result.samples.map(({ labels }) => labels['host']!) : [];
  };
  assert.deepEqual(order('sort_by_label(g, "host")'), ['a9', 'a10', 'b1']);
  assert.deepEqual(order('sort_by_label_desc(g, "host")'), ['b1', 'a10', 'a9']);
  assert.deepEqual(order('sort(g)'), ['a10', 'a9', 'b1']);
  assert.deepEqual(order('sort_desc(g)'), ['a9', 'a10', 'b1']);
  assert.deepEqual(order('topk(3, g)'), ['a9', 'a10', 'b1']);
});

describe('annotations in the words of Prometheus', () => {
  const table: readonly (readonly [string, 'warnings' | 'infos', string])[] = [
    [
      'rate(g[1m])',
      'infos',
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "g" (1:6)',
    ],
    [
      'quantile(1.5, g)',
      'warnings',
      'PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:10)',
    ],
    [
      'quantile_over_time(-1, g[1m])',
      'warnings',
      'PromQL warning: quantile value should be between 0 and 1, got -1 (1:20)',
    ],
    [
      'histogram_quantile(NaN, lat_bucket{le!="x"})',
      'warnings',
      'PromQL warning: quantile value should be between 0 and 1, got NaN (1:20)',
    ],
    [
      'histogram_quantile(0.5,\n  lat_bucket{le="x"})',
      'warnings',
      'PromQL warning: bucket label "le" is missing or has a malformed value of "x" for metric name "lat_bucket" (2:3)',
    ],
    [
      'histogram_quantile(0.5, lat_bucket{le!="x"})',
      'infos',
      'PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 1 to 1, with a max diff of 10, over 1 samples from 1970-01-01T00:01:40Z to 1970-01-01T00:01:40Z (1:25)',
    ],
    [
      'limit_ratio(-2, left)',
      'warnings',
      'PromQL warning: ratio value should be between -1 and 1, got -2, capping to -1 (1:13)',
    ],
    [
      'left >/ right',
      'infos',
      'PromQL info: incompatible sample types encountered for binary operator ">/": float >/ float (1:1)',
    ],
  ];
  for (const [query, kind, expected] of table)
    test(query, () => {
      const result = ask(query);
      assert.deepEqual(result[kind], [expected]);
      assert.deepEqual(result[kind === 'infos' ? 'warnings' : 'infos'], []);
    });

  test('a counter has none', () => {
    const { warnings, infos } = ask('sum(rate(http_requests_total[5m]))');
    assert.deepEqual([warnings, infos], [[], []]);
  });
});

describe('refused in the words of Prometheus, with the place', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['', /^1:1: parse error: no expression found in input/],
    [
      'rate(g)',
      /^1:6: parse error: expected type range vector in call to function "rate", got instant vector/,
    ],
    ['round(g, 1, 2)', /^1:1: parse error: expected at most 2 argument\(s\) in call to "round", got 3/],
    ['clamp(g, 1)', /^1:1: parse error: expected 3 argument\(s\) in call to "clamp", got 2/],
    ['sum(\n  "x")', /^2:3: parse error: expected type instant vector in aggregation expression, got string/],
    ['g * on(a) group_left(a) g', /label "a" must not occur in ON and GROUP clause at once/],
    ['g offset 1m offset 2m', /offset may not be set multiple times/],
    ['g @ 1 @ 2', /@ <timestamp> may not be set multiple times/],
    ['sum(g) offset 1m', /offset modifier must be preceded by/],
    ['g{host=~"\\d+"}', /^1:9: parse error: unknown escape sequence U\+0064 'd'/],
    ["g{host='a\\\"'}", /unknown escape sequence U\+0022/],
    ['g{host="a', /^1:8: parse error: unterminated quoted string/],
    ['sum(g', /^1:6: parse error: unclosed left parenthesis/],
    ['g)', /^1:3: parse error: unexpected right parenthesis '\)'/],
    ['g]', /^1:2: parse error: unexpected right bracket '\]'/],
    ['g[5m', /^1:5: parse error: unclosed left bracket/],
    ['g{host="a"', /^1:11: parse error: unexpected end of input inside braces/],
    ['g{host=a}', /^1:8: parse error: unexpected identifier "a" in label matching, expected string/],
    ['g{host}', /^1:7: parse error: unexpected "}" in label matching, expected label matching operator/],
    ['g{="a"}', /^1:3: parse error: unexpected "=" in label matching, expected identifier or "}"/],
    ['g{a="b" c="d"}', /^1:9: parse error: unexpected identifier "c" in label matching, expected "," or "}"/],
    ['g{host=1}', /^1:8: parse error: unexpected character inside braces: '1'/],
    ['g @ h', /^1:5: parse error: unexpected identifier "h" in @, expected timestamp/],
    ['g offset h', /^1:10: parse error: unexpected identifier "h" in offset, expected number, duration/],
    [
      'sum by (a b) (g)',
      /^1:11: parse error: unexpected identifier "b" in grouping opts, expected "," or "\)"/,
    ],
    ['sum by a (g)', /^1:8: parse error: unexpected identifier "a" in grouping opts, expected "\("/],
    ['sum h', /^1:5: parse error: unexpected identifier "h"$/],
    ['sum by (a) h', /^1:12: parse error: unexpected identifier "h" in aggregation/],
    ['sum(g) by (a) sum', /^1:15: parse error: unexpected <aggr:sum>$/],
    ['g +', /^1:4: parse error: unexpected end of input/],
    ['g{host=~"("}', /^1:3: parse error: error parsing regexp: /],
    ['label_replace(g, "a", "b", "host", "(")', /^invalid regular expression in label_replace\(\): \(/],
    ['1e400', /^1:1: parse error: error parsing number: "1e400" is out of range/],
    ['g 5m', /^1:3: parse error: unexpected duration "5m"/],
    ['g h', /^1:3: parse error: unexpected identifier "h"/],
    ['(g by (a))', /^1:4: parse error: unexpected <by>/],
    ['g * / g', /^1:5: parse error: unexpected <op:\/>/],
    ['1 == 1', /^1:3: parse error: comparisons between scalars must use BOOL modifier/],
    ['(g) offset 1m', /offset modifier must be preceded by/],
    ['g @ 1e300', /timestamp out of bounds for @ modifier/],
    ['count_values("", g)', /invalid label name ""/],
    ['g{__name__="h"}', /metric name must not be set twice/],
    ['{host=~".*"}', /must contain at least one non-empty matcher/],
    ['{host!~".+"}', /must contain at least one non-empty matcher/],
    ['1[5m:1m]', /subquery is only allowed on instant vector, got scalar instead/],
    ['-"x"', /unary expression only allowed on expressions of type scalar or instant vector, got "string"/],
    ['g[0s]', /duration must be greater than 0/],
    ['g[step()]', /step\(\) needs a query with a range and a step/],
    ['1 + on(a) g', /vector matching only allowed between instant vectors/],
    ['g and fill(1) g', /filling in missing series not allowed for set operators/],
    ['topk(NaN, g)', /Parameter value is NaN/],
    ['topk(1e30, g)', /Scalar value 1e\+30 overflows int64/],
    ['info(up, up)', /expected label selectors only/],
    [
      'double_exponential_smoothing(g[1m], 2, 0.5)',
      /invalid smoothing factor. Expected: 0 < sf < 1, got: 2.000000/,
    ],
    ['{__name__=~"left|right",k="both"} * 2', /vector cannot contain metrics with the same labelset/],
    ['sum({__name__=~"left|right",k="both"} * 2)', /vector cannot contain metrics with the same labelset/],
    [
      'left * on() group_left() right',
      /found duplicate series for the match group \{\} on the right hand-side of the operation: \[\{__name__="right", k="only-right"\}, \{__name__="right", k="both"\}\];many-to-many matching not allowed/,
    ],
    ['left > on() right{k="both"}', /many-to-one matching must be explicit \(group_left\/group_right\)/],
  ];
  for (const [query, words] of table) test(query || 'nothing', () => assert.match(refusal(query), words));
});

test('a range query takes no range vectors, in the words of Prometheus', () => {
  const source = { select: () => [] };
  const grid = { from: milliseconds(0), step: 1000, points: 2 };
  for (const query of ['g[5m]', 'g[5m:1m]', '(g[5m] offset 1m)'])
    assert.throws(
      () => evaluateRange(parsePromql(query), source, grid),
      /invalid expression type "range vector" for range query, must be Scalar or instant Vector/,
      query,
    );
});
