import { createRequire } from 'node:module';

/** The part of chDB's native addon that the store uses. Asynchronous calls run on libuv's thread pool. */
export interface NativeChdb {
  CreateConnection(path: string, args: readonly string[]): ConnectionHandle;
  CloseConnection(connection: ConnectionHandle): void;
  QueryAsyncConnection(connection: ConnectionHandle, sql: string, format: string): Promise<NativeResult>;
  InsertRawAsyncConnection(
    connection: ConnectionHandle,
    prefix: string,
    payload: Buffer,
    countLines: boolean,
  ): Promise<NativeInsertResult>;
  StreamQuery(connection: ConnectionHandle, sql: string, format: string): StreamHandle;
  StreamFetch(stream: StreamHandle): Promise<NativeChunk>;
  StreamCancel(stream: StreamHandle): void;
}

declare const connectionBrand: unique symbol;
declare const streamBrand: unique symbol;
export interface ConnectionHandle {
  readonly [connectionBrand]: true;
}
export interface StreamHandle {
  readonly [streamBrand]: true;
}

export interface NativeResult {
  readonly bytes: Uint8Array;
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

export interface NativeInsertResult {
  readonly elapsed: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

export interface NativeChunk {
  readonly bytes: Uint8Array;
  readonly numRows: number;
  readonly done: boolean;
}

const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@chdb/lib-linux-x64-gnu',
  'linux-arm64': '@chdb/lib-linux-arm64-gnu',
  'darwin-x64': '@chdb/lib-darwin-x64',
  'darwin-arm64': '@chdb/lib-darwin-arm64',
};

/**
 * Loads chDB's addon itself rather than the `chdb` wrapper: the wrapper accepts only a few text formats for
 * inserts, and ClickHouse's clients send RowBinary and Native too. Throws where there is no build.
 */
export function loadChdb(): NativeChdb {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) throw new Error(`chDB has no build for ${platform}`);
  return createRequire(import.meta.url)(name) as NativeChdb;
}
