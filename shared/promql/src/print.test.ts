import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePromql } from './parse.ts';
import { printPromql } from './print.ts';

const PLACES = new Set(['from', 'to', 'line', 'column', 'operatorFrom']);

/** The tree without the places of its nodes. */
const shape = (text: string): unknown =>
  JSON.parse(
    JSON.stringify(parsePromql(text), (key, value: unknown) => (PLACES.has(key) ? undefined : value)),
  );

const queries = [
  'up',
  '{"odd.name", "a.b"=~"x\\n\\"y"} offset -5m',
  'rate(x{a!="b"}[1m30s] @ 17.25 offset 1h)',
  'max_over_time(sum by (a, "c d") (rate(x[1m]))[5m:30s] @ end())',
  'avg_over_time(x[5m:])',
  'rate(x[5m] anchored offset 1m) - y smoothed',
  '-2 ^ 2 * -x % NaN',
  'a + on (x) group_left (y) b',
  'a / ignoring (x) fill_left(1) fill_right(-2) b',
  'a and on () b or c unless ignoring (z) d',
  'a > bool 3',
  'topk without (a) (3, x) == 1e300',
  'quantile(0.5, x)',
  'count_values("v", x)',
  'label_replace(x, "a", "$1", "b", "(.*)")',
  'info(x, {k="v"})',
  'time() - timestamp(x)',
];
for (const query of queries)
  test(query, () => {
    assert.deepEqual(shape(printPromql(parsePromql(query))), shape(query));
  });

test('step() and range() in durations are those of the query', () => {
  const timing = { step: 15_000, range: 3_600_000 };
  const printed = (query: string): string => printPromql(parsePromql(query, timing));
  assert.equal(
    printed('rate(x[step() * 4] offset (range() / 2))'),
    'rate({__name__="x"}[60000ms] offset 1800000ms)',
  );
  assert.equal(printed('x[range():step()]'), '({__name__="x"})[3600000ms:15000ms]');
  assert.equal(printed('x[max_of(step(), 1m)]'), '{__name__="x"}[60000ms]');
  assert.throws(() => parsePromql('x[step()]', { step: 0, range: 0 }), /duration must be greater than 0/);
});
