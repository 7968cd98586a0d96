import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { POSTGRES_METRICS } from '@gumshoe/schema/metrics/postgres';
import pg from 'pg';
import { certificateOf, emitCertificate } from '../certificate.ts';
import { defineProbe, type ProbeContext, type ProbeSession, type ProbeTarget } from '../define.ts';
import { connect, rowsOf, streamOf } from './client.ts';
import { lockWaits, type Session } from './locks.ts';
import { collectMaintenance } from './maintenance.ts';
import * as queries from './queries.ts';
import {
  latencySummary,
  statementDeltas,
  type StatementCounters,
  type StatementDelta,
} from './statements.ts';
import { TableTracker } from './table-tracker.ts';

const TOP = 20;
const MAX_WARNINGS = 5;

interface ActivityRow extends Record<string, unknown> {
  readonly pid: number;
  readonly db: string;
  readonly user: string;
  readonly state: string;
  readonly wait_event_type: string;
  readonly query: string;
  readonly age: number | null;
  readonly blocked_by: number[];
}

/** Class 28: invalid authorization specification (PostgreSQL, Appendix A). */
const isCredentialError = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code ?? '').startsWith('28');

export const postgresProbe = defineProbe({
  type: 'postgres',
  defaultPort: 5432,
  up: POSTGRES_METRICS.up,
  error: { metric: POSTGRES_METRICS.scrapeError, label: 'error' },
  isCredentialError,
  open: openSession,
});

async function openSession(target: ProbeTarget, timeout: number): Promise<ProbeSession> {
  const database = target.database ?? 'postgres';
  return new PostgresSession(await connect(target, timeout, database), new TableTracker(target));
}

class PostgresSession implements ProbeSession {
  private readonly client: pg.Client;
  private statements = new Map<string, StatementCounters>();
  private statementsAt = 0;
  private columns: ReadonlySet<string> | undefined;
  private readonly tables: TableTracker;

  constructor(client: pg.Client, tables: TableTracker) {
    this.client = client;
    this.tables = tables;
  }

  private rows<T extends Record<string, unknown>>(sql: string): Promise<T[]> {
    return rowsOf<T>(this.client, sql);
  }

  async collect(context: ProbeContext): Promise<void> {
    const before = performance.now();
    const version =
      (await this.rows<{ server_version: string }>('SHOW server_version'))[0]?.server_version ?? '';
    context.emit(POSTGRES_METRICS.probeSeconds, (performance.now() - before) / 1000);
    context.emit(POSTGRES_METRICS.info, 1, { server_version: version });
    const activity = await this.rows<ActivityRow>(queries.ACTIVITY);
    emitConnections(context, activity);
    emitLocks(context, activity);
    await this.collectStatements(context, activity);
    for (const row of await this.rows<{ name: string; unit: string; value: number }>(queries.SETTINGS))
      context.emit(POSTGRES_METRICS.setting, row.value, { name: row.name, unit: row.unit });
    emitCertificate(context, certificateOf(streamOf(this.client)));
    await this.collectReplication(context);
    await this.collectMaintenance(context);
  }

  /** What cannot be read for want of rights is a warning: the server answers. */
  private async collectMaintenance(context: ProbeContext): Promise<void> {
    const problems = [
      ...(await collectMaintenance(this.client, context)),
      ...(await this.tables.collect(this.client, context)),
    ];
    for (const warning of problems.slice(0, MAX_WARNINGS))
      context.emit(POSTGRES_METRICS.scrapeError, 1, { error: '', warning: warning.slice(0, 200) });
  }

  private async collectStatements(context: ProbeContext, activity: readonly ActivityRow[]): Promise<void> {
    this.columns ??= new Set(
      (await this.rows<{ attname: string }>(queries.STATEMENT_COLUMNS)).map((row) => row.attname),
    );
    let deltas: StatementDelta[] = [];
    if (this.columns.size === 0) {
      this.columns = undefined;
      context.emit(POSTGRES_METRICS.scrapeError, 1, {
        error: '',
        warning: 'extension pg_stat_statements is not installed in this database',
      });
    } else {
      const rows = await this.rows<StatementCounters & Record<string, unknown> & { io_time: number }>(
        queries.statementsQuery(this.columns),
      );
      const current = rows.map((row) => ({ ...row, ioTime: row.io_time, query: obfuscateSql(row.query) }));
      deltas = statementDeltas(this.statements, current);
      this.statements = new Map(current.map((row) => [row.id, row]));
    }
    const seconds = this.statementsAt === 0 ? 0 : (context.now - this.statementsAt) / 1000;
    this.statementsAt = context.now;
    const running = activity
      .filter((row) => row.state === 'active' && row.age !== null)
      .map((row) => ({ age: row.age ?? 0 }));
    const summary = latencySummary(deltas, running);
    if (summary)
      for (const [name, value] of Object.entries(summary))
        context.emit(POSTGRES_METRICS.latency, value, { summary: name });
    if (seconds > 0) emitStatements(context, deltas, seconds);
  }

  private async collectReplication(context: ProbeContext): Promise<void> {
    const replica =
      (await this.rows<{ replica: boolean }>('SELECT pg_is_in_recovery() AS replica'))[0]?.replica === true;
    if (replica) {
      const state = (
        await this.rows<{ receive: number | null; replay: number | null; paused: number }>(
          queries.REPLICA_STATE,
        )
      )[0];
      if (state?.receive != null) context.emit(POSTGRES_METRICS.walReceiveLsn, state.receive);
      if (state?.replay != null) context.emit(POSTGRES_METRICS.walReplayLsn, state.replay);
      context.emit(POSTGRES_METRICS.walReplayPaused, state?.paused ?? 0);
      for (const row of await this.rows<{ host: string; port: number; streaming: number }>(
        queries.WAL_RECEIVER,
      ))
        context.emit(POSTGRES_METRICS.walReceiverStatus, row.streaming, {
          sender_host: row.host,
          sender_port: String(row.port),
        });
    } else {
      const primary = (await this.rows<{ lsn: number }>(queries.PRIMARY_LSN))[0];
      if (primary) context.emit(POSTGRES_METRICS.walCurrentLsn, primary.lsn);
    }
    for (const row of await this.rows<{ slot: string; active: string; wal_status: string; retained: number }>(
      queries.REPLICATION_SLOTS,
    ))
      context.emit(POSTGRES_METRICS.replicationSlotRetained, row.retained, {
        slot: row.slot,
        active: row.active,
        wal_status: row.wal_status,
      });
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

function emitConnections(context: ProbeContext, activity: readonly ActivityRow[]): void {
  const counts = new Map<string, { labels: Record<string, string>; count: number }>();
  for (const row of activity) {
    const query = row.state === 'idle' ? '' : obfuscateSql(row.query);
    const labels = {
      db: row.db,
      user: row.user,
      state: row.state,
      wait_event_type: row.state === 'idle' ? '' : row.wait_event_type,
      query,
    };
    const key = JSON.stringify(labels);
    const known = counts.get(key);
    if (known) known.count++;
    else counts.set(key, { labels, count: 1 });
  }
  const sorted = [...counts.values()].sort((a, b) => b.count - a.count);
  for (const { labels, count } of sorted.slice(0, 2 * TOP))
    context.emit(POSTGRES_METRICS.connections, count, labels);
  // without a series nobody could tell no sessions from no answer
  if (sorted.length === 0) context.emit(POSTGRES_METRICS.connections, 0);
  const rest = sorted.slice(2 * TOP).reduce((sum, one) => sum + one.count, 0);
  if (rest > 0)
    context.emit(POSTGRES_METRICS.connections, rest, {
      db: '',
      user: '',
      state: 'other',
      wait_event_type: '',
      query: '',
    });
}

function emitLocks(context: ProbeContext, activity: readonly ActivityRow[]): void {
  const sessions: Session[] = activity.map((row) => ({
    pid: row.pid,
    db: row.db,
    user: row.user,
    query: obfuscateSql(row.query),
    blockedBy: row.blocked_by,
  }));
  for (const wait of lockWaits(sessions).slice(0, TOP))
    context.emit(POSTGRES_METRICS.lockAwaitingQueries, wait.waiting, {
      db: wait.db,
      user: wait.user,
      blocking_query: wait.blockingQuery,
    });
}

function emitStatements(context: ProbeContext, deltas: readonly StatementDelta[], seconds: number): void {
  const perDb = new Map<string, number>();
  for (const delta of deltas) perDb.set(delta.db, (perDb.get(delta.db) ?? 0) + delta.calls);
  for (const [db, calls] of perDb) context.emit(POSTGRES_METRICS.queriesPerSecond, calls / seconds, { db });
  const top = [...mergeByQuery(deltas)].sort((a, b) => b.time - a.time).slice(0, TOP);
  for (const { db, user, query, calls, time, ioTime } of top) {
    const labels = { db, user, query };
    context.emit(POSTGRES_METRICS.topQueryCalls, calls / seconds, labels);
    context.emit(POSTGRES_METRICS.topQueryTime, time / seconds, labels);
    context.emit(POSTGRES_METRICS.topQueryIoTime, ioTime / seconds, labels);
  }
}

/** Two statements may have one text once their literals are gone. */
function mergeByQuery(deltas: readonly StatementDelta[]): Iterable<StatementDelta> {
  const merged = new Map<string, StatementDelta>();
  for (const delta of deltas) {
    const key = JSON.stringify([delta.db, delta.user, delta.query]);
    const known = merged.get(key);
    const sum = known && {
      calls: known.calls + delta.calls,
      time: known.time + delta.time,
      ioTime: known.ioTime + delta.ioTime,
    };
    merged.set(key, { ...delta, ...sum });
  }
  return merged.values();
}
