import type { Reader } from './reader.ts';

/** A field of an event: System.TypeCode, and the fields of a structure. */
export interface EventField {
  readonly name: string;
  readonly type: number;
  readonly fields: readonly EventField[];
}

/** What an event with this metadata id carries. */
export interface EventShape {
  readonly provider: string;
  readonly event: string;
  readonly fields: readonly EventField[];
}

export type EventValues = Map<string, number | string>;

const MAX_FIELDS = 256;
const MAX_DEPTH = 4;
const STRUCTURE = 1;
const TEXT = 18;
const READ: Readonly<Record<number, (reader: Reader) => number>> = {
  3: (reader) => reader.i32(),
  4: (reader) => reader.u16(),
  5: (reader) => reader.u8(),
  6: (reader) => reader.u8(),
  7: (reader) => reader.u16(),
  8: (reader) => reader.u16(),
  9: (reader) => reader.i32(),
  10: (reader) => reader.i32(),
  11: (reader) => reader.i64(),
  12: (reader) => reader.i64(),
  13: (reader) => reader.f32(),
  14: (reader) => reader.f64(),
};

/** Payload of a metadata event: the id it defines and the shape. */
export function readShape(reader: Reader): readonly [id: number, shape: EventShape] {
  const id = reader.i32();
  const provider = reader.text();
  reader.skip(4);
  const event = reader.text();
  reader.skip(8 + 4 + 4); // keywords, version, level
  return [id, { provider, event, fields: readFields(reader, 0) }];
}

function readFields(reader: Reader, depth: number): readonly EventField[] {
  const count = reader.i32();
  const fields: EventField[] = [];
  if (count > MAX_FIELDS || depth > MAX_DEPTH) reader.isCut = true;
  for (let i = 0; i < count && !reader.isCut; i++) {
    const type = reader.i32();
    const inner = type === STRUCTURE ? readFields(reader, depth + 1) : [];
    fields.push({ type, fields: inner, name: reader.text() });
  }
  return fields;
}

/** Numbers and texts of an event by name, structures laid flat; stops at a type of unknown size. */
export function readValues(
  reader: Reader,
  fields: readonly EventField[],
  into: EventValues = new Map(),
): EventValues {
  for (const { name, type, fields: inner } of fields) {
    if (type === STRUCTURE) readValues(reader, inner, into);
    else if (type === TEXT) into.set(name, reader.text());
    else if (READ[type]) into.set(name, READ[type](reader));
    else reader.isCut = true;
    if (reader.isCut) break;
  }
  return into;
}
