import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import type { CapturedRequest } from './define.ts';
import { postgres } from './postgres.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { summarizeSql } from './sql-summary.ts';
import { pgMessage } from './testdata/samples.ts';

const request = (payload: Uint8Array, connection = 'c1'): CapturedRequest => ({
  payload,
  response: new Uint8Array(0),
  status: 0,
  direction: 'outbound',
  connection: () => connection,
});

test('a named statement is told by its text on its own connection only', () => {
  const statements = new PreparedStatements();
  postgres.describe(
    request(pgMessage('P', "s1\0SELECT total FROM orders WHERE state = 'open'\0\0\0")),
    statements,
  );
  const bind = pgMessage('B', '\0s1\0\0\0\0\0\0\0');
  const here = postgres.describe(request(bind), statements);
  assert.equal(here.spanName, 'SELECT orders');
  assert.equal(here.attributes[SPAN_ATTRIBUTES.dbQuery], 'SELECT total FROM orders WHERE state = ?');
  const elsewhere = postgres.describe(request(bind, 'c2'), statements);
  assert.equal(elsewhere.spanName, 'EXECUTE');
  assert.equal(elsewhere.attributes[SPAN_ATTRIBUTES.dbQuery], undefined);
});

test('prepared statements are bounded by connection, the least recent leaves', () => {
  const statements = new PreparedStatements(2);
  statements.remember('a', 's', 'SELECT 1');
  statements.remember('b', 's', 'SELECT 2');
  statements.remember('a', 't', 'SELECT 3');
  statements.remember('c', 's', 'SELECT 4');
  assert.equal(statements.connections, 2);
  assert.equal(statements.recall('b', 's'), undefined);
  assert.equal(statements.recall('a', 's'), 'SELECT 1');
});

test('operation and table', () => {
  assert.deepEqual(summarizeSql('/* c */ select a from "Shop"."Orders" o'), {
    operation: 'SELECT',
    table: 'Shop.Orders',
  });
  assert.deepEqual(summarizeSql('UPDATE only stock SET n = ?'), { operation: 'UPDATE', table: 'stock' });
  assert.deepEqual(summarizeSql('BEGIN'), { operation: 'BEGIN', table: '' });
  assert.deepEqual(summarizeSql('42'), { operation: '', table: '' });
});

test('messages that carry no statement are named', () => {
  const name = (payload: Uint8Array) =>
    postgres.describe(request(payload), new PreparedStatements()).spanName;
  assert.equal(name(pgMessage('F', '\0\0\0\x2a\0\0\0\0\0\0')), 'FUNCTION CALL');
  assert.equal(name(pgMessage('d', 'a row\n')), 'COPY DATA');
  assert.equal(name(pgMessage('c', '')), 'COPY DONE');
  assert.equal(name(Uint8Array.of(0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2)), 'CANCEL');
  assert.equal(name(pgMessage('E', '\0\0\0\0\0')), 'EXECUTE');
  assert.equal(name(pgMessage('p', 'secret\0')), 'AUTHENTICATE');
});

test('a closed statement is forgotten, a closed portal is not', () => {
  const statements = new PreparedStatements();
  const bind = () => postgres.describe(request(pgMessage('B', '\0s1\0\0\0\0\0\0\0')), statements).spanName;
  postgres.describe(request(pgMessage('P', 's1\0SELECT a FROM b\0\0\0')), statements);
  postgres.describe(request(pgMessage('C', 'Ps1\0')), statements);
  assert.equal(bind(), 'SELECT b');
  postgres.describe(request(pgMessage('C', 'Ss1\0')), statements);
  assert.equal(bind(), 'EXECUTE');
});

test('the SQLSTATE is an attribute of its own', () => {
  const response = pgMessage('E', 'SERROR\0VERROR\0C42P01\0Mrelation "b" does not exist\0\0');
  const payload = pgMessage('Q', 'SELECT a FROM b\0');
  const { attributes } = postgres.describe(
    { ...request(payload), response, status: 1 },
    new PreparedStatements(),
  );
  assert.equal(attributes[SPAN_ATTRIBUTES.dbStatus], '42P01');
  assert.equal(attributes[SPAN_ATTRIBUTES.dbCollection], 'b');
});
