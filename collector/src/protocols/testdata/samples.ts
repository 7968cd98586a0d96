import type { Protocol } from '@gumshoe/schema/metrics/container';
import { bytes, concat, OK, SECRET } from './samples/common.ts';
import type { ProtocolSample } from './samples/common.ts';
import { MYSQL_SAMPLES } from './samples/mysql.ts';
import { MEMCACHED_SAMPLES } from './samples/memcached.ts';
import { MONGODB_SAMPLES } from './samples/mongodb.ts';
import { KAFKA_SAMPLES } from './samples/kafka.ts';
import { CASSANDRA_SAMPLES } from './samples/cassandra.ts';
import { NATS_SAMPLES } from './samples/nats.ts';
import { AMQP_SAMPLES } from './samples/amqp.ts';
import { CLICKHOUSE_SAMPLES } from './samples/clickhouse.ts';
import { DUBBO2_SAMPLES } from './samples/dubbo2.ts';
import { FOUNDATIONDB_SAMPLES } from './samples/foundationdb.ts';
import { ZOOKEEPER_SAMPLES } from './samples/zookeeper.ts';

export { SECRET } from './samples/common.ts';
export type { ProtocolSample } from './samples/common.ts';

/** A PostgreSQL message: type, length, body. */
export function pgMessage(type: string, body: string): Uint8Array {
  const content = bytes(body);
  const length = content.length + 4;
  return concat(bytes(type), Uint8Array.of(length >> 24, length >> 16, length >> 8, length), content);
}

/** A RESP array of bulk strings. */
export const resp = (...words: readonly string[]): Uint8Array =>
  bytes(`*${words.length}\r\n${words.map((word) => `$${bytes(word).length}\r\n${word}\r\n`).join('')}`);

const http = (line: string, more = ''): Uint8Array =>
  bytes(`${line}\r\nHost: shop\r\nAuthorization: Bearer ${SECRET}\r\nCookie: sid=${SECRET}\r\n${more}\r\n`);

export const SAMPLES: Readonly<Record<Protocol, readonly ProtocolSample[]>> = {
  http: [
    {
      title: 'GET with an id and a query string',
      request: http(`GET /orders/42/items?token=${SECRET} HTTP/1.1`),
      response: bytes('HTTP/1.1 200 OK\r\nDate: Sat'),
      status: 200,
      expected: { spanName: 'GET /orders/{id}/items', ...OK },
    },
    {
      title: 'client error',
      request: http('DELETE /cart HTTP/1.1'),
      response: bytes('HTTP/1.1 404 Not Found\r\n'),
      status: 404,
      expected: { spanName: 'DELETE /cart', failed: true, statusMessage: 'HTTP 404' },
    },
    {
      title: 'absolute form through a proxy',
      request: http(`GET http://user:${SECRET}@shop.example/a/b?x=1 HTTP/1.1`),
      response: bytes('HTTP/1.1 302 Found\r\n'),
      status: 302,
      expected: { spanName: 'GET /a/b', ...OK },
    },
    {
      title: 'ClickHouse, query in the body',
      request: bytes(
        `POST /?query_id=1&database=shop HTTP/1.1\r\nHost: ch\r\nAuthorization: Basic ${SECRET}\r\n\r\nSELECT sum(price) FROM shop.orders WHERE token = '${SECRET}'`,
      ),
      response: bytes('HTTP/1.1 200 OK\r\n'),
      status: 200,
      expected: { spanName: 'SELECT shop.orders', ...OK },
    },
    {
      title: 'ClickHouse, query in the address, refused',
      request: bytes(
        `GET /?query=SELECT%20*+FROM%20missing%20WHERE%20a%3D%27${SECRET}%27&user=u&password=${SECRET} HTTP/1.1\r\n\r\n`,
      ),
      response: bytes('HTTP/1.1 404 Not Found\r\nX-ClickHouse-Exception-Code: 60\r\n'),
      status: 404,
      expected: { spanName: 'SELECT missing', failed: true, statusMessage: 'HTTP 404' },
    },
    {
      title: 'ClickHouse, statement and rows in the body',
      request: bytes(
        `POST /?query_id=1 HTTP/1.1\r\n\r\nINSERT INTO orders FORMAT JSONEachRow\n{"a":"${SECRET}","b":${SECRET}}`,
      ),
      response: bytes('HTTP/1.1 200 OK\r\n'),
      status: 200,
      expected: { spanName: 'INSERT orders', ...OK },
    },
    {
      title: 'ClickHouse, statement in the address and its rows in the body',
      request: bytes(
        `POST /?query=INSERT%20INTO%20orders%20FORMAT%20JSONEachRow HTTP/1.1\r\nX-ClickHouse-User: u\r\nX-ClickHouse-Key: ${SECRET}\r\n\r\n{"a":"${SECRET}"}`,
      ),
      response: bytes('HTTP/1.1 200 OK\r\n'),
      status: 200,
      expected: { spanName: 'INSERT orders', ...OK },
    },
  ],
  postgres: [
    {
      title: 'simple query',
      request: pgMessage('Q', `SELECT * FROM orders WHERE name = '${SECRET}' AND id = 42\0`),
      response: pgMessage('T', '\0\x01id\0'),
      status: 0,
      expected: { spanName: 'SELECT orders', ...OK },
    },
    {
      title: 'extended query in one write',
      request: concat(
        pgMessage('P', '\0INSERT INTO shop.orders (id, note) VALUES ($1, $2)\0\0\0'),
        pgMessage('B', `\0\0\0\0\0\x02\0\0\0\x0e${SECRET}`),
        pgMessage('D', 'P\0'),
        pgMessage('E', '\0\0\0\0\0'),
        pgMessage('S', ''),
      ),
      response: concat(pgMessage('1', ''), pgMessage('2', '')),
      status: 0,
      expected: { spanName: 'INSERT shop.orders', ...OK },
    },
    {
      title: 'error response after parse',
      request: pgMessage('Q', `INSERT INTO t VALUES ('${SECRET}')\0`),
      response: pgMessage('E', 'SERROR\0VERROR\0C23505\0Mduplicate key value violates "t_pkey"\0\0'),
      status: 1,
      expected: {
        spanName: 'INSERT t',
        failed: true,
        statusMessage: 'SQLSTATE 23505: duplicate key value violates "t_pkey"',
      },
    },
    {
      title: 'error that quotes a value',
      request: pgMessage('Q', `SELECT '${SECRET}'::int\0`),
      response: pgMessage('E', `SERROR\0C22P02\0Minvalid input for integer: "${SECRET}"\0\0`),
      status: 1,
      expected: {
        spanName: 'SELECT',
        failed: true,
        statusMessage: 'SQLSTATE 22P02: invalid input for integer: "?"',
      },
    },
  ],
  redis: [
    {
      title: 'GET',
      request: resp('GET', `session:${SECRET}`),
      response: bytes('$-1\r\n'),
      status: 0,
      expected: { spanName: 'GET', ...OK },
    },
    {
      title: 'lower-case command with many arguments',
      request: resp('mset', 'a', SECRET, 'b', SECRET),
      response: bytes('+OK\r\n'),
      status: 0,
      expected: { spanName: 'MSET', ...OK },
    },
    {
      title: 'two-word command',
      request: resp('CONFIG', 'SET', 'requirepass', SECRET),
      response: bytes('+OK\r\n'),
      status: 0,
      expected: { spanName: 'CONFIG SET', ...OK },
    },
    {
      title: 'error reply',
      request: resp('AUTH', SECRET),
      response: bytes(`-WRONGPASS invalid ${SECRET}\r\n`),
      status: 1,
      expected: { spanName: 'AUTH', failed: true, statusMessage: 'WRONGPASS' },
    },
  ],
  mysql: MYSQL_SAMPLES,
  memcached: MEMCACHED_SAMPLES,
  mongodb: MONGODB_SAMPLES,
  kafka: KAFKA_SAMPLES,
  cassandra: CASSANDRA_SAMPLES,
  nats: NATS_SAMPLES,
  amqp: AMQP_SAMPLES,
  clickhouse: CLICKHOUSE_SAMPLES,
  dubbo2: DUBBO2_SAMPLES,
  foundationdb: FOUNDATIONDB_SAMPLES,
  zookeeper: ZOOKEEPER_SAMPLES,
};
