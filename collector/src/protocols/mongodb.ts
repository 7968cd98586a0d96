import { SPAN_ATTRIBUTES } from '@gumshoe/schema/attributes';
import { BSON_ARRAY, bsonElements, bsonNumber, bsonText } from './bson.ts';
import { describeDatabase, nameOrNone } from './database-description.ts';
import { defineProtocol, okOrFailed } from './define.ts';
import type { CapturedRequest, RequestDescription } from './define.ts';
import { mongoMessage, OP_REPLY } from './mongodb-message.ts';
import type { MongoMessage } from './mongodb-message.ts';
import { mongoQuery } from './mongodb-query.ts';

const QUERY_FAILURE = 1 << 1;
const COMMAND_NAME = /^[A-Za-z][A-Za-z]{1,40}$/;
/** Commands whose arguments are credentials. */
const CREDENTIALS = /^(sasl|authenticate|getnonce|createUser|updateUser|copydb)/i;

interface Command {
  readonly name: string;
  readonly collection: string;
  readonly database: string;
  readonly query: string;
  /** The server holds its answer back until something changes. */
  readonly blocking: boolean;
}

const UNKNOWN: Command = { name: '', collection: '', database: '', query: '', blocking: false };

/** First element: the command's name, its value the collection; getMore names it in an element of its own. */
function commandOf({ bytes, document }: MongoMessage): Command {
  let [name, collection, database, awaits] = ['', '', '', false];
  for (const element of bsonElements(bytes, document)) {
    if (name === '') {
      if (!COMMAND_NAME.test(element.name)) return UNKNOWN;
      name = element.name;
      collection = bsonText(bytes, element) ?? '';
    } else if (element.name === 'collection') collection = bsonText(bytes, element) ?? collection;
    else if (element.name === '$db') database = bsonText(bytes, element) ?? '';
    else if (element.name === 'maxAwaitTimeMS') awaits = true;
  }
  if (name === '') return UNKNOWN;
  const query = CREDENTIALS.test(name) ? '' : mongoQuery(bytes, document);
  return {
    name,
    collection: CREDENTIALS.test(name) ? '' : nameOrNone(collection),
    database: nameOrNone(database),
    query,
    blocking: awaits,
  };
}

function legacyCommand(message: MongoMessage): Command {
  const dot = message.fullName.indexOf('.');
  const database = nameOrNone(message.fullName.slice(0, Math.max(dot, 0)));
  const collection = nameOrNone(message.fullName.slice(dot + 1));
  if (collection === '$cmd') return { ...commandOf(message), database };
  return { ...UNKNOWN, name: message.legacyOperation, collection, database };
}

interface MongoError {
  readonly code: string;
  readonly message: string;
}

/** Values in an error's text are quoted or in braces: `dup key: { email: "a@b" }`. */
const withoutValues = (text: string): string =>
  text
    .replace(/\{[^]*/, '{ ? }')
    .replace(/["'][^]*/, '?')
    .replace(/\b\d[\w.]*/g, '?');

/** Error of an answer with ok: 0, with write errors, or of a failed legacy query. */
function errorOf(response: Uint8Array): MongoError | undefined {
  const message = mongoMessage(response);
  if (message === undefined || message === 'compressed') return undefined;
  const { bytes, document, opcode, flags } = message;
  let [failed, code, codeName, text] = [opcode === OP_REPLY && (flags & QUERY_FAILURE) !== 0, '', '', ''];
  for (const element of bsonElements(bytes, document)) {
    if (element.name === 'ok') failed ||= bsonNumber(bytes, element) === 0;
    else if (element.name === 'code') code = String(bsonNumber(bytes, element) ?? '');
    else if (element.name === 'codeName') codeName = bsonText(bytes, element) ?? '';
    else if (element.name === 'errmsg' || element.name === '$err') text = cutText(bytes, element.from);
    else if (element.name === 'writeErrors' && element.type === BSON_ARRAY) {
      failed = true;
      text = 'write errors';
    }
  }
  if (!failed) return undefined;
  const name = /^\w{1,60}$/.test(codeName) ? ` (${codeName})` : '';
  return { code: code && `${code}${name}`, message: withoutValues(text) };
}

/** A string of which the end may not have been captured. */
function cutText(bytes: Uint8Array, from: number): string {
  const end = bytes.indexOf(0, from + 4);
  const text = Buffer.from(bytes.subarray(from + 4, end < 0 ? bytes.length : end)).toString('utf8');
  return text.replaceAll('\ufffd', '');
}

function describe(request: CapturedRequest): RequestDescription {
  const message = mongoMessage(request.payload);
  const read = message !== undefined && message !== 'compressed';
  const command = read ? (message.legacyOperation ? legacyCommand(message) : commandOf(message)) : UNKNOWN;
  const error = errorOf(request.response);
  return describeDatabase({
    protocol: 'mongodb',
    system: 'mongodb',
    operation: command.name,
    collection: command.collection,
    namespace: command.database,
    query: command.query,
    failed: request.status !== 0 || error !== undefined,
    errorCode: error?.code ?? '',
    errorMessage: error?.message ?? '',
    more: {
      [SPAN_ATTRIBUTES.opaque]: message === 'compressed' ? 'compressed' : '',
      [SPAN_ATTRIBUTES.blocking]: command.blocking ? 'true' : '',
    },
  });
}

export const mongodb = defineProtocol({
  id: 'mongodb',
  number: 6,
  name: 'MongoDB',
  statusLabel: okOrFailed,
  describe,
});
