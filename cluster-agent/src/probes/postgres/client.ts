import pg from 'pg';
import { splitAddress, type ProbeTarget } from '../define.ts';

/** A session with one database that can only read. `timeout` in ms bounds connecting and every statement. */
export async function connect(target: ProbeTarget, timeout: number, database: string): Promise<pg.Client> {
  const { host, port } = splitAddress(target.address, 5432);
  const client = new pg.Client({
    host,
    port,
    database,
    application_name: 'gumshoe-cluster-agent',
    connectionTimeoutMillis: timeout,
    statement_timeout: timeout,
    query_timeout: timeout + 500,
    options: '-c default_transaction_read_only=on',
    ssl:
      target.tls === 'disable'
        ? false
        : { rejectUnauthorized: target.tls === 'verify-full', ...(target.ca ? { ca: target.ca } : {}) },
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
  });
  // a connection that breaks between rounds is found by the next query; without a listener it would end the process
  client.on('error', () => {});
  await client.connect();
  return client;
}

export async function rowsOf<T extends Record<string, unknown>>(
  client: pg.Client,
  sql: string,
): Promise<T[]> {
  return (await client.query<T>(sql)).rows;
}

/** The socket below a session. */
export const streamOf = (client: pg.Client): unknown =>
  (client as unknown as { readonly connection?: { readonly stream?: unknown } }).connection?.stream;
