import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instantOfText } from './instant-text.ts';

test('dates without a zone are UTC, wherever they are read', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  for (const text of [
    '2026-01-02T03:04:05Z',
    '2026-01-02T03:04:05',
    '2026-01-02 03:04:05',
    ' 2026-01-02 03:04:05.000 ',
    '2026-01-02T04:04:05+01:00',
    'Fri, 02 Jan 2026 03:04:05 GMT',
    'Jan 2 2026 03:04:05',
  ])
    assert.equal(instantOfText(text), at, text);
  assert.equal(instantOfText('2026-01-02 03:04:05,678901'), at + 678);
  assert.equal(instantOfText('2026-01-02'), Date.UTC(2026, 0, 2));
  assert.ok(Number.isNaN(instantOfText('yesterday')));
});
