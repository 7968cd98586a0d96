import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { obfuscateText } from './obfuscate-text.ts';

test('literals become placeholders, words and structure stay', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['login of ada@example.org from 10.1.2.3:443 failed', 'login of <email> from <ip>:443 failed'],
    ['peer fe80::1 and 2001:db8:0:1:2:3:4:5 and ::1', 'peer <ip> and <ip> and <ip>'],
    ['order 3f2504e0-4f89-11d3-9a0c-0305e82c3301 not found', 'order <uuid> not found'],
    ["user 'Ada Lovelace' unknown", "user '?' unknown"],
    ['{"user": "Ada", "n": 12345678}', '{"user": "?", "n": <number>}'],
    ['GET /cart?session=abc&item=5 200', 'GET /cart?session=?&item=? 200'],
    ['card 4111111111111111 declined in 35 ms', 'card <id> declined in 35 ms'],
    [
      "slow query: SELECT * FROM users WHERE mail = 'ada@example.org' AND id = 17",
      'slow query: SELECT * FROM users WHERE mail = ? AND id = ?',
    ],
    ['password=hunter2 rejected', 'password=[redacted] rejected'],
    ['at 12:34:56 the queue held 120 items', 'at 12:34:56 the queue held 120 items'],
  ];
  for (const [text, expected] of cases) assert.equal(obfuscateText(text), expected);
});

test('no text makes it throw or take long', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => void obfuscateText(text)),
    { numRuns: 200 },
  );
  for (const piece of ['a@', '0:', '::', '"', "'", '1.', '?a=', 'select ', 'deadbeef'])
    obfuscateText(piece.repeat(20_000));
});
