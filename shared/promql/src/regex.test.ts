import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FailureError } from '@gumshoe/base/failure';
import { compileCapturing, compileRegex } from './regex.ts';

const codeOf = (pattern: string): string => {
  try {
    compileRegex(pattern);
    return 'compiled';
  } catch (error) {
    assert.ok(error instanceof FailureError);
    return error.failure.code;
  }
};

test('expressions match the whole value, newlines included', () => {
  for (const [pattern, accepted, refused] of [
    ['a|b', ['a', 'b'], ['ab', '', 'a\n']],
    ['a.c', ['abc', 'a\nc'], ['abcd', 'xabc']],
    ['', [''], ['a']],
    ['.+', ['x'], ['']],
    ['(?i)Api-[[:digit:]]+', ['API-12'], ['api-']],
    ['(?P<x>a)+', ['aaa'], ['b']],
    ['\\Qa.b\\E.*', ['a.bc'], ['axbc']],
    ['[^a]{2}', ['bc'], ['ab', 'b']],
    ['[]a]', [']', 'a'], ['b']],
    ['/v1/.*', ['/v1/x'], ['/v2']],
    ['a{,2}', ['a{,2}'], ['aa']],
    ['\\p{Greek}+', ['αβ'], ['ab']],
  ] as const) {
    const matches = compileRegex(pattern);
    for (const text of accepted) assert.ok(matches(text), `${pattern} accepts ${JSON.stringify(text)}`);
    for (const text of refused) assert.ok(!matches(text), `${pattern} refuses ${JSON.stringify(text)}`);
  }
});

test('what RE2 has not, and what could run for ever here, is refused', () => {
  for (const pattern of ['(a)\\1', '(', 'a)', '[a', '*a', '\\', '\\y'])
    assert.equal(codeOf(pattern), 'invalid-input');
  for (const pattern of ['(?=a)', '(?<!a)b', '(a+)+', '((a|b)*c)*', '(?U)a']) {
    assert.equal(codeOf(pattern), 'not-supported');
  }
  assert.equal(codeOf('(a+b)?'), 'compiled');
  assert.equal(codeOf('(?:ab)+c+'), 'compiled');
});

test('quoted text matches itself and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, other) => {
      const quoted = text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      assert.ok(compileRegex(quoted)(text));
      assert.equal(compileRegex(quoted)(other), text === other);
    }),
  );
});

test('groups are captured by number and by name', () => {
  const match = compileCapturing('(?P<host>[a-z]+)-(\\d+)').exec('db-12');
  assert.deepEqual([match?.groups?.['host'], match?.[2]], ['db', '12']);
});
