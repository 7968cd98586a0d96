import { wellFormedJson } from './well-formed-json.ts';

/** Bytes; a row that is longer has a block of its own. */
const BLOCK_SIZE = 128 * 1024;
/** Empty blocks that are kept for the next rows, so that steady traffic allocates nothing. */
const SPARE_BLOCKS = 8;
const LF = 0x0a;
const NOTHING = Buffer.alloc(0);
/** UTF-8 bytes of a UTF-16 unit, at most. */
const BYTES_PER_UNIT = 3;

interface Block {
  readonly bytes: Buffer;
  /** Where the first row that is left starts, and where the last one ends. */
  start: number;
  end: number;
  rows: number;
}

/** The oldest rows of a queue: whole lines, not copied. Valid until they are removed. */
export interface Lines {
  readonly rows: number;
  readonly chunks: readonly Uint8Array[];
}

/**
 * Rows waiting for a store, as lines of JSON; bounded; the oldest are shed first and counted. Text outside of the
 * garbage collector's heap: rows that wait there are copied by it again and again, which costs more than to make them.
 */
export class LineQueue {
  readonly #blocks: Block[] = [];
  readonly #spare: Buffer[] = [];
  readonly #limit: number;
  readonly #shared: string | undefined;
  /** By value of the shared column. */
  readonly #tails = new WeakMap<object, Buffer>();
  #length = 0;
  dropped = 0;

  /**
   * `limit` in rows; `shared` is a column whose value many rows have in common, as one object that does not change: it
   * is made into text once and not with each row.
   */
  constructor(limit: number, shared?: string) {
    this.#limit = limit;
    this.#shared = shared;
  }

  /** Rows. */
  get length(): number {
    return this.#length;
  }

  push(added: readonly unknown[]): void {
    for (const row of added) this.#push(row);
    const excess = this.#length - this.#limit;
    if (excess <= 0) return;
    this.dropped += excess;
    this.#discard(excess);
  }

  #push(row: unknown): void {
    const shared = this.#shared;
    const value = shared !== undefined && isObject(row) ? row[shared] : undefined;
    if (shared === undefined || !isObject(row) || !isObject(value))
      this.#append(wellFormedJson(row), NOTHING);
    else this.#append(wellFormedJson({ ...row, [shared]: undefined }), this.#tailOf(shared, value));
  }

  /** What follows the other columns of a row, in place of its closing brace. */
  #tailOf(column: string, value: object): Buffer {
    let tail = this.#tails.get(value);
    if (!tail)
      this.#tails.set(value, (tail = Buffer.from(`,${wellFormedJson({ [column]: value }).slice(1)}`)));
    return tail;
  }

  /** The oldest rows, at most `count`; they stay until `remove`. */
  peek(count: number): Lines {
    const chunks: Uint8Array[] = [];
    let rows = 0;
    for (const block of this.#blocks) {
      if (rows >= count) break;
      const taken = Math.min(block.rows, count - rows);
      const end = taken === block.rows ? block.end : behindLines(block, taken);
      chunks.push(block.bytes.subarray(block.start, end));
      rows += taken;
    }
    return { rows, chunks };
  }

  /** Removes the oldest `count` rows, less those that were shed since `dropped` was read. Nobody reads them any more. */
  remove(count: number, droppedBefore: number): void {
    const left = Math.max(0, count - (this.dropped - droppedBefore));
    for (const block of this.#discard(Math.min(left, this.#length)))
      if (block.bytes.length === BLOCK_SIZE && this.#spare.length < SPARE_BLOCKS)
        this.#spare.push(block.bytes);
  }

  #append(line: string, tail: Buffer): void {
    let last = this.#blocks.at(-1);
    if (!last || last.bytes.length - last.end <= line.length * BYTES_PER_UNIT + tail.length) {
      const size = Buffer.byteLength(line) + tail.length + 1;
      if (!last || last.bytes.length - last.end < size) this.#blocks.push((last = this.#emptyBlock(size)));
    }
    last.end += last.bytes.write(line, last.end);
    if (tail.length > 0) last.end += tail.copy(last.bytes, last.end - 1) - 1;
    last.bytes[last.end++] = LF;
    last.rows++;
    this.#length++;
  }

  #emptyBlock(size: number): Block {
    const bytes =
      size > BLOCK_SIZE
        ? Buffer.allocUnsafeSlow(size)
        : (this.#spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_SIZE));
    return { bytes, start: 0, end: 0, rows: 0 };
  }

  /** Returns the blocks of which nothing is left. */
  #discard(count: number): readonly Block[] {
    this.#length -= count;
    let empty = 0;
    for (const block of this.#blocks) {
      if (block.rows > count) {
        block.start = behindLines(block, count);
        block.rows -= count;
        break;
      }
      count -= block.rows;
      empty++;
    }
    return this.#blocks.splice(0, empty);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Where the first `count` rows of a block end. */
function behindLines({ bytes, start }: Block, count: number): number {
  let at = start;
  for (let i = 0; i < count; i++) at = bytes.indexOf(LF, at) + 1;
  return at;
}
