import { big, bytes, concat, little, OK, SECRET } from './common.ts';
import type { ProtocolSample } from './common.ts';

export type BsonValue = string | number | boolean | BsonFields | readonly BsonValue[];
export interface BsonFields {
  readonly [name: string]: BsonValue;
}

const element = (type: number, name: string, value: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type), bytes(`${name}\0`), value);

function double(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer);
}

function bsonField(name: string, value: BsonValue): Uint8Array {
  if (typeof value === 'string')
    return element(2, name, concat(little(4, bytes(value).length + 1), bytes(`${value}\0`)));
  if (typeof value === 'number')
    return Number.isInteger(value) ? element(0x10, name, little(4, value)) : element(1, name, double(value));
  if (typeof value === 'boolean') return element(8, name, Uint8Array.of(Number(value)));
  if (Array.isArray(value)) return element(4, name, bson(Object.fromEntries(value.entries())));
  return element(3, name, bson(value as BsonFields));
}

/** A BSON document; whole numbers are int32, others doubles. */
export function bson(fields: BsonFields): Uint8Array {
  const body = concat(...Object.entries(fields).map(([name, value]) => bsonField(name, value)));
  return concat(little(4, body.length + 5), body, Uint8Array.of(0));
}

/** A wire message: header of 16 bytes and its body. */
export function mongoWire(opcode: number, responseTo: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  return concat(little(4, body.length + 16), little(4, 7), little(4, responseTo), little(4, opcode), body);
}

/** OP_MSG with one section of kind 0. */
export const opMsg = (fields: BsonFields, responseTo = 0): Uint8Array =>
  mongoWire(2013, responseTo, little(4, 0), Uint8Array.of(0), bson(fields));

export const opMsgBody = (fields: BsonFields): Uint8Array => concat(little(4, 0), Uint8Array.of(0), bson(fields));

/** A section of kind 1. */
export function documentSequence(identifier: string, ...documents: readonly BsonFields[]): Uint8Array {
  const content = concat(bytes(`${identifier}\0`), ...documents.map(bson));
  return concat(Uint8Array.of(1), little(4, content.length + 4), content);
}

const ok = opMsg({ ok: 1 }, 7);

export const MONGODB_SAMPLES: readonly ProtocolSample[] = [
  {
    title: 'find',
    request: opMsg({ find: 'orders', filter: { name: SECRET, n: { $in: [1, 2] } }, limit: 5, $db: 'shop' }),
    response: ok,
    status: 0,
    expected: { spanName: 'find orders', ...OK },
  },
  {
    title: 'insert with a document sequence first',
    request: mongoWire(
      2013,
      0,
      little(4, 0),
      documentSequence('documents', { name: SECRET }),
      Uint8Array.of(0),
      bson({ insert: 'users', $db: 'shop' }),
    ),
    response: ok,
    status: 0,
    expected: { spanName: 'insert users', ...OK },
  },
  {
    title: 'legacy query of a command',
    request: mongoWire(
      2004,
      0,
      little(4, 0),
      bytes('admin.$cmd\0'),
      little(4, 0),
      little(4, 1),
      bson({ ismaster: 1, client: { application: SECRET } }),
    ),
    response: mongoWire(1, 7, new Uint8Array(20), bson({ ok: 1 })),
    status: 0,
    expected: { spanName: 'ismaster', ...OK },
  },
  {
    title: 'legacy query of a collection that fails',
    request: mongoWire(2004, 0, little(4, 0), bytes('shop.orders\0'), big(8, 0), bson({ name: SECRET })),
    response: mongoWire(1, 7, little(4, 2), new Uint8Array(16), bson({ $err: `no "${SECRET}"`, code: 13 })),
    status: 1,
    expected: { spanName: 'find orders', failed: true, statusMessage: '13: no ?' },
  },
  {
    title: 'error with code',
    request: opMsg({ insert: 'users', documents: [{ mail: SECRET }], $db: 'shop' }),
    response: opMsg(
      { ok: 0, errmsg: `E11000 dup key: { mail: "${SECRET}" }`, code: 11000, codeName: 'DuplicateKey' },
      7,
    ),
    status: 0,
    expected: {
      spanName: 'insert users',
      failed: true,
      statusMessage: '11000 (DuplicateKey): E11000 dup key: { ? }',
    },
  },
];
