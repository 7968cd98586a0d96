import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInfo, parseNumbers } from './info.ts';

test('INFO is read across sections, with or without carriage returns', () => {
  const info = parseInfo(
    '# Server\r\nredis_version:7.0.15\r\n\r\n# Clients\nconnected_clients:3\nno colon here\n',
  );
  assert.equal(info.get('redis_version'), '7.0.15');
  assert.equal(info.get('connected_clients'), '3');
  assert.equal(info.size, 2);
});

test('numbers of a command line are read, the rest is left out', () => {
  const numbers = parseNumbers('calls=10,usec=300,usec_per_call=30.00,broken,x=y');
  assert.deepEqual(
    [...numbers],
    [
      ['calls', 10],
      ['usec', 300],
      ['usec_per_call', 30],
    ],
  );
});
