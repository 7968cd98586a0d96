import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { milliseconds } from '@gumshoe/base/time';
import {
  formatLink,
  linkStore,
  navigate,
  parseLink,
  resolveRange,
  setParams,
  visit,
  type Link,
} from './link.ts';

const range = fc.oneof(
  fc.integer({ min: 1, max: 10_000 }).map((minutes) => ({ kind: 'last', minutes }) as const),
  fc
    .tuple(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 1, max: 1e9 }))
    .map(
      ([from, width]) =>
        ({ kind: 'fixed', from: milliseconds(from), to: milliseconds(from + width) }) as const,
    ),
);
const text = fc.string({ unit: 'grapheme', minLength: 1 });
const link = fc.record(
  {
    view: text,
    subject: text,
    range,
    params: fc.dictionary(text, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
  },
  { requiredKeys: ['view', 'range', 'params'], noNullPrototype: true },
);

test('a link opens the same screen again, whatever is in it', () => {
  fc.assert(fc.property(link, (sent) => assert.deepStrictEqual(parseLink(formatLink(sent as Link)), sent)));
});

test('what is no link leads to the overview', () => {
  for (const hash of ['', '#', '#nonsense', '#/', '#/%E0%A4%A'])
    assert.equal(parseLink(hash).view, 'overview');
  assert.deepStrictEqual(parseLink('#/map?from=5&to=1').range, { kind: 'last', minutes: 15 });
});

test('"last" ends at the anchor, two instants stay where they are', () => {
  const now = milliseconds(3_600_000);
  assert.deepStrictEqual(resolveRange({ kind: 'last', minutes: 15 }, now), {
    from: 2_700_000,
    to: 3_600_000,
  });
  const fixed = { kind: 'fixed', from: milliseconds(1), to: milliseconds(2) } as const;
  assert.deepStrictEqual(resolveRange(fixed, now), { from: 1, to: 2 });
});

test('evidence is a visit: leaving its view leads back to the window from before', () => {
  const history: unknown = { pushState: () => {}, replaceState: () => {} };
  Object.assign(globalThis, { window: { history } });
  const before = { kind: 'last', minutes: 30 } as const;
  const during = { kind: 'fixed', from: milliseconds(1), to: milliseconds(2) } as const;
  linkStore.set({ view: 'rca', range: before, params: {} });
  visit({ view: 'explore', range: during, params: { query: 'up' } });
  setParams({ query: 'down' });
  assert.deepStrictEqual(linkStore.get().range, during);
  visit({ view: 'traces', range: { ...during, to: milliseconds(9) } });
  navigate({ view: 'rca' });
  assert.deepStrictEqual(linkStore.get(), { view: 'rca', range: before, params: {} });
});
