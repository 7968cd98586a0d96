import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import type { Connection } from 'mysql2/promise';
import { certificateOf, emitCertificate } from '../certificate.ts';
import { Counters, highestFirst } from '../counters.ts';
import { defineProbe, type ProbeContext, type ProbeSession } from '../define.ts';
import { codeOf, connect, streamOf } from './client.ts';
import { emitLocks, type LockWait } from './locks.ts';
import * as queries from './queries.ts';
import { emitReplicas, type ReplicaRow } from './replication.ts';
import { SIZES_PACE, TableSizes, type TableSize } from './sizes.ts';

type Row = Readonly<Record<string, unknown>>;

/** Access denied: for the user, for the database, without a password (server error reference). */
const DENIED: ReadonlySet<string> = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_ACCOUNT_HAS_BEEN_LOCKED',
]);

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const mysqlProbe = defineProbe({
  type: 'mysql',
  defaultPort: 3306,
  up: M.up,
  error: { metric: M.scrapeError, label: 'error' },
  isCredentialError: (error) => DENIED.has(codeOf(error)),
  open: async (target, timeout) => new MysqlSession(await connect(target, timeout), timeout),
});

const STATUS = [
  ['Threads_connected', M.connectionsCurrent],
  ['Connections', M.connections],
  ['Aborted_connects', M.connectionsAborted],
  ['Bytes_received', M.trafficReceived],
  ['Bytes_sent', M.trafficSent],
  ['Questions', M.queries],
  ['Slow_queries', M.slowQueries],
] as const;

class MysqlSession implements ProbeSession {
  private readonly connection: Connection;
  private readonly timeout: number;
  private readonly statements = new Counters();
  private readonly tableIo = new Counters();
  private readonly sizes = new TableSizes();
  /** Which of several ways to ask this server knows. */
  private readonly known = new Map<readonly string[], number>();

  constructor(connection: Connection, timeout: number) {
    this.connection = connection;
    this.timeout = timeout;
  }

  private async rows<T = Row>(sql: string): Promise<readonly T[]> {
    const [rows] = await this.connection.query({ sql, timeout: this.timeout + 500 });
    return rows as unknown as readonly T[];
  }

  /** The first of several ways to ask that the server understands. */
  private async either<T = Row>(ways: readonly string[]): Promise<readonly T[]> {
    const from = this.known.get(ways) ?? 0;
    for (let i = from; ; i++) {
      try {
        const rows = await this.rows<T>(ways[i]!);
        this.known.set(ways, i);
        return rows;
      } catch (error) {
        const foreign = /^ER_(PARSE_ERROR|NO_SUCH_TABLE|UNKNOWN_TABLE|BAD_FIELD_ERROR)$/.test(codeOf(error));
        if (!foreign || i + 1 >= ways.length) throw error;
      }
    }
  }

  async collect(context: ProbeContext): Promise<void> {
    await this.collectStatus(context);
    emitCertificate(context, certificateOf(streamOf(this.connection)));
    const parts: readonly (readonly [string, () => Promise<void>])[] = [
      [
        'replication',
        async () => emitReplicas(context, await this.either<ReplicaRow>(queries.REPLICA_STATUS)),
      ],
      ['lock waits', () => this.collectLocks(context)],
      ['statements', () => this.collectStatements(context)],
      ['sizes of tables', () => this.collectSizes(context)],
    ];
    for (const [what, collect] of parts) {
      try {
        await collect();
      } catch (error) {
        if (this.isBroken(error)) throw error;
        warn(context, `${what}: ${textOf(error)}`);
      }
    }
  }

  /** The connection is gone, or its answers can no longer be told apart. */
  private isBroken(error: unknown): boolean {
    return (
      /^(PROTOCOL_|E[A-Z]+$)/.test(codeOf(error)) ||
      (error instanceof Error && 'fatal' in error && error.fatal === true)
    );
  }

  private async collectStatus(context: ProbeContext): Promise<void> {
    const [identity] = await this.rows(queries.IDENTITY);
    const uuid = await this.rows(queries.SERVER_UUID).catch((): readonly Row[] => []);
    context.emit(M.info, 1, {
      server_version: textIn(identity, 'version'),
      server_id: textIn(identity, 'id'),
      server_uuid: textIn(uuid[0], 'uuid'),
    });
    const status = new Map(
      (await this.rows<{ Variable_name: string; Value: string }>(queries.STATUS)).map((row) => [
        row.Variable_name,
        Number(row.Value),
      ]),
    );
    for (const [name, metric] of STATUS) context.emit(metric, status.get(name) ?? NaN);
    const [most] = await this.rows(queries.MAX_CONNECTIONS);
    context.emit(M.connectionsMax, Number(most?.['value']));
  }

  private async collectLocks(context: ProbeContext): Promise<void> {
    const rows = await this.either<LockWait>(queries.LOCK_WAITS);
    const tables = await this.rows<LockWait>(queries.TABLE_LOCK_WAITS);
    emitLocks(context, [...rows, ...tables]);
  }

  private async collectStatements(context: ProbeContext): Promise<void> {
    const [on] = await this.rows(queries.PERFORMANCE_SCHEMA);
    if (Number(on?.['value']) !== 1)
      return warn(context, 'performance_schema is off: queries and I/O of tables are not known');
    const statements = new Map<string, number[]>();
    for (const row of await this.rows(queries.STATEMENTS)) {
      const key = JSON.stringify([textIn(row, 'schema'), obfuscateSql(textIn(row, 'query'))]);
      const known = statements.get(key) ?? [0, 0, 0];
      statements.set(
        key,
        ['calls', 'time', 'lock_time'].map((name, i) => known[i]! + Number(row[name])),
      );
    }
    const rates = this.statements.rates(statements, context.now);
    for (const [key, [calls, time, lockTime]] of highestFirst(rates, ([, values]) => values[1]!)) {
      const [schema, query] = JSON.parse(key) as [string, string];
      context.emit(M.topQueryCalls, calls!, { schema, query });
      context.emit(M.topQueryTime, time!, { schema, query });
      context.emit(M.topQueryLockTime, lockTime!, { schema, query });
    }
    await this.collectTableIo(context);
  }

  private async collectTableIo(context: ProbeContext): Promise<void> {
    const tables = new Map(
      (await this.rows(queries.TABLE_IO)).flatMap((row) =>
        (['read', 'write'] as const).map((operation): [string, number[]] => [
          JSON.stringify({ schema: textIn(row, 'schema'), table: textIn(row, 'table'), operation }),
          [Number(row[operation])],
        ]),
      ),
    );
    const rates = this.tableIo.rates(tables, context.now);
    for (const [key, [seconds]] of highestFirst(rates, ([, values]) => values[0]!))
      context.emit(M.topTableIoWait, seconds!, JSON.parse(key) as Record<string, string>);
  }

  private async collectSizes(context: ProbeContext): Promise<void> {
    if (context.now - this.sizes.at >= SIZES_PACE) {
      const rows = await this.rows<TableSize>(queries.TABLES);
      this.sizes.update(
        rows.map((row) => ({ ...row, size: Number(row.size) })),
        context.now,
      );
    }
    this.sizes.emit(context);
  }

  async close(): Promise<void> {
    this.connection.destroy();
  }
}

const textIn = (row: Row | undefined, name: string): string => {
  const value = row?.[name];
  return value === undefined || value === null ? '' : String(value as string | number);
};

const warn = (context: ProbeContext, warning: string): void =>
  context.emit(M.scrapeError, 1, { error: '', warning: warning.slice(0, 200) });
