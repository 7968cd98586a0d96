import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import fc from 'fast-check';
import { mysql } from './mysql.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { captured } from './testdata/captured.ts';
import { bytes, concat } from './testdata/samples/common.ts';
import { mysqlError, mysqlOk, mysqlPacket } from './testdata/samples/mysql.ts';

const prepared = (id: number): Uint8Array => mysqlPacket(1, [0, id, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
const describe = (payload: Uint8Array, response = mysqlOk, statements = new PreparedStatements()) =>
  mysql.describe(captured(payload, { response }), statements);

test('an execution is told by the statement that was prepared under its id, until it is closed', () => {
  const statements = new PreparedStatements();
  const sql = 'SELECT total FROM orders WHERE id = ?';
  describe(mysqlPacket(0, [0x16], sql), prepared(7), statements);
  const execute = mysqlPacket(0, [0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0]);
  const known = describe(execute, mysqlOk, statements);
  assert.equal(known.spanName, 'SELECT orders');
  assert.equal(known.attributes[SPAN_ATTRIBUTES.dbQuery], sql);
  assert.equal(describe(mysqlPacket(0, [0x19, 7, 0, 0, 0]), mysqlOk, statements).spanName, 'CLOSE orders');
  assert.equal(describe(execute, mysqlOk, statements).spanName, 'EXECUTE');
});

test('a refused prepare leaves no statement', () => {
  const statements = new PreparedStatements();
  describe(mysqlPacket(0, [0x16], 'SELEC'), mysqlError(1064, '42000', "near 'SELEC'"), statements);
  assert.equal(statements.recall('c1', '1064'), undefined);
});

test('MariaDB executes what was prepared last in the same write', () => {
  const statements = new PreparedStatements();
  describe(mysqlPacket(0, [0x16], 'UPDATE stock SET n = ?'), prepared(1), statements);
  const last = mysqlPacket(0, [0x17, 0xff, 0xff, 0xff, 0xff, 0, 1, 0, 0, 0]);
  assert.equal(describe(last, mysqlOk, statements).spanName, 'UPDATE stock');
});

test('query attributes are skipped: none, a string, a null and numbers', () => {
  const none = mysqlPacket(0, [3, 0, 1], 'SELECT 1 FROM a');
  assert.equal(describe(none).spanName, 'SELECT a');
  const three = mysqlPacket(
    0,
    [3, 3, 1, 0b010, 1],
    ...[[8, 0, 1], 'n', [0xfe, 0, 1], 'z', [0xfe, 0, 2], 'id'],
    [1, 2, 3, 4, 5, 6, 7, 8, 3],
    'abc',
    'SELECT 1 FROM b',
  );
  assert.equal(describe(three).spanName, 'SELECT b');
});

test('compressed and encrypted connections are opaque, small packets of compressed ones are not', () => {
  const inner = mysqlPacket(0, [3], 'SELECT 1 FROM a');
  const zipped = deflateSync(inner);
  const compressed = concat(Uint8Array.of(zipped.length, 0, 0, 0, inner.length, 0, 0), zipped);
  const opaque = describe(compressed, new Uint8Array(0));
  assert.equal(opaque.spanName, 'mysql');
  assert.equal(opaque.attributes[SPAN_ATTRIBUTES.opaque], 'compressed');
  assert.equal(describe(concat(Uint8Array.of(inner.length, 0, 0, 0, 0, 0, 0), inner)).spanName, 'SELECT a');
  const hello = describe(concat(Uint8Array.of(0x16, 3, 1, 2, 0), bytes('x')), new Uint8Array(0));
  assert.equal(hello.attributes[SPAN_ATTRIBUTES.opaque], 'tls');
});

test('errors: names stay, values do not, progress of MariaDB is no error', () => {
  const query = mysqlPacket(0, [3], 'SELECT * FROM nothing');
  const missing = describe(query, mysqlError(1146, '42S02', "Table 'shop.nothing' doesn't exist"));
  assert.equal(missing.statusMessage, "1146 (42S02): Table 'shop.nothing' doesn't exist");
  assert.equal(missing.attributes[SPAN_ATTRIBUTES.dbStatus], '1146 (42S02)');
  const quote = describe(
    query,
    mysqlError(1366, 'HY000', "Incorrect value: 'O'Brien' for column 'n' at row 1"),
  );
  assert.equal(quote.statusMessage, "1366 (HY000): Incorrect value: '?' at row ?");
  const whole = mysqlError(1366, 'HY000', "Incorrect value: 'O'Brien'");
  assert.equal(describe(query, whole.subarray(0, -3)).statusMessage, "1366 (HY000): Incorrect value: '?'");
  const progress = mysqlPacket(1, [0xff, 0xff, 0xff, 1, 1, 3, 0, 0, 0], 'stage');
  assert.equal(describe(query, progress).failed, false);
});

test('database and commands without a statement', () => {
  const use = describe(mysqlPacket(0, [2], 'shop'));
  assert.equal(use.spanName, 'USE');
  assert.equal(use.attributes[SPAN_ATTRIBUTES.dbNamespace], 'shop');
  assert.equal(describe(mysqlPacket(0, [0x1f])).spanName, 'RESET_CONNECTION');
});

test('no literal of any query survives, however it is cut', () => {
  const literal = fc.stringMatching(/^[a-z]{6,20}$/).map((word) => `zq${word}`);
  fc.assert(
    fc.property(literal, fc.nat(200), (word, cut) => {
      const sql = `INSERT INTO t VALUES ("${word}", '${word}', "a\\"${word}")`;
      const text = JSON.stringify(describe(mysqlPacket(0, [3], sql).subarray(0, cut)));
      assert.ok(!text.includes('zq'), text);
    }),
  );
});
