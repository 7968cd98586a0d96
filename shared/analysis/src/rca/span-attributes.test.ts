import assert from 'node:assert/strict';
import { test } from 'node:test';
import { separatingAttributes } from './span-attributes.ts';

const spans = (count: number, make: (i: number) => Record<string, string>): Record<string, string>[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('what failed spans have in common and good ones have not is found', () => {
  const bad = spans(60, (i) => ({ tenant: 'acme', route: `/r${i % 3}`, 'request.id': `a${i}` }));
  const good = spans(200, (i) => ({
    tenant: i % 20 === 0 ? 'acme' : `t${i % 9}`,
    route: `/r${i % 3}`,
    'request.id': `b${i}`,
  }));
  assert.deepEqual(separatingAttributes(bad, good), [{ key: 'tenant', value: 'acme', bad: 1, good: 0.05 }]);
});

test('the outcome itself, ids and chance separate nothing', () => {
  const bad = spans(50, (i) => ({ 'http.status_code': '500', 'error.type': 'X', 'user.id': `u${i}` }));
  const good = spans(50, (i) => ({ 'http.status_code': '200', 'user.id': `v${i}` }));
  assert.deepEqual(separatingAttributes(bad, good), []);
});

test('why a span was kept says nothing of why it failed', () => {
  const bad = spans(50, () => ({ 'gumshoe.kept': 'sampled,failed' }));
  const good = spans(50, () => ({ 'gumshoe.kept': 'sampled' }));
  assert.deepEqual(separatingAttributes(bad, good), []);
});

test('few spans prove nothing', () => {
  assert.deepEqual(
    separatingAttributes(
      spans(3, () => ({ a: 'b' })),
      spans(100, () => ({ a: 'c' })),
    ),
    [],
  );
  assert.deepEqual(
    separatingAttributes(
      spans(100, () => ({ a: 'b' })),
      [],
    ),
    [],
  );
});
