import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { QueryStore, type Question } from './query-store.ts';

interface Asked {
  readonly signal: AbortSignal;
  readonly resolve: (value: string) => void;
  readonly reject: (error: Error) => void;
}

function question(key: string, family = 'family') {
  const asked: Asked[] = [];
  const value: Question<string> = {
    key,
    family,
    ask: (signal) => new Promise((resolve, reject) => asked.push({ signal, resolve, reject })),
  };
  return { value, asked };
}

test('asked once for all who look, kept for those who come later', async () => {
  const store = new QueryStore();
  const { value, asked } = question('a');
  let updates = 0;
  store.observe(value, () => updates++);
  store.observe(value, () => updates++);
  assert.equal(asked.length, 1);
  assert.equal(store.inFlight, 1);
  asked[0]!.resolve('answer');
  await settled();
  assert.deepStrictEqual(store.read(value), { loading: false, value: 'answer' });
  assert.equal(updates, 2);
  store.observe(value, () => {});
  assert.equal(asked.length, 1);
  assert.equal(store.inFlight, 0);
});

test('the last answer of a family stays on screen while the next window loads', async () => {
  const store = new QueryStore();
  const first = question('window 1');
  store.observe(first.value, () => {});
  first.asked[0]!.resolve('old');
  await settled();
  assert.deepStrictEqual(store.read(question('window 2').value), { loading: true, value: 'old' });
  assert.deepStrictEqual(store.read(question('other', 'other').value), { loading: true });
});

test('a failed refresh keeps the earlier answer beside the failure, and retry asks again', async () => {
  const store = new QueryStore();
  const first = question('1');
  store.observe(first.value, () => {});
  first.asked[0]!.resolve('old');
  await settled();
  const second = question('2');
  store.observe(second.value, () => {});
  second.asked[0]!.reject(new Error('down'));
  await settled();
  const state = store.read(second.value);
  assert.equal(state.value, 'old');
  assert.equal(state.failure?.reason, 'down');
  store.retry(second.value);
  second.asked[1]!.resolve('new');
  await settled();
  assert.deepStrictEqual(store.read(second.value), { loading: false, value: 'new' });
});

test('a question nobody asks any more is cancelled and asked anew when it comes back', async () => {
  const store = new QueryStore();
  const { value, asked } = question('a');
  const leave = store.observe(value, () => {});
  leave();
  await settled();
  assert.equal(asked[0]!.signal.aborted, true);
  store.observe(value, () => {});
  assert.equal(asked.length, 2);
  asked[0]!.resolve('late');
  await settled();
  assert.equal(store.read(value).value, undefined);
});

test('leaving and coming back at once does not cancel', async () => {
  const store = new QueryStore();
  const { value, asked } = question('a');
  const leave = store.observe(value, () => {});
  leave();
  store.observe(value, () => {});
  await settled();
  assert.equal(asked.length, 1);
  assert.equal(asked[0]!.signal.aborted, false);
});

test('another source forgets everything', async () => {
  const store = new QueryStore();
  const { value, asked } = question('a');
  store.observe(value, () => {});
  asked[0]!.resolve('answer');
  await settled();
  store.clear();
  assert.deepStrictEqual(store.read(value), { loading: true });
  assert.equal(store.peek('family'), undefined);
});
