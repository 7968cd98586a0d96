import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, zstdCompressSync } from 'node:zlib';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { BSON } from 'mongodb';
import fc from 'fast-check';
import SnappyJS from 'snappyjs';
import { mongodb } from './mongodb.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { snappyPrefix } from './snappy-prefix.ts';
import { captured } from './testdata/captured.ts';
import { little } from './testdata/samples/common.ts';
import { mongoWire, opMsg, opMsgBody } from './testdata/samples/mongodb.ts';

const describe = (payload: Uint8Array, response = opMsg({ ok: 1 }, 7)) =>
  mongodb.describe(captured(payload, { response }), new PreparedStatements());

const message = (document: BSON.Document) =>
  mongoWire(2013, 0, little(4, 0), Uint8Array.of(0), BSON.serialize(document));

test('a command of the official encoder: names stay, every value becomes a placeholder', () => {
  const { spanName, attributes } = describe(
    message({
      aggregate: 'orders',
      pipeline: [
        { $match: { at: { $gt: new Date(0) }, mail: /^a@/i, id: new BSON.ObjectId() } },
        { $count: 'n' },
      ],
      cursor: {},
      lsid: { id: new BSON.UUID() },
      $db: 'shop',
    }),
  );
  assert.equal(spanName, 'aggregate orders');
  assert.equal(attributes[SPAN_ATTRIBUTES.dbNamespace], 'shop');
  assert.equal(attributes[SPAN_ATTRIBUTES.dbCollection], 'orders');
  const pipeline = '[{"$match":{"at":{"$gt":"?"},"mail":"?","id":"?"}},{"$count":"?"}]';
  assert.equal(attributes[SPAN_ATTRIBUTES.dbQuery], `{"aggregate":"?","pipeline":${pipeline},"cursor":{}}`);
});

test('getMore, commands without a collection, credentials, waiting hello', () => {
  assert.equal(
    describe(message({ getMore: 7n, collection: 'orders', $db: 'shop' })).spanName,
    'getMore orders',
  );
  assert.equal(describe(message({ ping: 1, $db: 'admin' })).spanName, 'ping');
  const login = describe(message({ saslStart: 1, mechanism: 'PLAIN', payload: 'secret', $db: 'admin' }));
  assert.equal(login.attributes[SPAN_ATTRIBUTES.dbQuery], undefined);
  const hello = describe(message({ hello: 1, maxAwaitTimeMS: 10_000, $db: 'admin' }));
  assert.equal(hello.attributes[SPAN_ATTRIBUTES.blocking], 'true');
});

test('compressed messages: none, snappy, zlib, zstd; cut ones as far as they can be read', () => {
  const plain = opMsgBody({ find: 'orders', filter: { name: 'x'.repeat(300) }, $db: 'shop' });
  const compressed = (id: number, data: Uint8Array) =>
    mongoWire(2012, 0, little(4, 2013), little(4, plain.length), Uint8Array.of(id), data);
  const forms: readonly (readonly [number, Uint8Array])[] = [
    [0, plain],
    [1, SnappyJS.compress(plain) as Uint8Array],
    [2, deflateSync(plain)],
    [3, zstdCompressSync(plain)],
  ];
  for (const [id, data] of forms)
    assert.equal(describe(compressed(id, data)).spanName, 'find orders', `${id}`);
  for (const [id, data] of forms.slice(0, 3)) {
    const { spanName } = describe(compressed(id, data).subarray(0, 25 + Math.floor(data.length * 0.8)));
    assert.equal(spanName, 'find orders', `${id} cut`);
  }
  const unknown = describe(compressed(9, plain));
  assert.equal(unknown.spanName, 'mongodb');
  assert.equal(unknown.attributes[SPAN_ATTRIBUTES.opaque], 'compressed');
});

test('write errors fail a command that is ok otherwise', () => {
  const answer = opMsg({ n: 0, writeErrors: [{ index: 0, code: 11000 }], ok: 1 }, 7);
  assert.equal(describe(message({ insert: 'users' }), answer).failed, true);
});

test('snappy: any block gives back a prefix of what it held, however it is cut', () => {
  const words = fc.array(fc.constantFrom('abc', 'abcd', 'xyz', 'q'), { maxLength: 200 });
  fc.assert(
    fc.property(words, fc.nat(1000), (list, cut) => {
      const plain = new TextEncoder().encode(list.join(''));
      const block = SnappyJS.compress(plain) as Uint8Array;
      assert.deepEqual(Buffer.from(snappyPrefix(block, 4096)), Buffer.from(plain));
      const part = snappyPrefix(block.subarray(0, cut), 4096);
      assert.deepEqual(Buffer.from(part), Buffer.from(plain.subarray(0, part.length)));
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (garbage) => snappyPrefix(garbage, 64).length <= 64));
});

test('no string of any document survives', () => {
  const value = fc.stringMatching(/^[a-z]{4,12}$/).map((word) => `zq${word}`);
  const document = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.oneof(value, fc.array(value), fc.record({ d: value })),
  );
  fc.assert(
    fc.property(document, fc.nat(300), (filter, cut) => {
      const text = JSON.stringify(describe(message({ find: 'orders', filter }).subarray(0, cut)));
      assert.ok(!text.includes('zq'), text);
    }),
  );
});
