import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CountedSpan } from '@gumshoe/model/derived/trace-series';
import { failedRequests } from './failed-requests.ts';

const span = (
  traceId: string,
  spanId: string,
  parentSpanId: string,
  serviceName: string,
  name: string,
  start: number,
  status: string,
  kind = 'Server',
): CountedSpan => ({
  traceId,
  spanId,
  parentSpanId,
  name,
  kind,
  serviceName,
  start,
  duration: 5,
  status,
  attributes: {},
});

/** shop asks stock, then price; when it fails it does so before it asks price. */
function order(id: number, fails: boolean, client = 'front'): readonly CountedSpan[] {
  const trace = `t${id}`;
  return [
    span(trace, 'a', '', client, 'page', 0, 'Unset'),
    span(trace, 'b', 'a', 'shop', 'order', 1, fails ? 'Error' : 'Unset'),
    span(trace, 'c', 'b', 'shop', 'ask stock', 2, 'Unset', 'Client'),
    span(trace, 'd', 'c', 'stock', 'count', 3, 'Unset'),
    ...(fails
      ? []
      : [
          span(trace, 'e', 'b', 'shop', 'ask price', 8, 'Unset', 'Client'),
          span(trace, 'f', 'e', 'price', 'of', 9, 'Unset'),
        ]),
  ];
}

const many = (from: number, count: number, fails: boolean, client?: string): readonly CountedSpan[] =>
  Array.from({ length: count }, (_, i) => order(from + i, fails, client)).flat();

test('tells whose answer came last before a failure, and before a good end', () => {
  const found = failedRequests(['shop'], [...many(0, 10, true), ...many(100, 20, false)]);
  assert.deepEqual(found, {
    failed: 10,
    good: 20,
    after: [
      { serviceName: 'stock', failed: 1, good: 0 },
      { serviceName: 'price', failed: 0, good: 1 },
    ],
    askedBy: [{ serviceName: 'front', failed: 1, good: 1 }],
  });
});

test('tells who asked for what failed', () => {
  const found = failedRequests(
    ['shop'],
    [...many(0, 10, true, 'admin'), ...many(100, 18, false), ...many(200, 2, false, 'admin')],
  );
  assert.deepEqual(found?.askedBy, [
    { serviceName: 'admin', failed: 1, good: 0.1 },
    { serviceName: 'front', failed: 0, good: 0.9 },
  ]);
});

test('a request that failed because a call did is none of its own, and few tell nothing', () => {
  const called = many(0, 20, true).map((one) => (one.name === 'count' ? { ...one, status: 'Error' } : one));
  assert.equal(failedRequests(['shop'], [...called, ...many(100, 20, false)]), undefined);
  assert.equal(failedRequests(['shop'], [...many(0, 3, true), ...many(100, 20, false)]), undefined);
});
