import { ByteReader } from './byte-reader.ts';
import { describeDatabase, nameOrNone } from './database-description.ts';
import { defineProtocol } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';

/** Requests by their type (ZooKeeper, ZooDefs.OpCode). */
const OPERATIONS: ReadonlyMap<number, string> = new Map([
  [0, 'notification'],
  [1, 'create'],
  [2, 'delete'],
  [3, 'exists'],
  [4, 'getData'],
  [5, 'setData'],
  [6, 'getACL'],
  [7, 'setACL'],
  [8, 'getChildren'],
  [9, 'sync'],
  [11, 'ping'],
  [12, 'getChildren2'],
  [13, 'check'],
  [14, 'multi'],
  [15, 'create2'],
  [16, 'reconfig'],
  [17, 'checkWatches'],
  [18, 'removeWatches'],
  [19, 'createContainer'],
  [20, 'deleteContainer'],
  [21, 'createTTL'],
  [22, 'multiRead'],
  [100, 'auth'],
  [101, 'setWatches'],
  [102, 'sasl'],
  [103, 'getEphemerals'],
  [104, 'getAllChildrenNumber'],
  [105, 'setWatches2'],
  [106, 'addWatch'],
  [107, 'whoAmI'],
  [-10, 'createSession'],
  [-11, 'closeSession'],
]);

/** Requests whose body begins with a path. */
const WITH_PATH: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 17, 18, 19, 20, 21, 103, 104, 106,
]);
const MULTI: ReadonlySet<number> = new Set([14, 22]);

/** Error codes (KeeperException.Code). */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [-1, 'SystemError'],
  [-2, 'RuntimeInconsistency'],
  [-3, 'DataInconsistency'],
  [-4, 'ConnectionLoss'],
  [-5, 'MarshallingError'],
  [-6, 'Unimplemented'],
  [-7, 'OperationTimeout'],
  [-8, 'BadArguments'],
  [-13, 'NewConfigNoQuorum'],
  [-14, 'ReconfigInProgress'],
  [-100, 'APIError'],
  [-101, 'NoNode'],
  [-102, 'NoAuth'],
  [-103, 'BadVersion'],
  [-108, 'NoChildrenForEphemerals'],
  [-110, 'NodeExists'],
  [-111, 'NotEmpty'],
  [-112, 'SessionExpired'],
  [-113, 'InvalidCallback'],
  [-114, 'InvalidACL'],
  [-115, 'AuthFailed'],
  [-118, 'SessionMoved'],
  [-119, 'NotReadOnly'],
  [-120, 'EphemeralOnLocalSession'],
  [-121, 'NoWatcher'],
  [-123, 'RequestTimeout'],
  [-124, 'ReconfigDisabled'],
  [-125, 'SessionClosedRequireSaslAuth'],
]);

/** What a client asks about is no failure of the server. */
const FAILURES_FROM = -100;
const REQUEST_TIMEOUT = -123;

interface Request {
  readonly operation: string;
  readonly path: string;
}

function requestOf(payload: Uint8Array): Request | undefined {
  const reader = new ByteReader(payload, 4);
  const xid = reader.signed(4);
  const type = reader.signed(4);
  if (reader.cut) return undefined;
  // the first message of a connection has the version of the protocol where others have their number
  if (xid === 0 && !OPERATIONS.has(type)) return { operation: 'connect', path: '' };
  const operation = OPERATIONS.get(type);
  if (operation === undefined) return undefined;
  if (MULTI.has(type)) {
    const first = reader.signed(4);
    reader.skip(5);
    const inner = OPERATIONS.get(first);
    return { operation: inner && !reader.cut ? `${operation}(${inner})` : operation, path: pathOf(reader) };
  }
  return { operation, path: WITH_PATH.has(type) ? pathOf(reader) : '' };
}

/** Elements that hold a number or an id stand for any: sequence nodes, sessions, UUIDs. */
function pathOf(reader: ByteReader): string {
  const path = reader.text(reader.big(4));
  if (!path.startsWith('/') || reader.cut) return '';
  return nameOrNone(
    path
      .split('/')
      .map((part) => (/\d{4,}|[0-9a-f]{8,}/i.test(part) ? '{id}' : part))
      .join('/'),
  );
}

function errorOf(response: Uint8Array): number {
  const reader = new ByteReader(response, 16);
  const error = reader.signed(4);
  return reader.cut ? 0 : error;
}

function describe({ payload, response, status }: CapturedRequest): RequestDescription {
  const request = requestOf(payload);
  const error = status === 0 ? 0 : errorOf(response);
  const failed = status !== 0 && (error === 0 || error > FAILURES_FROM || error === REQUEST_TIMEOUT);
  return describeDatabase({
    protocol: 'zookeeper',
    system: 'zookeeper',
    operation: request?.operation ?? '',
    collection: request?.path ?? '',
    failed,
    errorCode: error === 0 ? '' : String(error),
    errorMessage: ERRORS.get(error) ?? '',
  });
}

export const zookeeper = defineProtocol({
  id: 'zookeeper',
  number: 15,
  name: 'ZooKeeper',
  statusLabel: (status) => (status === 0 ? 'ok' : 'failed'),
  describe,
});
