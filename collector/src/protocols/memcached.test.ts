import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { memcached } from './memcached.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { captured } from './testdata/captured.ts';
import { bytes } from './testdata/samples/common.ts';
import { memcachedBinary } from './testdata/samples/memcached.ts';

const describe = (payload: Uint8Array, response = bytes('')) =>
  memcached.describe(captured(payload, { response }), new PreparedStatements());
const query = (text: string) => describe(bytes(text)).attributes[SPAN_ATTRIBUTES.dbQuery];

test('the verb stays, of the first key its kind, of values nothing', () => {
  assert.equal(query('get user:42\r\n'), 'get user:?');
  assert.equal(query('gets user:42 user:43\r\n'), 'gets user:? …');
  assert.equal(query('gat 60 cart/9\r\n'), 'gat cart/?');
  assert.equal(query('set john.doe@example.org 0 0 3\r\nabc\r\n'), 'set ?');
  assert.equal(query('ms k 2 T90\r\nhi\r\n'), 'ms ?');
  assert.equal(query('mn\r\n'), 'mn');
  assert.equal(query('stats slabs\r\n'), 'stats');
  assert.equal(query('GET / HTTP/1.1\r\n'), undefined);
});

test('binary commands and what is no failure', () => {
  const get = memcachedBinary(0x80, 0x0c, { key: 'user:1' });
  assert.equal(describe(get).attributes[SPAN_ATTRIBUTES.dbQuery], 'getk user:?');
  assert.equal(describe(get, memcachedBinary(0x81, 0x0c, { status: 1 })).failed, false);
  assert.equal(
    describe(get, memcachedBinary(0x81, 0x0c, { status: 0x82 })).statusMessage,
    '130: out of memory',
  );
});

test('text errors', () => {
  assert.equal(describe(bytes('bogus\r\n'), bytes('ERROR\r\n')).statusMessage, 'ERROR');
  const large = describe(
    bytes('set a 0 0 9999999\r\n'),
    bytes('SERVER_ERROR object too large for cache\r\n'),
  );
  assert.equal(large.statusMessage, 'SERVER_ERROR: object too large for cache');
});
