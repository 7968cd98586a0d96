import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePprof } from './encode.ts';
import { MessageWriter } from './message.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('integers are varints, negative ones of ten bytes; defaults are left out', () => {
  const writer = new MessageWriter();
  writer.integer(1, 300);
  writer.integer(2, 0);
  writer.integer(3, -1n);
  assert.equal(hex(writer.bytes()), '08ac0218ffffffffffffffffff01');
});

test('a string may be empty, a list not', () => {
  const writer = new MessageWriter();
  writer.string(6, '');
  writer.integers(2, []);
  writer.integers(2, [1, 128]);
  assert.equal(hex(writer.bytes()), '3200' + '12' + '03' + '018001');
});

test('text is UTF-8, whatever it holds', () => {
  const text = 'é€😀\ud800';
  const writer = new MessageWriter();
  writer.string(6, text);
  assert.deepEqual(Buffer.from(writer.bytes().slice(2)), Buffer.from(text));
});

test('equal frames are one location; the same profile gives the same bytes', () => {
  const profile = {
    valueTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
    samples: [
      { stack: ['serve app.py:7', 'main'], values: [10] },
      { stack: ['main'], values: [5], labels: { 'wait.reason': 'lock' } },
    ],
    timeNanos: 1n,
    durationNanos: 2n,
  };
  const bytes = encodePprof(profile);
  assert.deepEqual(bytes, encodePprof(profile));
  const text = Buffer.from(bytes).toString('latin1');
  assert.equal(text.split('main').length, 2);
  assert.ok(text.includes('serve2\u0006app.py'));
});
