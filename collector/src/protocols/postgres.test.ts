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
  assert.equal(elsewhere.spanName, 'postgresql');
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
