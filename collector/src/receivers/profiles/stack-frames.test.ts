import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PythonFrame } from './kernel.ts';
import { userFrames, wholeStack } from './stack-frames.ts';

const LOOP = '_PyEval_EvalFrameDefault';
const NATIVE: Readonly<Record<number, string>> = {
  10: 'PyNumber_Remainder',
  19: LOOP,
  20: LOOP,
  29: 'PyObject_Call',
  39: LOOP,
  49: 'main',
  59: 'python3.11+0x1234',
  69: '[jit]',
  79: '[jit]',
};
const names = {
  frameAt: (address: number) => NATIVE[address],
  codeAt: (code: number) => `f${code} x.py:1`,
  interpreter: 'python3.11' as string | undefined,
};
const frame = (code: number, isEntry = false): PythonFrame => ({ code, isEntry });
const frames = (
  user: readonly number[],
  python: readonly PythonFrame[] = [],
  kernel: readonly string[] = [],
): readonly string[] => wholeStack(kernel, userFrames({ user: Float64Array.from(user), python }, names));

test('return addresses name the call, the innermost address itself', () => {
  assert.deepEqual(frames([10, 30, 50]), ['PyNumber_Remainder', 'PyObject_Call', 'main']);
});

test('a row of functions without a name is one frame', () => {
  assert.deepEqual(frames([69, 80, 70, 50, 80]), ['[jit]', 'main', '[jit]']);
});

test('kernel frames stand inside user frames', () => {
  assert.deepEqual(frames([10, 50], [], ['k7', 'k8']), ['k7', 'k8', 'PyNumber_Remainder', 'main']);
});

test('ends where the stack leads astray', () => {
  assert.deepEqual(frames([10, 777, 50]), ['PyNumber_Remainder']);
  assert.deepEqual(frames([777]), ['[unknown]']);
});

test('each loop of the interpreter stands for the Python frames up to its entry', () => {
  const python = [frame(1), frame(2, true), frame(3, true)];
  assert.deepEqual(frames([10, 20, 30, 40, 50], python), [
    'PyNumber_Remainder',
    'f1 x.py:1',
    'f2 x.py:1',
    'PyObject_Call',
    'f3 x.py:1',
    'main',
  ]);
});

test('an incomplete C stack keeps what Python called, and all Python frames', () => {
  const python = [frame(1), frame(2, true), frame(3, true)];
  const all = ['f1 x.py:1', 'f2 x.py:1', 'f3 x.py:1'];
  assert.deepEqual(frames([20], python), all);
  assert.deepEqual(frames([10], python), ['PyNumber_Remainder', ...all]);
  assert.deepEqual(frames([10, 20], python), ['PyNumber_Remainder', ...all]);
  assert.deepEqual(frames([], python), all);
});

test('nameless functions of the interpreter are left out, of other modules they stay', () => {
  assert.deepEqual(frames([59], [frame(1, true)]), ['f1 x.py:1']);
  assert.deepEqual(
    userFrames({ user: Float64Array.of(59), python: [] }, { ...names, interpreter: undefined }),
    ['python3.11+0x1234'],
  );
});
