import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import fc from 'fast-check';
import { obfuscateCql } from '../cql.ts';
import { PreparedStatements } from '../prepared-statements.ts';
import { captured } from '../testdata/captured.ts';
import { big, bytes, concat, little } from '../testdata/samples/common.ts';
import { cqlFrame, cqlLong, cqlShort, cqlWire } from '../testdata/samples/cassandra.ts';
import { cassandra } from './cassandra.ts';
import { crc24 } from './envelope.ts';

const VOID = cqlWire(0x84, 0x08, big(4, 1));
const describe = (
  payload: Uint8Array,
  response: Uint8Array = VOID,
  statements = new PreparedStatements(),
  connection = 'c1',
) => cassandra.describe(captured(payload, { response, connection }), statements);

test('a prepared statement is known on every connection, alone and in a batch', () => {
  const statements = new PreparedStatements();
  const id = cqlShort(bytes('0123456789abcdef'));
  const prepare = cqlWire(4, 0x09, cqlLong('INSERT INTO shop.users (id) VALUES (?)'));
  describe(prepare, cqlWire(0x84, 0x08, big(4, 4), id), statements, 'c1');
  const execution = describe(cqlWire(4, 0x0a, id, big(3, 0)), VOID, statements, 'c2');
  assert.equal(execution.spanName, 'INSERT shop.users');
  assert.equal(execution.attributes[SPAN_ATTRIBUTES.dbQuery], 'INSERT INTO shop.users(id) VALUES (?)');
  const batch = cqlWire(5, 0x0d, Uint8Array.of(0), big(2, 2), Uint8Array.of(1), id);
  assert.equal(describe(cqlFrame(batch), VOID, statements, 'c3').spanName, 'LOGGED BATCH shop.users');
});

test('answers with tracing, warnings and custom payload before the error', () => {
  const body = concat(
    new Uint8Array(16),
    big(2, 1),
    cqlShort(bytes('slow')),
    big(2, 0),
    big(4, 0x1001),
    big(2, 0),
  );
  const answer = concat(Uint8Array.of(0x84, 0x0e, 0, 3, 0), big(4, body.length), body);
  assert.equal(describe(cqlWire(4, 0x05), answer).statusMessage, '0x1001 Overloaded');
});

test('compressed frames and envelopes are opaque', () => {
  const header = concat(little(3, 100 + 2 ** 17 * 100), Uint8Array.of(0, 4));
  const frame = describe(concat(header, little(3, crc24(header)), bytes('xxxx')), new Uint8Array(0));
  assert.equal(frame.attributes[SPAN_ATTRIBUTES.opaque], 'compressed');
  const envelope = Uint8Array.from(cqlWire(4, 0x07, cqlLong('SELECT 1')));
  envelope[1] = 1;
  const { spanName, attributes } = describe(envelope);
  assert.equal(spanName, 'QUERY');
  assert.equal(attributes[SPAN_ATTRIBUTES.opaque], 'compressed');
});

test('CQL: uuids, named markers, blobs, durations and dollar strings are masked', () => {
  assert.equal(
    obfuscateCql(
      'UPDATE t SET a = :a, b = 0xcafe, c = 89h4m48s, d = $$x$$ WHERE id = a1b2c3d4-e29b-41d4-a716-446655440000',
    ),
    'UPDATE t SET a = ?, b = ?, c = ?, d = ? WHERE id = ?',
  );
  assert.equal(obfuscateCql('SELECT a FROM t WHERE id = a1b2c3d4-e2'), 'SELECT a FROM t WHERE id = ?');
});

test('no part of a uuid or text survives, however the statement is cut', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.stringMatching(/^zq[a-z]{6,12}$/), fc.nat(120), (uuid, word, cut) => {
      const wire = cqlWire(4, 0x07, cqlLong(`SELECT a FROM t WHERE x = '${word}' AND i = ${uuid}`));
      const query = describe(wire.subarray(0, cut)).attributes[SPAN_ATTRIBUTES.dbQuery] ?? '';
      assert.ok(!query.includes('zq') && !query.includes(uuid.slice(9, 13)), query);
    }),
  );
});
