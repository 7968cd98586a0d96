import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import mysql from 'mysql2/promise';
import { certificateOf } from '../certificate.ts';
import { splitAddress, type ProbeTarget } from '../define.ts';

/** Name of a server's error, '' for others: ER_ACCESS_DENIED_ERROR. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
/** A session that can only read; statements that take longer than `timeout` ms are given up by the server. */
export async function connect(target: ProbeTarget, timeout: number): Promise<mysql.Connection> {
  const { host, port } = splitAddress(target.address, 3306);
  const connection = await mysql.createConnection({
    host,
    port,
    connectTimeout: timeout,
    supportBigNumbers: true,
    ...(target.tls === 'disable'
      ? {}
      : {
          ssl: {
            rejectUnauthorized: target.tls === 'verify-full',
            // the driver compares with `localhost` when it is given an address: see `checkAddress`
            verifyIdentity: target.tls === 'verify-full' && isIP(host) === 0,
            ...(target.ca ? { ca: target.ca } : {}),
          },
        }),
    ...(target.database === undefined ? {} : { database: target.database }),
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
  });
  // a connection that breaks between rounds is found by the next query; without a listener it would end the process
  connection.on('error', () => {});
  try {
    if (target.tls === 'verify-full' && isIP(host) !== 0) checkAddress(host, connection);
    await connection.query('SET SESSION TRANSACTION READ ONLY');
    await limitStatements(connection, timeout);
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return connection;
}

/** That the certificate, whose chain is trusted already, is one for this address. */
function checkAddress(host: string, connection: mysql.Connection): void {
  const certificate = certificateOf(streamOf(connection));
  const mismatch = certificate && checkServerIdentity(host, certificate);
  if (!certificate || mismatch) throw mismatch ?? new Error(`${host} showed no certificate`);
}

/** The server gives up a slow statement itself, so that the connection stays usable. MariaDB counts seconds, MySQL ms. */
async function limitStatements(connection: mysql.Connection, timeout: number): Promise<void> {
  const limits = [
    `SET SESSION max_statement_time = ${timeout / 1000}`,
    `SET SESSION max_execution_time = ${timeout}`,
  ];
  for (const limit of limits) {
    const outcome = await connection.query(limit).catch((error: unknown) => error);
    if (!(outcome instanceof Error)) return;
    if (codeOf(outcome) !== 'ER_UNKNOWN_SYSTEM_VARIABLE') throw outcome;
  }
}

/** The socket below a connection. */
export const streamOf = (connection: mysql.Connection): unknown =>
  (connection as unknown as { readonly connection?: { readonly stream?: unknown } }).connection?.stream;
