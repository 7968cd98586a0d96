import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { logLevel } from './log-level.ts';
import { patternWords, samePattern } from './log-pattern.ts';
import { MessageJoiner } from './multiline.ts';

const levels: readonly (readonly [string, string])[] = [
  ['2026-11-21T05:00:00Z ERROR database failed: timeout', 'error'],
  ['I1121 05:00:00.000000 1 main.go:1] started', 'info'],
  ['E1121 05:00:00.000000 1 main.go:1] broke', 'error'],
  ['level=warn msg="slow"', 'warning'],
  ['[05:00:00] <crit> disk', 'critical'],
  ['2026/11/21 05:00:00 [error] 12#12: upstream timed out', 'error'],
  ['2026-11-21 05:00:00 UTC [12] FATAL:  terminating connection', 'critical'],
  ['2026-11-21 06:46:20.555 UTC [30473] FATAL:  terminating connection', 'critical'],
  ['2026-11-21 06:46:20.555 UTC [30473] LOG:  skipping vacuum', 'info'],
  ['just some words', 'unknown'],
  ['cannot open log file: ERROR 13', 'error'],
  ['wrote the log', 'unknown'],
  ['constructor of the pool', 'unknown'],
  ['7:M 21 Nov 2026 05:00:00.123 . 0 clients connected', 'debug'],
  ['7:M 21 Nov 2026 05:00:00.123 - Accepted 10.0.0.1:4000', 'info'],
  ['7:M 21 Nov 2026 05:00:00.123 * Ready to accept connections', 'warning'],
  ['7:M 21 Nov 2026 05:00:00.123 # Server initialized', 'warning'],
  ['2026-11-21 05:00:00 - ERROR - broke', 'error'],
  ['[4018] 14 Nov 07:01:22.119 * Background saving terminated with success', 'warning'],
  ['1:S 12 Nov 07:52:11.999 - some words', 'info'],
  ['- an item of a list', 'unknown'],
  ['copied a * b', 'unknown'],
];
for (const [line, expected] of levels)
  test(`level of ${line.slice(0, 60)}`, () => assert.equal(logLevel(line), expected));

test('a pattern keeps what does not change', () => {
  const a = patternWords(
    "2026-11-21T05:00:00Z ERROR checkout failed for user 42: 'timeout after 8000 ms' (0xdeadbeef)",
  );
  const b = patternWords("2026-11-21T06:10:00Z ERROR checkout failed for user 7: 'connection refused' (0x1)");
  assert.deepEqual(a, ['ERROR', 'checkout', 'failed', 'for', 'user']);
  assert.ok(samePattern(a, b));
  assert.ok(!samePattern(a, patternWords('ERROR something else broke entirely here')));
});

test('what is in quotes and brackets is no part of a pattern; what is never closed reaches to the end', () => {
  const cases: readonly (readonly [line: string, words: string])[] = [
    [`ERROR can't connect to the database`, 'ERROR can'],
    [`ERROR it "said \\"no\\" to all" again`, 'ERROR it again'],
    ['ERROR foo[1]bar failed', 'ERROR foobar failed'],
    ['ERROR (a (b) c [d) e] f) end', 'ERROR end'],
    ['ERROR closed] twice) end', 'ERROR closed end'],
    ["WARN selector: {'a': ['1', '2']} unmatched", 'WARN selector unmatched'],
  ];
  for (const [line, words] of cases) assert.equal(patternWords(line).join(' '), words, line);
});

test('a long run of punctuation is read once', () => {
  assert.deepEqual(patternWords(`ERROR ${'='.repeat(1_000_000)}x lost`), ['ERROR', 'lost']);
});

test('a stack trace is one message', () => {
  const joiner = new MessageJoiner();
  const lines = [
    '05:00:00 ERROR boom',
    'java.lang.X: y',
    '\tat a.b(C.java:1)',
    'Caused by: z',
    '05:00:01 INFO next',
  ];
  const messages = lines.flatMap((line) => joiner.add(line) ?? []);
  assert.deepEqual(messages, [lines.slice(0, 4).join('\n')]);
  assert.equal(joiner.flush(), '05:00:01 INFO next');
});

test('a JSON line without a clock is a message of its own behind one with a clock', () => {
  const joiner = new MessageJoiner();
  const [text, json] = [
    '12:00:01 ERROR payment failed',
    '{"level":"warn","msg":"slow query","ts":1795288831439}',
  ];
  assert.equal(joiner.add(text), undefined);
  assert.equal(joiner.add('{ order: 7 }'), undefined, 'what is dumped behind a message belongs to it');
  assert.equal(joiner.add(json), `${text}\n{ order: 7 }`);
  assert.equal(joiner.flush(), json);
});

test('any line is taken', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (line) => {
      logLevel(line);
      assert.ok(patternWords(line).length <= 100);
    }),
  );
});

test('tracebacks with their causes, and panics of Go, are one message each', () => {
  const joined = (text: string): string[] => {
    const joiner = new MessageJoiner();
    const done = text.split('\n').flatMap((line) => joiner.add(line) ?? []);
    return [...done, joiner.flush() ?? ''].filter(Boolean);
  };
  const python = [
    'Traceback (most recent call last):',
    '  File "a.py", line 1, in f',
    'KeyError: 1',
    '',
    'During handling of the above exception, another exception occurred:',
    '',
    'Traceback (most recent call last):',
    '  File "b.py", line 2, in g',
    'ValueError: no',
  ].join('\n');
  assert.deepEqual(joined(`${python}\nnext line`), [python, 'next line']);
  const lone = python.split('\n').slice(0, 3).join('\n');
  assert.deepEqual(joined(`worker started\n${lone}\n${lone}`), ['worker started', lone, lone]);
  assert.deepEqual(joined(`05:00:00 ERROR boom\n${lone}`), [`05:00:00 ERROR boom\n${lone}`]);
  const go = 'panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:7 +0x1d\nexit status 2';
  assert.deepEqual(joined(`${go}\n12:00:01 started again`), [go, '12:00:01 started again']);
});
