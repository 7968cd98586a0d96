import { BSON_ARRAY, BSON_DOCUMENT, bsonElements } from './bson.ts';
import type { BsonElement } from './bson.ts';
import { nameOrNone } from './database-description.ts';

const DEPTH_LIMIT = 6;
const TEXT_LIMIT = 480;

/** What every driver adds to every command. */
const ENVELOPE = new Set([
  'lsid',
  '$db',
  '$clusterTime',
  '$readPreference',
  'txnNumber',
  'startTransaction',
  'autocommit',
  'readConcern',
  'writeConcern',
  'apiVersion',
  'apiStrict',
  'ordered',
  'comment',
]);
/** Arrays of whole documents: their fields are data, not a question. */
const DOCUMENTS = new Set(['documents', 'firstBatch', 'nextBatch']);

class Writer {
  text = '';
  get full(): boolean {
    return this.text.length > TEXT_LIMIT;
  }
}

function writeValue(
  out: Writer,
  bytes: Uint8Array,
  { name, type, from, to }: BsonElement,
  depth: number,
): void {
  const nested = (type === BSON_DOCUMENT || type === BSON_ARRAY) && !DOCUMENTS.has(name);
  if (!nested || depth >= DEPTH_LIMIT) {
    out.text += '"?"';
    return;
  }
  if (type === BSON_DOCUMENT) writeDocument(out, bytes, from, to, depth + 1);
  else writeArray(out, bytes, from, to, depth + 1);
}

/** Elements that are no documents become one placeholder: `{$in: [1, 2, 3]}` is the same question as `[1]`. */
function writeArray(out: Writer, bytes: Uint8Array, from: number, to: number, depth: number): void {
  let separator = '';
  let placeholder = false;
  out.text += '[';
  for (const element of bsonElements(bytes, from, to)) {
    if (out.full) break;
    if (element.type !== BSON_DOCUMENT && placeholder) continue;
    if (element.type !== BSON_DOCUMENT) placeholder = true;
    out.text += separator;
    writeValue(out, bytes, element, depth);
    separator = ',';
  }
  out.text += ']';
}

function writeDocument(out: Writer, bytes: Uint8Array, from: number, to: number, depth: number): void {
  let separator = '';
  out.text += '{';
  for (const element of bsonElements(bytes, from, to)) {
    if (out.full) break;
    const name = nameOrNone(element.name);
    if (name === '' || (depth === 0 && ENVELOPE.has(name))) continue;
    out.text += `${separator}${JSON.stringify(name)}:`;
    writeValue(out, bytes, element, depth);
    separator = ',';
  }
  out.text += '}';
}

/**
 * A command's document as JSON with `"?"` for every value but nested documents: `{"find":"?","filter":{"a":"?"}}`.
 * What drivers add to every command is left out; so is what was not captured.
 */
export function mongoQuery(bytes: Uint8Array, from: number): string {
  const out = new Writer();
  writeDocument(out, bytes, from, bytes.length, 0);
  return out.text;
}
