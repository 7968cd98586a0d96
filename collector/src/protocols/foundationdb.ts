import { ByteReader } from './byte-reader.ts';
import { describeDatabase } from './database-description.ts';
import { defineProtocol, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';

/** Requests of clients by their file identifier (FoundationDB, fdbclient/*Interface.h). */
const REQUESTS: ReadonlyMap<number, string> = new Map([
  [8454530, 'GetValue'],
  [6795746, 'GetKeyValues'],
  [10457870, 'GetKey'],
  [14747733, 'WatchValue'],
  [93948, 'CommitTransaction'],
  [838566, 'GetReadVersion'],
  [9144680, 'GetKeyServerLocations'],
  [2799502, 'OpenDatabaseCoord'],
]);

/** Length, checksum and token, then the offset of the root, which the identifier follows; TLS has no checksum. */
const IDENTIFIER_AT = [32, 24] as const;

function operationOf(payload: Uint8Array): string {
  for (const at of IDENTIFIER_AT) {
    const reader = new ByteReader(payload, at);
    const name = REQUESTS.get(reader.little(4) & 0x00ffffff);
    if (name !== undefined && !reader.cut) return name;
  }
  return '';
}

function describe({ payload, status }: CapturedRequest): RequestDescription {
  return describeDatabase({
    protocol: 'foundationdb',
    system: 'foundationdb',
    operation: operationOf(payload),
    failed: status !== 0,
  });
}

export const foundationdb = defineProtocol({
  id: 'foundationdb',
  number: 16,
  name: 'FoundationDB',
  statusLabel: okOrFailed,
  describe,
});
