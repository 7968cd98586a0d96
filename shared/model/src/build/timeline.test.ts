import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeline, type OwnedStretch } from './timeline.ts';

const TOLERANCE = 10;
const claim = (subject: string, from: number, to: number) => ({ subject, from, to });
const text = (stretches: readonly OwnedStretch<string>[]): readonly string[] =>
  stretches.map(({ subject, from, to, certain }) => `${subject}${certain ? '' : '?'} ${from}..${to}`);

test('without claims nobody owns anything', () => {
  assert.deepEqual(timeline([], TOLERANCE), []);
});

test('an owner watched all the time owns all the time', () => {
  assert.deepEqual(text(timeline([claim('a', -Infinity, Infinity)], TOLERANCE)), ['a -Infinity..Infinity']);
});

test('outside its life an owner is a guess', () => {
  assert.deepEqual(text(timeline([claim('a', 100, 200)], TOLERANCE)), [
    'a? -Infinity..90',
    'a 90..210',
    'a? 210..Infinity',
  ]);
});

test('a hand-over happens when the first was last seen', () => {
  const claims = [claim('b', 205, Infinity), claim('a', -Infinity, 200)];
  assert.deepEqual(text(timeline(claims, TOLERANCE)), ['a -Infinity..200', 'b 200..Infinity']);
});

test('between two owners the one that left is the guess', () => {
  const claims = [claim('a', -Infinity, 200), claim('b', 300, Infinity)];
  assert.deepEqual(text(timeline(claims, TOLERANCE)), ['a -Infinity..210', 'a? 210..290', 'b 290..Infinity']);
});

test('of two that are there at once the latest comer answers', () => {
  const claims = [claim('a', -Infinity, Infinity), claim('b', 100, 200)];
  assert.deepEqual(text(timeline(claims, TOLERANCE)), ['a -Infinity..100', 'b 100..200', 'a 200..Infinity']);
});

test('one that was seen in a single sample owns that moment', () => {
  assert.deepEqual(text(timeline([claim('a', 100, 100)], TOLERANCE)).slice(1, 2), ['a 90..110']);
});
