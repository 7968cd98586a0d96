import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { clockState } from './index.ts';

/** What the C library answers another program: struct timex of adjtimex(2), by its offsets on 64-bit machines. */
const PYTHON = `
import ctypes, json, struct
buffer = ctypes.create_string_buffer(208)
state = ctypes.CDLL(None).adjtimex(buffer)
modes, offset, frequency, maxerror, esterror, status = struct.unpack_from('=I4xqqqqi', buffer)
print(json.dumps({'state': state, 'offset': offset / (1e9 if status & 0x2000 else 1e6), 'maxError': maxerror / 1e6}))
`;

const skip = spawnSync('python3', ['--version']).error ? 'no python3' : false;

test('the clock is as adjtimex(2) tells others', { skip }, () => {
  const TIME_ERROR = 5;
  const seen = clockState();
  const told = JSON.parse(spawnSync('python3', ['-c', PYTHON]).stdout.toString()) as {
    state: number;
    offset: number;
    maxError: number;
  };
  assert.ok(seen);
  assert.equal(seen.synchronized, told.state !== TIME_ERROR);
  // the kernel works the offset off, and lets the error grow by 500 µs a second, meanwhile
  assert.ok(Math.abs(seen.offset - told.offset) < 0.01, `${seen.offset} and ${told.offset}`);
  assert.ok(Math.abs(seen.maxError - told.maxError) < 0.1, `${seen.maxError} and ${told.maxError}`);
});
