import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { answerWithin } from './answer-limit.ts';

const { signal } = new AbortController();

test('an answer in time is handed on, a refusal as well', async () => {
  assert.equal(await answerWithin('db', signal, async () => 42), 42);
  await assert.rejects(
    answerWithin('db', signal, () => Promise.reject(new Error('refused'))),
    /refused/,
  );
});

test('what never answers is given up, told to stop, and named', async () => {
  let told = false;
  const never = (working: AbortSignal) =>
    new Promise<never>(() => working.addEventListener('abort', () => (told = true)));
  await assert.rejects(answerWithin('http://db:9090', signal, never, 5), (error: unknown) => {
    assert.ok(error instanceof FailureError);
    assert.equal(error.failure.code, 'timeout');
    assert.equal(error.failure.target, 'http://db:9090');
    return true;
  });
  assert.equal(told, true);
});
