import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redactSecrets } from './redact.ts';

const cases: readonly (readonly [string, string])[] = [
  ['GET / Authorization: Basic dXNlcjpwYXNz', 'GET / Authorization: [redacted]'],
  ['{"cookie":"sid=1; theme=dark","path":"/"}', '{"cookie":"[redacted]","path":"/"}'],
  ['sent Bearer abcdefgh.ijkl-mnop to shop', 'sent Bearer [redacted] to shop'],
  [
    'connect postgres://app:hunter2@db:5432/shop failed',
    'connect postgres://app:[redacted]@db:5432/shop failed',
  ],
  ['DB_PASSWORD=hunter2 retry=3', 'DB_PASSWORD=[redacted] retry=3'],
  ['{"api_key": "abc", "user": "bob"}', '{"api_key": "[redacted]", "user": "bob"}'],
  [
    'ERROR checkout failed for user 42: timeout after 8000 ms',
    'ERROR checkout failed for user 42: timeout after 8000 ms',
  ],
  [
    '2026-11-21T05:00:00Z GET http://api:8080/orders/1 200',
    '2026-11-21T05:00:00Z GET http://api:8080/orders/1 200',
  ],
];
for (const [text, expected] of cases)
  test(`redacts ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(redactSecrets(text), expected));

test('a private key leaves its headline only', () => {
  const redacted = redactSecrets('-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----');
  assert.ok(!redacted.includes('MIIabc'));
});

test('a password never survives, whatever surrounds it', () => {
  const secret = fc.stringMatching(/^[a-zA-Z0-9]{12}$/);
  fc.assert(
    fc.property(secret, fc.stringMatching(/^[ -~]{0,40}$/), (word, rest) => {
      assert.ok(!redactSecrets(`${rest} password=${word} ${rest.replaceAll(word, '')}`).includes(word));
    }),
  );
});

test('long hostile text is taken', () => {
  assert.ok(redactSecrets('password'.repeat(8000)).length > 0);
  assert.ok(redactSecrets('a://'.repeat(16_000)).length > 0);
});
