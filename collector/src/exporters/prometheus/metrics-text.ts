import { setImmediate } from 'node:timers/promises';
import type { CollectedSample } from '../../pipeline/registry.ts';
import { expositionPieces, PIECE, type ExpositionFormat } from './exposition.ts';

/** Intervals for which a text is written ahead after somebody has asked for one. */
const AHEAD_FOR = 8;

/** One answer, piece by piece. What it gives is not to be used after `close`. */
export interface MetricsReader {
  /** Bytes of the whole, when all of it is written. */
  readonly size: number | undefined;
  /** Whether what comes next is written already. */
  readonly isWritten: boolean;
  next(): Buffer | undefined;
  close(): void;
}

/**
 * The samples of the last interval as text. It is written once for all who ask, and ahead while somebody does: a scrape
 * then costs what sending it costs, whatever else there is to do.
 */
export class MetricsText {
  #samples: readonly CollectedSample[] = [];
  readonly #texts = new Map<ExpositionFormat, SharedText>();
  /** Intervals for which each format is still written ahead. */
  readonly #ahead = new Map<ExpositionFormat, number>();
  /** Of texts that nobody reads any more: megabytes that would else be there twice. */
  #free: Buffer[] = [];

  /** How many it is the text of. */
  get series(): number {
    return this.#samples.length;
  }

  /** The next interval's. They are written ahead unless `isTight`. */
  renew(samples: readonly CollectedSample[], isTight: boolean): void {
    for (const text of this.#texts.values()) if (text.readers === 0) this.#free.push(...text.buffers());
    this.#texts.clear();
    this.#samples = samples;
    const wanted = [...this.#ahead].filter(([, left]) => left > 0);
    for (const [format, left] of wanted) this.#ahead.set(format, left - 1);
    if (isTight) this.#free = [];
    else void this.#write(wanted.map(([format]) => format));
  }

  /** Gives others their turn after each piece, and ends when the next interval has come. */
  async #write(formats: readonly ExpositionFormat[]): Promise<void> {
    const samples = this.#samples;
    for (const format of formats)
      for (let i = 0; this.#samples === samples && this.#text(format).piece(i); i++) await setImmediate();
    if (this.#samples === samples) this.#free = [];
  }

  #text(format: ExpositionFormat): SharedText {
    const known = this.#texts.get(format);
    if (known) return known;
    const take = (): Buffer => this.#free.pop() ?? Buffer.allocUnsafeSlow(PIECE);
    const made = new SharedText(expositionPieces(this.#samples, format, take));
    this.#texts.set(format, made);
    return made;
  }

  read(format: ExpositionFormat): MetricsReader {
    this.#ahead.set(format, AHEAD_FOR);
    const text = this.#text(format);
    text.readers++;
    let next = 0;
    let isOpen = true;
    return {
      get size() {
        return text.size;
      },
      get isWritten() {
        return text.has(next);
      },
      next: () => text.piece(next++),
      close() {
        if (isOpen) text.readers--;
        isOpen = false;
      },
    };
  }
}

/** Pieces that are made when the first reader comes to them. */
class SharedText {
  readonly #pieces: Buffer[] = [];
  readonly #source: Iterator<Buffer>;
  #size = 0;
  #isWhole = false;
  readers = 0;

  constructor(source: Iterator<Buffer>) {
    this.#source = source;
  }

  has(index: number): boolean {
    return this.#isWhole || index < this.#pieces.length;
  }

  piece(index: number): Buffer | undefined {
    while (!this.has(index)) {
      const { value, done } = this.#source.next();
      if (done) this.#isWhole = true;
      else {
        this.#pieces.push(value);
        this.#size += value.length;
      }
    }
    return this.#pieces[index];
  }

  get size(): number | undefined {
    return this.#isWhole ? this.#size : undefined;
  }

  /** What its pieces lie in, where that can be used again. */
  buffers(): Buffer[] {
    return this.#pieces.map(({ buffer }) => Buffer.from(buffer)).filter(({ length }) => length === PIECE);
  }
}
