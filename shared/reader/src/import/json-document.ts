import { GrowingBytes } from './growing-bytes.ts';

/** A part of a document that is JSON by itself. */
export interface Piece {
  /** Of the list that it is an element of; '' in a list of its own, undefined for a whole value. */
  readonly key: string | undefined;
  readonly text: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** Why something is no piece. */
export interface Flaw {
  readonly reason: string;
  readonly line: number;
}

/** Lists of documents that are taken apart: OTLP's, Jaeger's, those of Kubernetes. */
const LISTS: ReadonlySet<string> = new Set([
  ...['resourceSpans', 'resourceLogs', 'resourceMetrics', 'data', 'items'],
]);
/** Lists inside of an element of OTLP that may be cut: what the records need to be understood stands before them. */
const INNER: ReadonlySet<string> = new Set([
  ...['scopeSpans', 'spans', 'scopeLogs', 'logRecords', 'scopeMetrics', 'metrics'],
]);
/** From this size on an element is given in several pieces, if that is possible; one of MOST is left out. */
const LARGE = 8 * 1024 ** 2;
const MOST = 256 * 1024 ** 2;
const KEY_LENGTH = 40;

const [QUOTE, BACKSLASH, COMMA, COLON, LINE] = [0x22, 0x5c, 0x2c, 0x3a, 0x0a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

interface Level {
  readonly list: boolean;
  /** The member that it is the value of. */
  readonly key: string;
  /** In the bytes held: behind its bracket, and where its present item begins. */
  readonly open: number;
  item: number;
}

/**
 * Takes documents apart while they come, so that only one element of their outermost list is held at a time. Several values
 * may follow one another. With `compact` no value goes over the end of a line, and a broken one ends there.
 */
export class JsonDocument {
  readonly #pieces: (Piece | Flaw)[] = [];
  readonly #held = new GrowingBytes();
  readonly #compact: boolean;
  readonly #large: number;
  readonly #most: number;
  #levels: Level[] = [];
  /** Which list is taken apart: its depth, 0 for none, and its key. */
  #listDepth = 0;
  #listKey = '';
  /** Members beside it are not held. */
  #streamed = false;
  #inString = false;
  #escaped = false;
  /** The string at hand, where it may name a member. */
  #member = '';
  #isMember = false;
  #lastKey = '';
  #line = 1;
  #startLine = 1;
  #tooLarge = false;

  constructor(compact = false, large = LARGE, most = MOST) {
    this.#compact = compact;
    this.#large = large;
    this.#most = most;
  }

  /** What a further chunk completes. */
  push(chunk: Buffer): readonly (Piece | Flaw)[] {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (this.#inString) {
        i = this.#string(chunk, i);
        if (i === chunk.length) break;
        if (chunk[i] === LINE) start = this.#brokenLine(i + 1);
        continue;
      }
      const byte = chunk[i]!;
      if (byte === LINE) this.#line++;
      switch (byte) {
        case QUOTE:
          this.#begin();
          this.#inString = true;
          this.#member = '';
          this.#isMember = this.#levels.length > 0 && !this.#levels.at(-1)!.list;
          break;
        case COLON:
          this.#lastKey = this.#member;
          break;
        case OPEN_OBJECT:
        case OPEN_LIST:
          start = this.#open(byte === OPEN_LIST, start, i);
          break;
        case CLOSE_OBJECT:
        case CLOSE_LIST:
          start = this.#close(chunk, start, i);
          break;
        case COMMA:
          start = this.#comma(chunk, start, i);
          break;
        default:
          if (byte === LINE && this.#compact && this.#levels.length > 0) start = this.#brokenLine(i + 1);
          else if (!isSpace(byte)) this.#begin();
      }
    }
    this.#hold(chunk.subarray(start));
    return this.#pieces.splice(0);
  }

  /** Goes on to the end of a string, or of a line that it goes over; the length of the chunk where it has neither. */
  #string(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        if (this.#isMember) this.#member += chunk.toString('latin1', from, Math.min(i, from + KEY_LENGTH));
        return i;
      } else if (byte === LINE && this.#compact) {
        this.#line++;
        return i;
      }
    }
    if (this.#isMember)
      this.#member += chunk.toString('latin1', from, Math.min(chunk.length, from + KEY_LENGTH));
    return chunk.length;
  }

  /** What is left at the end. */
  end(): readonly (Piece | Flaw)[] {
    if (this.#levels.length > 0 || this.#inString)
      this.#pieces.push({ reason: 'the document ends in the middle', line: this.#startLine });
    else this.#emit(undefined);
    return this.#pieces.splice(0);
  }

  /** The first byte of an element or value that is not white space. */
  #begin(): void {
    if (this.#levels.length === this.#listDepth && this.#isBlank) {
      this.#startLine = this.#line;
      this.#isBlank = false;
    }
  }
  #isBlank = true;

  #hold(bytes: Uint8Array): void {
    if (this.#tooLarge || bytes.length === 0) return;
    if (this.#streamed && this.#listDepth === 0) return;
    if (this.#held.length + bytes.length > this.#most) {
      this.#tooLarge = true;
      this.#held.clear();
    } else this.#held.add(bytes);
  }

  #open(list: boolean, start: number, i: number): number {
    this.#begin();
    const depth = this.#levels.length;
    const key = depth > 0 && this.#levels[depth - 1]!.list ? '' : this.#lastKey;
    const streams = this.#listDepth === 0 && list && (depth === 0 || (depth === 1 && LISTS.has(key)));
    if (!streams) {
      const open = this.#held.length + i + 1 - start;
      this.#levels.push({ list, key, open, item: open });
      return start;
    }
    this.#levels.push({ list, key, open: 0, item: 0 });
    this.#listDepth = depth + 1;
    this.#listKey = depth === 0 ? '' : key;
    this.#streamed = true;
    this.#reset();
    return i + 1;
  }

  #close(chunk: Buffer, start: number, i: number): number {
    const depth = this.#levels.length;
    if (depth === this.#listDepth && depth > 0) {
      this.#hold(chunk.subarray(start, i));
      this.#emit(this.#listKey);
      this.#levels.pop();
      this.#listDepth = 0;
      if (depth === 1) this.#streamed = false;
      return i + 1;
    }
    this.#levels.pop();
    if (depth > 1) return start;
    this.#hold(chunk.subarray(start, i + 1));
    if (!this.#streamed) this.#emit(undefined);
    this.#streamed = false;
    this.#reset();
    return i + 1;
  }

  #comma(chunk: Buffer, start: number, i: number): number {
    const depth = this.#levels.length;
    if (this.#listDepth > 0 && depth === this.#listDepth) {
      this.#hold(chunk.subarray(start, i));
      this.#emit(this.#listKey);
      return i + 1;
    }
    const level = this.#levels[depth - 1];
    if (this.#listDepth === 0 || !level?.list || this.#tooLarge) return start;
    level.item = this.#held.length + i + 1 - start;
    if (level.item < this.#large || !this.#canCut()) return start;
    this.#hold(chunk.subarray(start, i));
    if (!this.#tooLarge) this.#cut();
    return i + 1;
  }

  /** Whether everything that is open may be cut, and whose records they are is known. */
  #canCut(): boolean {
    const inner = this.#levels.slice(this.#listDepth);
    if (!this.#listKey.startsWith('resource')) return false;
    if (!inner.every(({ list, key }) => !list || INNER.has(key))) return false;
    const first = inner.find(({ list }) => list);
    return first !== undefined && /"resource"\s*:/.test(this.#held.text(0, Math.min(first.open, LARGE)));
  }

  /** Gives the records so far, and keeps what those to come need to be understood. */
  #cut(): void {
    const inner = this.#levels.slice(this.#listDepth);
    const closing = inner.map(({ list }) => (list ? ']' : '}')).reverse();
    this.#pieces.push({
      key: this.#listKey,
      text: this.#held.text() + closing.join(''),
      line: this.#startLine,
    });
    const kept: (readonly [number, number])[] = [];
    let [from, length] = [0, 0];
    const moved = inner.map((level): Level => {
      if (!level.list)
        return { ...level, open: length + level.open - from, item: length + level.open - from };
      kept.push([from, level.open]);
      length += level.open - from;
      from = level.item;
      return { ...level, open: length, item: length };
    });
    this.#levels = [...this.#levels.slice(0, this.#listDepth), ...moved];
    this.#held.keep(kept);
  }

  #emit(key: string | undefined): void {
    if (this.#tooLarge)
      this.#pieces.push({
        reason: `an element of over ${this.#most / 1024 ** 2} MiB`,
        line: this.#startLine,
      });
    else if (!this.#isBlank) this.#pieces.push({ key, text: this.#held.text(), line: this.#startLine });
    this.#reset();
  }

  #reset(): void {
    this.#held.clear();
    this.#tooLarge = false;
    this.#isBlank = true;
  }

  #brokenLine(next: number): number {
    this.#pieces.push({ reason: 'no JSON', line: this.#line - 1 });
    [this.#levels, this.#listDepth, this.#streamed, this.#inString, this.#escaped] = [
      [],
      0,
      false,
      false,
      false,
    ];
    this.#reset();
    return next;
  }
}
