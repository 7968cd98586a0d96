import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './connection-flags.ts';
import { instantOf } from './time-flags.ts';

const AT = Date.UTC(2026, 1, 28, 12, 30);

test('times are RFC 3339, seconds or milliseconds; without a zone they are UTC', () => {
  for (const text of [
    '2026-02-28T12:30:00Z',
    '2026-02-28T13:30:00+01:00',
    '2026-02-28 12:30',
    '2026-02-28T12:30:00.000Z',
    String(AT),
    String(AT / 1000),
  ])
    assert.equal(instantOf(text, '--from'), AT, text);
  assert.equal(instantOf('2024-02-29', '--from'), Date.UTC(2024, 1, 29));
  assert.equal(instantOf('1970-01-01T00:00:01Z', '--from'), 1000);
});

test('what is no time of the calendar is refused', () => {
  for (const text of [
    '2026-02-30T00:00:00Z',
    '2025-02-29',
    '2026-13-01',
    '-5',
    'yesterday',
    '12:30',
    '9e9',
    '',
  ])
    assert.throws(() => instantOf(text, '--from'), UsageError, text);
});
