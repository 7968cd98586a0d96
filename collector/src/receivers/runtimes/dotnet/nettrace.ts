import { readShape, readValues, type EventShape, type EventValues } from './event-fields.ts';
import { Reader } from './reader.ts';

const MAGIC = 'Nettrace';
const SERIALIZATION = '!FastSerialization.1';
const PREAMBLE = MAGIC.length + 4 + SERIALIZATION.length;
const BEGIN = 5;
const END = 6;
const NULL = 1;
const TRACE_SIZE = 48;
const MAX_PENDING = 4 << 20;
const MAX_SHAPES = 4096;
const MAX_NAME = 64;

export type OnEvent = (shape: EventShape, values: EventValues) => void;

/**
 * A stream in the NetTrace format, version 4 (microsoft/perfview, EventPipeFormat.md), in pieces of any size.
 * Never throws: `reason` says why it stopped.
 */
export class NettraceParser {
  readonly #onEvent: OnEvent;
  readonly #shapes = new Map<number, EventShape>();
  #pending = Buffer.alloc(0);
  /** Position in the stream of the first pending byte: blocks are aligned to the stream. */
  #position = 0;
  #started = false;
  /** '' while all is well. */
  reason = '';

  constructor(onEvent: OnEvent) {
    this.#onEvent = onEvent;
  }

  push(bytes: Buffer): void {
    if (this.reason) return;
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (!this.reason && this.#step());
    if (this.#pending.length > MAX_PENDING) this.reason = 'a block of the trace is larger than 4 MiB';
  }

  /** True when something was taken off the pending bytes. */
  #step(): boolean {
    const reader = new Reader(this.#pending);
    if (!this.#started) this.#start(reader);
    else this.#object(reader);
    if (this.reason || reader.isCut || reader.at === 0) return false;
    this.#pending = this.#pending.subarray(reader.at);
    this.#position += reader.at;
    return true;
  }

  #start(reader: Reader): void {
    if (reader.left < PREAMBLE) {
      reader.isCut = true;
      return;
    }
    const head = reader.slice(PREAMBLE).toString('latin1');
    if (!head.startsWith(MAGIC) || !head.endsWith(SERIALIZATION)) this.reason = 'no NetTrace stream';
    this.#started = true;
  }

  #object(reader: Reader): void {
    const tag = reader.u8();
    if (reader.isCut) return;
    if (tag === NULL) {
      this.reason = 'the trace has ended';
      return;
    }
    reader.skip(2); // begin of the type, no base type
    const version = reader.i32();
    reader.skip(4);
    const length = reader.i32();
    if (tag !== BEGIN || length < 0 || length > MAX_NAME) {
      if (!reader.isCut) this.reason = 'an object of the trace is damaged';
      return;
    }
    const name = reader.slice(length).toString('latin1');
    reader.skip(1);
    if (name === 'Trace') this.#trace(reader, version);
    else this.#block(reader, name);
    const end = reader.u8();
    if (!reader.isCut && end !== END) this.reason = `${name} of the trace does not end where it should`;
  }

  #trace(reader: Reader, version: number): void {
    if (!reader.isCut && version !== 4) this.reason = `NetTrace of version ${version}; only 4 is known`;
    reader.skip(TRACE_SIZE);
  }

  #block(reader: Reader, name: string): void {
    const size = reader.i32();
    reader.skip((4 - ((this.#position + reader.at) % 4)) % 4);
    // Looked at only when all of it has come, its end included.
    if (reader.left < size + 1) {
      reader.isCut = true;
      return;
    }
    const body = reader.slice(size);
    if (name === 'EventBlock' || name === 'MetadataBlock') this.#events(body);
  }

  #events(body: Buffer): void {
    const reader = new Reader(body);
    const head = reader.u16();
    const isCompressed = (reader.u16() & 1) !== 0;
    reader.at = Math.max(head, 4);
    const state = { metadata: 0, size: 0 };
    while (reader.left > 0 && !reader.isCut) {
      if (isCompressed) readCompressedHead(reader, state);
      else readHead(reader, state);
      const payload = reader.slice(state.size);
      if (!isCompressed) reader.skip(Math.min((4 - (reader.at % 4)) % 4, reader.left));
      if (!reader.isCut) this.#event(state.metadata, payload);
    }
  }

  #event(metadata: number, payload: Buffer): void {
    const reader = new Reader(payload);
    if (metadata === 0) {
      const [id, shape] = readShape(reader);
      if (!reader.isCut && this.#shapes.size < MAX_SHAPES) this.#shapes.set(id, shape);
      return;
    }
    const shape = this.#shapes.get(metadata);
    if (shape) this.#onEvent(shape, readValues(reader, shape.fields));
  }
}

interface Head {
  metadata: number;
  size: number;
}

/** Fields that are the same as those of the event before are left out, as the flags say. */
function readCompressedHead(reader: Reader, state: Head): void {
  const flags = reader.u8();
  if (flags & 1) state.metadata = reader.variable();
  if (flags & 2) for (let i = 0; i < 3; i++) reader.variable(); // sequence, capturing thread, processor
  if (flags & 4) reader.variable(); // thread
  if (flags & 8) reader.variable(); // stack
  reader.variable(); // time
  if (flags & 16) reader.skip(16); // activity
  if (flags & 32) reader.skip(16); // related activity
  if (flags & 128) state.size = reader.variable();
}

function readHead(reader: Reader, state: Head): void {
  reader.skip(4); // size
  state.metadata = reader.i32() & 0x7fff_ffff;
  reader.skip(4 + 8 + 8 + 4 + 4 + 8 + 16 + 16); // sequence, threads, processor, stack, time, activities
  state.size = reader.i32();
}
