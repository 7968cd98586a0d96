import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClickHouseException } from './exception.ts';
import { readStatement } from './statement.ts';

const codeOf = (sql: string): number => {
  try {
    readStatement(sql);
    return 0;
  } catch (error) {
    assert.ok(error instanceof ClickHouseException, String(error));
    return error.code;
  }
};

test('format and data of a statement are found', () => {
  assert.equal(readStatement('SELECT 1 FORMAT JSON').format, 'JSON');
  assert.equal(readStatement("SELECT 'FORMAT CSV' -- FORMAT TSV\n").format, undefined);
  assert.equal(readStatement('SELECT 1 format JSONEachRow SETTINGS max_threads = 1;').format, 'JSONEachRow');
  const insert = 'INSERT INTO t (a, `FORMAT x`) SETTINGS async_insert = 1 FORMAT RowBinary';
  assert.equal(readStatement(`${insert}\n\u0000('`).dataStart, insert.length);
  assert.equal(readStatement("INSERT INTO t VALUES ('FORMAT CSV')").inline, true);
  assert.equal(readStatement('INSERT INTO t SELECT 1').inline, true);
});

test('queries of our own readers and writers pass', () => {
  for (const sql of [
    'WITH x AS (SELECT 1) SELECT * FROM x',
    "SELECT engine, name FROM system.tables WHERE engine = 'MergeTree'",
    'CREATE TABLE a (b Int8) ENGINE = ReplacingMergeTree(b) ORDER BY b',
    'CREATE DATABASE IF NOT EXISTS gumshoe',
    'SELECT file, url FROM t WHERE source IN (1)',
    "SELECT 'file(' || x FROM t -- url(\n",
    'ALTER TABLE t MODIFY TTL a + INTERVAL 1 DAY',
  ]) {
    assert.equal(codeOf(sql), 0, sql);
  }
});

test('several statements, unknown ones and those that leave the store are refused', () => {
  assert.equal(codeOf('SELECT 1; DROP TABLE t'), 62);
  assert.equal(codeOf('SELECT 1;'), 0);
  assert.equal(codeOf('SYSTEM SHUTDOWN'), 48);
  assert.equal(codeOf('SELEC 1'), 62);
  for (const sql of [
    "SELECT * FROM remote('h', a.b)",
    "CREATE TABLE t ENGINE = Kafka SETTINGS kafka_broker_list = 'x'",
    'CREATE TABLE t (a Int8) ENGINE Kafka SETTINGS x = 1',
    'CREATE DATABASE d ENGINE = Filesystem',
    "SELECT * FROM t WHERE a IN (SELECT * FROM `s3`('x'))",
  ]) {
    assert.equal(codeOf(sql), 497, sql);
  }
});

test('any text is read or refused with a code', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      assert.ok(codeOf(`SELECT ${text}`) >= 0);
      assert.ok(codeOf(text) >= 0);
    }),
    { numRuns: 500 },
  );
});
