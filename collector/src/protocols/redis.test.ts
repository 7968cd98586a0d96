import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import fc from 'fast-check';
import { PreparedStatements } from './prepared-statements.ts';
import { redis } from './redis.ts';
import { captured } from './testdata/captured.ts';
import { resp } from './testdata/samples.ts';
import { bytes } from './testdata/samples/common.ts';

const describe = (payload: Uint8Array, response = '+OK\r\n') =>
  redis.describe(captured(payload, { response: bytes(response) }), new PreparedStatements());
const query = (...words: string[]) => describe(resp(...words)).attributes[SPAN_ATTRIBUTES.dbQuery];

test('of the first key its kind stays, of all else nothing', () => {
  assert.equal(query('GET', 'session:8f3a'), 'GET session:?');
  assert.equal(query('SET', 'session:8f3a', 'value:x'), 'SET session:? ?');
  assert.equal(query('HSET', 'plainkey', 'a', 'b', 'c', 'd'), 'HSET ? ? ? …');
  assert.equal(query('AUTH', 'user:x', 'pass:y'), 'AUTH ? ?');
  assert.equal(query('EVAL', 'return:1', '0'), 'EVAL ? ?');
  assert.equal(query('PING'), 'PING');
});

test('inline commands, whole lines only', () => {
  const inline = describe(bytes('set session:8f3a value\r\n'));
  assert.equal(inline.spanName, 'SET');
  assert.equal(inline.attributes[SPAN_ATTRIBUTES.dbQuery], 'SET session:? ?');
  assert.equal(describe(bytes('set session:8f3a va')).spanName, 'redis');
});

test('commands that wait are marked', () => {
  const blocking = (...words: string[]) => describe(resp(...words)).attributes[SPAN_ATTRIBUTES.blocking];
  assert.equal(blocking('BLPOP', 'jobs', '0'), 'true');
  assert.equal(blocking('SUBSCRIBE', 'news'), 'true');
  assert.equal(blocking('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 's', '>'), 'true');
  assert.equal(blocking('XREAD', 'STREAMS', 's', '0'), undefined);
  assert.equal(blocking('LPOP', 'jobs'), undefined);
});

test('errors inside a transaction, of RESP2 and RESP3', () => {
  const exec = resp('EXEC');
  const failed = describe(exec, '*2\r\n+OK\r\n-WRONGTYPE Operation against a key\r\n');
  assert.equal(failed.statusMessage, 'WRONGTYPE');
  assert.equal(describe(exec, '*2\r\n+OK\r\n!21\r\nSYNTAX invalid syntax\r\n').statusMessage, 'SYNTAX');
  assert.equal(describe(exec, '*2\r\n+OK\r\n:-5\r\n').failed, false);
  assert.equal(describe(exec, '*-1\r\n').failed, false);
  assert.equal(describe(resp('LRANGE', 'a', '0', '1'), '*1\r\n-ERR x\r\n').failed, false);
});

test('no argument survives, in either form, however it is cut', () => {
  const argument = fc.stringMatching(/^[a-z]{3,10}$/).map((text) => `zq1${text}`);
  fc.assert(
    fc.property(fc.array(argument, { minLength: 1, maxLength: 4 }), fc.nat(80), (words, cut) => {
      for (const payload of [resp('SET', ...words), bytes(`SET ${words.join(' ')}\r\n`)]) {
        const text = JSON.stringify(describe(payload.subarray(0, cut)));
        assert.ok(!text.includes('zq1'), text);
      }
    }),
  );
});
