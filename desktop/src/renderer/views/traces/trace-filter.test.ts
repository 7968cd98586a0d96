import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds } from '@gumshoe/base/time';
import { parseTraceQuery, toSpanFilter, TRACE_LIMIT } from './trace-filter.ts';

const RANGE = { from: milliseconds(0), to: milliseconds(1) };

test('a filter as evidence writes it', () => {
  const query = parseTraceQuery('{"traceId":"t1","serviceName":"orders","errorsOnly":true}');
  assert.deepStrictEqual(query, { traceId: 't1', serviceName: 'orders', errorsOnly: true });
  assert.deepStrictEqual(toSpanFilter(query, RANGE), {
    range: RANGE,
    order: 'slowest',
    limit: TRACE_LIMIT,
    serviceName: 'orders',
    errorsOnly: true,
  });
});

test('without a service one row per trace is asked for; failures are looked for inside traces too', () => {
  assert.equal(toSpanFilter({}, RANGE).rootsOnly, true);
  assert.equal(toSpanFilter({ serviceName: 'x' }, RANGE).rootsOnly, undefined);
  assert.equal(toSpanFilter({ errorsOnly: true }, RANGE).rootsOnly, undefined);
});

test('any text is read without a throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json()),
      (text) => typeof toSpanFilter(parseTraceQuery(text), RANGE) === 'object',
    ),
  );
});
