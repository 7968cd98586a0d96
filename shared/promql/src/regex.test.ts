import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FailureError } from '@gumshoe/base/failure';
import { compileLinear } from './linear-regex.ts';
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
    ['\\p{^Greek}+', ['ab'], ['αβ']],
    ['a\\sb', ['a b', 'a\nb'], ['a\u00a0b', 'a\vb']],
    ['a[\\s-]b', ['a b', 'a-b'], ['a\u00a0b']],
  ] as const) {
    const matches = compileRegex(pattern);
    for (const text of accepted) assert.ok(matches(text), `${pattern} accepts ${JSON.stringify(text)}`);
    for (const text of refused) assert.ok(!matches(text), `${pattern} refuses ${JSON.stringify(text)}`);
  }
});

test('nested repetitions match in linear time', () => {
  for (const [pattern, accepted, refused] of [
    ['(a+)+', ['a', 'aaaa'], ['', 'ab', 'b']],
    ['((a|b)*c)*', ['', 'c', 'abcbc'], ['a', 'abca']],
    ['(/[a-z0-9-]+)+', ['/a', '/api/v-1/x'], ['/', 'a/b', '/A']],
    ['(?i)(/[a-z]+)+', ['/Api/V'], ['/1']],
    ['(x(?i:y+)){1,2}', ['xy', 'xYYxy'], ['Xy', 'xyxyxy', '']],
    ['(\\d+\\.){2,}\\d+', ['1.2.3', '10.0.0.1'], ['1.2', '1..2']],
    ['^(a*)*$', ['', 'aaa'], ['b']],
    ['(α+|[^\\n]?)+é', ['ααxé', 'é'], ['\nα']],
    ['(\\p{Greek}+,)*', ['α,βγ,'], ['α']],
    ['(.*)*', ['', 'any\nthing 💥'], []],
  ] as const) {
    const matches = compileRegex(pattern);
    for (const text of accepted) assert.ok(matches(text), `${pattern} accepts ${JSON.stringify(text)}`);
    for (const text of refused) assert.ok(!matches(text), `${pattern} refuses ${JSON.stringify(text)}`);
  }
  // A backtracking match would not come back from this.
  assert.equal(compileRegex('(a+)+')(`${'a'.repeat(5000)}b`), false);
  assert.equal(compileRegex('((a*)*)*c')('a'.repeat(5000)), false);
});

test('both ways of matching agree', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '(a|b)',
    '(?:ab|a)',
    'a?',
    'b{1,2}',
    '(a|)',
    '^',
    '$',
  );
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), text, (pieces, value) => {
      const pattern = pieces.join('');
      assert.equal(
        compileLinear(pattern, 'su')(value),
        new RegExp(`^(?:${pattern})$`, 'su').test(value),
        pattern,
      );
    }),
    { numRuns: 500 },
  );
});

test('what RE2 has not is refused, and groups of nested repetitions', () => {
  for (const pattern of ['(a)\\1', '(', 'a)', '[a', '*a', '\\', '\\y'])
    assert.equal(codeOf(pattern), 'invalid-input');
  for (const pattern of ['(?=a)', '(?<!a)b', '(a+\\b)+', '((a{90}){90}b*){90}', '(?U)a']) {
    assert.equal(codeOf(pattern), 'not-supported');
  }
  assert.throws(() => compileCapturing('(a+)+'), /repetition inside a repetition/);
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
