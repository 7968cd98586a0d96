import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliseconds } from '@gumshoe/base/time';
import { levelChecks } from './testdata/level-case.ts';
import { LOG_CASES } from './testdata/level-cases.ts';
import { APP, AREA_RANGE, findingOf, smallWorld } from './testdata/small-world.ts';

for (const { name, complaints } of LOG_CASES.flatMap(levelChecks))
  test(name, () => assert.deepEqual(complaints(), []));

const message = (pattern: string, level = 'error') => ({
  ...APP,
  source: 'stdout',
  level,
  pattern_hash: pattern,
  sample: `sample of ${pattern}`,
});
const METRIC = 'container_log_messages_total';
const LATE = AREA_RANGE.to - 600_000;

/** A log with a habitual error, and another one that begins late. */
const logOf = (perMinute: number, from = LATE, level = 'error') =>
  smallWorld((writer) => {
    writer.counter(METRIC, message('usual'), () => 1 / 60);
    writer.counter(METRIC, message('new', level), () => perMinute / 60, { from });
  });

test('an error that was never logged before is new', () => {
  const finding = findingOf('log-new-pattern', logOf(2));
  assert.equal(finding?.health, 'warning');
  assert.match(
    finding?.message ?? '',
    /An error not seen before was logged \d\d times since .*: sample of new/,
  );
});

test('rare, old and harmless messages are not', () => {
  assert.equal(findingOf('log-new-pattern', logOf(0.4))?.health, 'ok');
  assert.equal(findingOf('log-new-pattern', logOf(2, AREA_RANGE.from))?.health, 'ok');
  assert.equal(findingOf('log-new-pattern', logOf(20, LATE, 'info'))?.health, 'ok');
  assert.equal(findingOf('log-new-pattern', smallWorld()), undefined);
  assert.equal(findingOf('log-error-rate', smallWorld()), undefined);
});

test('an error that comes now and then is not new because it took its time', () => {
  const series = smallWorld((writer) => {
    writer.counter(METRIC, message('fine', 'info'), () => 1);
    // once every 13 minutes, for one sample, ten at a time
    writer.counter(METRIC, message('rare'), (at) => ((at - AREA_RANGE.from) % 780_000 === 0 ? 1 : 0), {
      from: AREA_RANGE.from + 780_000,
    });
  });
  assert.equal(findingOf('log-new-pattern', series)?.health, 'ok');
});

test('errors that are always logged are no spike, ten times as many are', () => {
  const rate = (late: number) =>
    smallWorld((writer) => writer.counter(METRIC, message('usual'), (at) => (at < LATE ? 0.5 : late)));
  assert.equal(findingOf('log-error-rate', rate(0.5))?.health, 'ok');
  assert.equal(findingOf('log-error-rate', rate(1.3))?.health, 'ok');
  assert.equal(findingOf('log-error-rate', rate(5))?.health, 'warning');
});

test('errors in the window are counted', () => {
  assert.equal(findingOf('log-errors', logOf(20))?.health, 'warning');
  const info = smallWorld((writer) => writer.counter(METRIC, message('fine', 'info'), () => 1));
  assert.equal(findingOf('log-errors', info)?.health, 'ok');
});

test('without a past, errors all through the window are a habit, and those of its end are none', () => {
  const rate = (perMinute: number, from: number = AREA_RANGE.from) =>
    findingOf(
      'log-errors',
      smallWorld((writer) => {
        writer.counter(METRIC, message('fine', 'info'), () => 1);
        writer.counter(METRIC, message('one'), (at) => (at < from ? 0 : perMinute / 60));
      }),
    );
  for (const habit of [0.2, 1, 30]) assert.equal(rate(habit)?.health, 'ok', `${habit}`);
  assert.match(
    rate(1)!.explanation.join(),
    /the quarters of the window had 7, 7, 7, 7, at the pace of the 2 calmest it would be 29/,
  );
  assert.equal(rate(0.4, LATE)?.health, 'ok', 'four');
  for (const late of [2, 30]) assert.equal(rate(late, LATE)?.health, 'warning', `${late}`);
  assert.equal(rate(1.5, AREA_RANGE.to - 300_000)?.health, 'warning', 'eight in the last five minutes');
  assert.equal(rate(2, (AREA_RANGE.from + AREA_RANGE.to) / 2)?.health, 'warning', 'half of the window');
});

test('a few errors, and as many as before the window, are no warning', () => {
  const window = { from: milliseconds(LATE), to: AREA_RANGE.to };
  const rate = (before: number, inside: number) =>
    findingOf(
      'log-errors',
      smallWorld((writer) =>
        writer.counter(METRIC, message('usual'), (at) => (at < LATE ? before : inside) / 60),
      ),
      { range: window, history: LATE - AREA_RANGE.from },
    );
  assert.equal(rate(0, 0.3)?.health, 'ok', 'three in ten minutes');
  assert.equal(rate(0, 2)?.health, 'warning', 'twenty after none');
  assert.equal(rate(2, 2.4)?.health, 'ok', 'as many as ever');
  assert.equal(rate(2, 9)?.health, 'warning', 'four times as many');
  assert.match(rate(2, 9)?.message ?? '', /errors were logged in the window, usually (19|20|21)/);
});
