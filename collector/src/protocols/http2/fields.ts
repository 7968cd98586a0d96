import { latin1, StringCache, Text } from './text.ts';
import { decodeHuffman } from './huffman.ts';

/**
 * Places of the fields whose values are kept; of all others only the size matters. Nothing that authenticates is among
 * them.
 */
export const FIELD = {
  none: 0,
  method: 1,
  path: 2,
  scheme: 3,
  authority: 4,
  status: 5,
  contentType: 6,
  grpcStatus: 7,
  grpcMessage: 8,
  traceparent: 9,
  b3: 10,
  b3TraceId: 11,
  b3SpanId: 12,
  b3Sampled: 13,
  b3Flags: 14,
} as const;
export const FIRST_OF_TRACE = FIELD.traceparent;
export const FIELDS = 15;

const BY_NAME: ReadonlyMap<string, number> = new Map([
  [':method', FIELD.method],
  [':path', FIELD.path],
  [':scheme', FIELD.scheme],
  [':authority', FIELD.authority],
  [':status', FIELD.status],
  ['content-type', FIELD.contentType],
  ['grpc-status', FIELD.grpcStatus],
  ['grpc-message', FIELD.grpcMessage],
  ['traceparent', FIELD.traceparent],
  ['b3', FIELD.b3],
  ['x-b3-traceid', FIELD.b3TraceId],
  ['x-b3-spanid', FIELD.b3SpanId],
  ['x-b3-sampled', FIELD.b3Sampled],
  ['x-b3-flags', FIELD.b3Flags],
]);

export const fieldOf = (name: string): number => BY_NAME.get(name) ?? FIELD.none;

/** A field's name, as much of it as is needed. */
export interface FieldName {
  /** One of FIELD. */
  readonly field: number;
  readonly length: number;
}

export const UNKNOWN_NAME: FieldName = { field: FIELD.none, length: 0 };
export const nameOf = (name: string): FieldName => ({
  field: fieldOf(name),
  length: name.length,
});

/** Values of one header block by FIELD. Used again for the next one. */
export class Fields {
  readonly #values: (Text | undefined)[] = Array.from({ length: FIELDS }, () => undefined);
  /** Bits: who has a value. */
  #present = 0;

  clear(): void {
    for (let rest = this.#present; rest !== 0; rest &= rest - 1)
      this.#values[31 - Math.clz32(rest & -rest)] = undefined;
    this.#present = 0;
  }

  /** Of a field that is given twice the first counts. */
  add(field: number, value: Text): void {
    if (field === FIELD.none || this.#values[field] !== undefined) return;
    this.#values[field] = value;
    this.#present |= 1 << field;
  }

  get(field: number): Text | undefined {
    return this.#values[field];
  }

  /** What may say of a trace, from FIRST_OF_TRACE on; undefined when nothing does. */
  get trace(): readonly (Text | undefined)[] | undefined {
    return this.#present >> FIRST_OF_TRACE === 0 ? undefined : this.#values.slice(FIRST_OF_TRACE);
  }
}

const LONGEST_NAME = 64;
const names = new StringCache((bytes, huffman): FieldName =>
  nameOf(huffman ? (decodeHuffman(bytes) ?? '') : latin1(bytes)),
);

/** The name that `bytes` from `at` to `end` spell; they stand for `length` characters. */
export const nameAt = (
  bytes: Uint8Array,
  at: number,
  end: number,
  huffman: boolean,
  length: number,
): FieldName => (length > LONGEST_NAME ? { field: FIELD.none, length } : names.of(bytes, at, end, huffman));

const values = new StringCache((bytes, huffman) => new Text(bytes, huffman));

/** The same for a value of `field`. */
export const valueAt = (bytes: Uint8Array, at: number, end: number, huffman: boolean, field: number): Text =>
  // each request has its own
  field >= FIRST_OF_TRACE ? new Text(bytes.slice(at, end), huffman) : values.of(bytes, at, end, huffman);
