import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitText, wrapText } from './surface.ts';

/** A surface whose letters are all one wide. */
const context = { measureText: (text: string) => ({ width: text.length }) } as CanvasRenderingContext2D;

test('text is broken between words and cut in the last line', () => {
  const text = 'Availability: 41 % of 5833 requests succeeded';
  assert.deepStrictEqual(wrapText(context, text, 24, 2), [
    'Availability: 41 % of',
    '5833 requests succeeded',
  ]);
  assert.deepStrictEqual(wrapText(context, text, 16, 2), ['Availability: 41', '% of 5833 reque…']);
  assert.deepStrictEqual(wrapText(context, 'short', 16, 2), ['short']);
  assert.deepStrictEqual(wrapText(context, '', 16, 2), ['']);
});

test('a word that is too long is cut', () => {
  assert.equal(fitText(context, 'abcdef', 4), 'abc…');
  assert.deepStrictEqual(wrapText(context, 'abcdef gh', 4, 2), ['abc…', 'gh']);
});
