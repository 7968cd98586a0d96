import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harmless, harmlessJson } from './harmless.ts';

test('names and lines of others do not command the terminal', () => {
  assert.equal(
    harmless('a\u001b]0;title\u0007b\rc\u009b2Jd\u202ee'),
    'a\u{fffd}]0;title\u{fffd}b\u{fffd}c\u{fffd}2Jd\u{fffd}e',
  );
  assert.equal(harmless('\u001b[8mhidden'), '\u{fffd}[8mhidden');
  assert.equal(
    harmless('\u001b[31mcritical\u001b[39m\tGrüße 雪 🙂\n'),
    '\u001b[31mcritical\u001b[39m\tGrüße 雪 🙂\n',
  );
});

test('JSON keeps its value', () => {
  const value = { name: 'a\u001b[2J\u009b\u202e\u007f', list: ['\n'] };
  const json = harmlessJson(JSON.stringify(value, undefined, 2));
  assert.deepEqual(JSON.parse(json), value);
  assert.equal(harmless(json), json);
});
