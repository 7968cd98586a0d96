import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { EngineState } from '../contract/bridge.ts';
import { EngineProcess } from './engine-process.ts';

const ECHO = join(import.meta.dirname, 'testdata', 'echo-engine.ts');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An engine process whose states and frames can be waited for. */
function start(context: TestContext, entry = ECHO) {
  const states: EngineState[] = [];
  const frames: string[] = [];
  let changed = (): void => {};
  const engine = new EngineProcess({
    runtime: { executable: process.execPath, env: {} },
    entry,
    userData: 'nowhere',
    readSecret: (reference) => (reference === 'known' ? 'hush' : undefined),
    onFrame: (payload) => {
      frames.push(new TextDecoder().decode(payload));
      changed();
    },
    onState: (state) => {
      states.push(state);
      changed();
    },
  });
  context.after(() => engine.end());
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => (changed = resolve));
  };
  const count = (state: EngineState['state']): number => states.filter((one) => one.state === state).length;
  engine.start();
  return { engine, states, frames, until, count };
}

test('frames pass in both directions, whatever their size', async (context) => {
  const { engine, frames, until } = start(context);
  const large = 'x'.repeat(3_000_000);
  for (const text of ['', 'one', large]) engine.post(bytes(text));
  await until(() => frames.length === 3);
  assert.deepStrictEqual(
    frames.map((text) => text.length),
    [0, 3, large.length],
  );
});

test('secrets are answered by reference; an unknown one has no value', async (context) => {
  const { engine, frames, until } = start(context);
  engine.post(bytes('secret:known'));
  engine.post(bytes('secret:other'));
  await until(() => frames.length === 2);
  assert.deepStrictEqual(frames, ['told hush', 'told undefined']);
});

test('an engine that dies is reported with its last words and started again', async (context) => {
  const { engine, states, frames, until, count } = start(context);
  await until(() => count('running') === 1);
  engine.post(bytes('die'));
  await until(() => count('running') === 2);
  assert.deepStrictEqual(
    states.map((state) => state.state),
    ['starting', 'running', 'stopped', 'starting', 'running'],
  );
  const stopped = states[2];
  assert.ok(stopped?.state === 'stopped');
  assert.match(stopped.reason, /exit code 7: last words/);
  engine.post(bytes('again'));
  await until(() => frames.includes('again'));
});

test('an engine that cannot start is left alone after three tries, until the user asks', async (context) => {
  const { engine, until, count } = start(context, join(import.meta.dirname, 'testdata', 'missing.ts'));
  await until(() => count('stopped') === 3);
  assert.equal(engine.state.state, 'stopped');
  await engine.restart();
  assert.equal(count('starting'), 4);
});

test('ending is quiet: no report, no restart', async (context) => {
  const { engine, until, count } = start(context);
  await until(() => count('running') === 1);
  await engine.end();
  assert.equal(count('stopped'), 0);
});
