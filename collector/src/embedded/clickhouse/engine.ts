import { setTimeout as delay } from 'node:timers/promises';
import { Admission } from './admission.ts';
import { exception, toException } from './exception.ts';
import { loadChdb } from './native.ts';
import type { ConnectionHandle, NativeChdb, NativeResult } from './native.ts';

/** Settings and scope of one statement; nothing of it outlives the statement. */
export interface StatementScope {
  readonly database?: string;
  /** Applied with SET before the statement, in ClickHouse's textual form. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Values of `{name:Type}` in ClickHouse's escaped text form. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly readOnly?: boolean;
}

export interface ResultFacts {
  readonly seconds: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

export interface QueryResult extends ResultFacts {
  readonly bytes: Uint8Array;
}

/** libuv has four threads by default; one stays free for files and DNS. */
const CONCURRENT = 3;
const WAITING = 64;

/**
 * chDB on one data directory. Every statement gets a connection of its own (about a millisecond), so settings,
 * parameters and the current database of one request never leak into another.
 */
export class ChdbEngine {
  private readonly native: NativeChdb;
  private readonly keepAlive: ConnectionHandle;
  private readonly directory: string;
  private readonly defaults: Readonly<Record<string, string>>;
  private readonly admission = new Admission(CONCURRENT, WAITING);
  private closed = false;

  private constructor(native: NativeChdb, directory: string, defaults: Readonly<Record<string, string>>) {
    this.native = native;
    this.directory = directory;
    this.defaults = defaults;
    this.keepAlive = native.CreateConnection(directory, []);
  }

  /** Throws when the directory is in use by another process or cannot be opened. */
  static open(directory: string, defaults: Readonly<Record<string, string>>): ChdbEngine {
    return new ChdbEngine(loadChdb(), directory, defaults);
  }

  async query(sql: string, format: string, scope: StatementScope): Promise<QueryResult> {
    return this.use(scope, async (connection) => {
      const result = await this.native.QueryAsyncConnection(connection, sql, format);
      return { ...facts(result), bytes: result.bytes };
    });
  }

  /** `prefix` is `INSERT INTO … FORMAT X`; the payload is not copied and must not change meanwhile. */
  async insert(prefix: string, payload: Buffer, scope: StatementScope): Promise<ResultFacts> {
    return this.use(scope, async (connection) => {
      const result = await this.native.InsertRawAsyncConnection(connection, prefix, payload, false);
      return {
        seconds: result.elapsed,
        rowsRead: result.rowsWritten,
        bytesRead: result.bytesWritten,
        rowsWritten: result.rowsWritten,
        bytesWritten: result.bytesWritten,
      };
    });
  }

  /**
   * Chunks of a SELECT as the engine produces them. Only for formats without a header or footer, because each
   * chunk is formatted on its own. Stops and frees the query when the consumer stops.
   */
  async *stream(sql: string, format: string, scope: StatementScope): AsyncGenerator<Uint8Array> {
    const leave = await this.admission.enter();
    let connection: ConnectionHandle | undefined;
    try {
      connection = await this.connect(scope);
      const handle = this.native.StreamQuery(connection, sql, format);
      let done = false;
      try {
        for (;;) {
          const chunk = await this.native.StreamFetch(handle);
          done = chunk.done;
          if (done) return;
          yield chunk.bytes;
        }
      } finally {
        if (!done) this.native.StreamCancel(handle);
      }
    } catch (error) {
      throw toException(error);
    } finally {
      if (connection !== undefined) this.native.CloseConnection(connection);
      leave();
    }
  }

  private async use<T>(scope: StatementScope, run: (connection: ConnectionHandle) => Promise<T>): Promise<T> {
    const leave = await this.admission.enter();
    let connection: ConnectionHandle | undefined;
    try {
      connection = await this.connect(scope);
      return await run(connection);
    } catch (error) {
      throw toException(error);
    } finally {
      if (connection !== undefined) this.native.CloseConnection(connection);
      leave();
    }
  }

  /** Read-only comes last: after it, nothing of the scope can be changed, not even by the statement. */
  private async connect(scope: StatementScope): Promise<ConnectionHandle> {
    if (this.closed) throw exception('ABORTED', 'The store is shutting down');
    const connection = this.native.CreateConnection(this.directory, []);
    try {
      if (scope.database !== undefined) await this.run(connection, `USE ${quoteName(scope.database)}`);
      const assignments = [
        ...Object.entries({ ...this.defaults, ...scope.settings }).map(
          ([name, value]) => [name, value] as const,
        ),
        ...Object.entries(scope.parameters ?? {}).map(([name, value]) => [`param_${name}`, value] as const),
      ].map(([name, value]) => `${settingName(name)} = ${quoteText(value)}`);
      if (assignments.length > 0) await this.run(connection, `SET ${assignments.join(', ')}`);
      if (scope.readOnly === true) await this.run(connection, 'SET readonly = 1');
      return connection;
    } catch (error) {
      this.native.CloseConnection(connection);
      throw error;
    }
  }

  private async run(connection: ConnectionHandle, sql: string): Promise<void> {
    await this.native.QueryAsyncConnection(connection, sql, 'TabSeparated');
  }

  /** Waits for what runs, kills what takes too long, then closes the directory. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const drained = this.admission.drained();
    if (!(await settlesWithin(drained, GRACE))) {
      // Not awaited: with every thread busy it runs when the first statement ends by itself.
      this.run(this.keepAlive, 'KILL QUERY WHERE 1 ASYNC').catch(() => undefined);
      if (!(await settlesWithin(drained, GRACE))) throw new Error('a statement does not end');
    }
    this.native.CloseConnection(this.keepAlive);
  }
}

/** ms that running statements have to end, by themselves and after they were killed. */
const GRACE = 3_000;

async function settlesWithin(promise: Promise<void>, time: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(time, false, { signal: timer.signal }).catch(() => false);
  const settled = await Promise.race([promise.then(() => true), late]);
  timer.abort();
  return settled;
}

const facts = (result: NativeResult): ResultFacts => ({
  seconds: result.elapsed,
  rowsRead: result.rowsRead,
  bytesRead: result.bytesRead,
  rowsWritten: 0,
  bytesWritten: 0,
});

export const quoteName = (name: string): string => `\`${name.replace(/[\\`]/g, '\\$&')}\``;
const quoteText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function settingName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw exception('BAD_ARGUMENTS', `Bad setting name '${name}'`);
  return name;
}
