import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logSeries, patternHash } from './log-series.ts';

const record = (body: string, severity = '', timestamp = 1_000_000, serviceName = 'web') => ({
  timestamp,
  serviceName,
  severity,
  body,
});

test('records that differ in numbers and ids are one pattern of one level', () => {
  const series = logSeries([
    record('user 17 logged in from 10.0.0.1', 'INFO'),
    record('user 99 logged in from 10.0.0.7', 'info', 1_007_000),
    record('cannot reach 5f0c3a9e', 'ERROR'),
    record('WARN: slow answer'),
  ]);
  const counted = series.map(({ labels, values }) => [labels['level'], values.at(-1)]);
  assert.deepEqual(counted.sort(), [
    ['error', 1],
    ['info', 2],
    ['warning', 1],
  ]);
});

test('complaints about different services are told apart, though they differ in one word only', () => {
  const series = logSeries([
    record('call to cart failed', 'ERROR', 1_000_000),
    record('call to stock-2 failed', 'ERROR', 1_000_000),
    record('call to stock-3 failed', 'ERROR', 1_000_000),
    record('call to stock-3 failed', 'ERROR', 1_000_000),
    record('ready', 'INFO', 1_000_000, 'cart'),
    record('ready', 'INFO', 1_000_000, 'stock-2'),
    record('ready', 'INFO', 1_000_000, 'stock-3'),
  ]).filter(({ labels }) => labels['level'] === 'error');
  assert.deepEqual(series.map(({ labels, values }) => [labels['sample'], values.at(-1)]).sort(), [
    ['call to cart failed', 1],
    ['call to stock-2 failed', 1],
    ['call to stock-3 failed', 2],
  ]);
  assert.equal(new Set(series.map(({ labels }) => labels['pattern_hash'])).size, 3);
});

test('patterns are bounded: what is beyond is one of its own', () => {
  const words = (i: number): string =>
    [...String(i)]
      .map(
        (digit) =>
          ['alpha', 'beta', 'gamma', 'delta', 'eps', 'zeta', 'eta', 'theta', 'iota', 'kappa'][Number(digit)],
      )
      .join(' ') + ' x'.repeat(i % 90);
  const series = logSeries(Array.from({ length: 2000 }, (_, i) => record(words(i), 'INFO')));
  assert.ok(series.length <= 101, `${series.length}`);
  const total = series.reduce((sum, { values }) => sum + values.at(-1)!, 0);
  assert.equal(total, 2000);
});

test('the hash is FNV-1a of the words', () => {
  // test vectors of the reference: "" and "a"
  assert.equal(patternHash([]), 'cbf29ce484222325');
  assert.equal(patternHash(['a']), 'af63dc4c8601ec8c');
  assert.equal(patternHash(['foobar']), '85944171f73967e8');
});
