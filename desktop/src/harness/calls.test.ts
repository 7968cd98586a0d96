import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureError } from '@gumshoe/base/failure';
import { milliseconds } from '@gumshoe/base/time';
import type { EngineState } from '../contract/bridge.ts';
import { decodeValue, encodeValue } from '../contract/codec.ts';
import { DEFAULT_PREFERENCES, type ConnectionId, type WorkbenchHandlers } from '../contract/ipc.ts';
import type { Message } from '../contract/message.ts';
import { WorkbenchClient } from '../renderer/client/workbench-client.ts';
import { CallSession } from '../engine/serve.ts';

const RANGE = { from: milliseconds(0), to: milliseconds(1000) };
const CONNECTION = 'c1' as ConnectionId;

/** Client and session joined by bytes, as in the application. */
function join(handlers: Partial<WorkbenchHandlers>) {
  let toPage: (frame: Uint8Array) => void = () => {};
  let engineState: (state: EngineState) => void = () => {};
  const session = new CallSession(handlers as WorkbenchHandlers, (message) =>
    queueMicrotask(() => toPage(encodeValue(message))),
  );
  const client = new WorkbenchClient({
    postFrame: (frame) => session.receive(decodeValue(frame) as Message),
    onFrame: (listener) => {
      toPage = listener;
      return () => {};
    },
    onEngineState: (listener) => {
      engineState = listener;
      return () => {};
    },
  });
  return { client, session, engineState: (state: EngineState) => engineState(state) };
}

test('arguments go in and typed arrays come out', async () => {
  const { client } = join({
    'engine.promql': async ([, query, grid]) => ({
      grid,
      series: [{ labels: { query }, values: Float64Array.of(1, NaN) }],
    }),
  });
  const grid = { from: milliseconds(0), step: 1000, points: 2 };
  const matrix = await client.call('engine.promql', [CONNECTION, 'up', grid]);
  assert.deepStrictEqual(matrix.series[0]?.values, Float64Array.of(1, NaN));
  assert.deepStrictEqual(matrix.series[0]?.labels, { query: 'up' });
});

test('a failure arrives with code, target and remedy', async () => {
  const failure = {
    code: 'unreachable',
    tried: 'query',
    target: 'db',
    reason: 'refused',
    remedy: 'start it',
  } as const;
  const { client } = join({ 'engine.sql': () => Promise.reject(new FailureError(failure)) });
  await assert.rejects(client.call('engine.sql', [CONNECTION, 'select 1']), (error: unknown) => {
    assert.ok(error instanceof FailureError);
    assert.deepStrictEqual(error.failure, failure);
    return true;
  });
});

test('any other error arrives as an internal failure', async () => {
  const { client } = join({ 'preferences.get': () => Promise.reject(new TypeError('boom')) });
  await assert.rejects(client.call('preferences.get', []), /boom/);
});

test('cancelling rejects at once and reaches the handler', async () => {
  let reached: AbortSignal | undefined;
  const { client } = join({
    'engine.overview': (_args, { signal }) => {
      reached = signal;
      return new Promise(() => {});
    },
  });
  const controller = new AbortController();
  const call = client.call('engine.overview', [CONNECTION, RANGE], { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, (error: unknown) => (error as FailureError).failure.code === 'cancelled');
  assert.equal(reached?.aborted, true);
});

test('progress is reported in order, before the result', async () => {
  const { client } = join({
    'snapshot.export': async ([request], { progress }) => {
      progress({ stage: 'metrics', fraction: 0.5 });
      progress({ stage: 'traces', fraction: 0.9 });
      return { path: request.path, bytes: 7, redaction: [] };
    },
  });
  const steps: string[] = [];
  const result = await client.call(
    'snapshot.export',
    [{ connection: CONNECTION, range: RANGE, path: '/x', choices: {} }],
    {
      onProgress: ({ stage }) => steps.push(stage),
    },
  );
  assert.deepStrictEqual(steps, ['metrics', 'traces']);
  assert.equal(result.bytes, 7);
});

test('an unknown call is refused, also one named like an inherited member', async () => {
  const { client } = join({});
  for (const method of ['engine.overview', 'toString'] as const)
    await assert.rejects(client.call(method as 'preferences.get', []), /no such call/);
});

test('too many running calls are refused, the running ones go on', async () => {
  const finish: (() => void)[] = [];
  const { client } = join({
    'preferences.get': () => new Promise((resolve) => finish.push(() => resolve(DEFAULT_PREFERENCES))),
  });
  const calls = Array.from({ length: 256 }, () => client.call('preferences.get', []));
  await assert.rejects(client.call('preferences.get', []), /256 calls are running/);
  finish.forEach((resolve) => resolve());
  assert.equal((await Promise.all(calls)).length, 256);
});

test('when the engine stops, waiting calls are rejected and new ones refused until it runs again', async () => {
  const { client, engineState } = join({ 'preferences.get': () => new Promise(() => {}) });
  const waiting = client.call('preferences.get', []);
  engineState({ state: 'stopped', reason: 'ended by SIGKILL', restarts: 1 });
  await assert.rejects(waiting, /SIGKILL/);
  await assert.rejects(client.call('preferences.get', []), /SIGKILL/);
});
