import type Database from 'better-sqlite3';
import type { Labels } from '@gumshoe/base/series';
import { DamagedCache } from './cache-file.ts';
import { checksum } from './chunk.ts';
import { decodeLabelSets, encodeLabelSets, labelText } from './label-sets.ts';

interface LabelRow {
  readonly first: number;
  readonly crc: number;
  readonly payload: Buffer;
}

/**
 * The label sets of one metric and day; chunks name them by number. Series come and go, so a day's numbers go with its
 * last chunk. Numbers are only given inside a writing transaction, after `refresh`: another process may have given some.
 */
export class Dictionary {
  readonly id: number;
  readonly sets: Labels[] = [];
  readonly #numbers = new Map<string, number>();
  #stored = 0;
  #numbered = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** Reads what was added since. @throws DamagedCache */
  refresh(database: Database.Database): void {
    const rows = database
      .prepare(
        'SELECT first, crc, payload FROM label_sets WHERE dictionary = ? AND first >= ? ORDER BY first',
      )
      .all(this.id, this.#stored) as LabelRow[];
    for (const { first, crc, payload } of rows) {
      if (checksum(payload) !== crc || first !== this.#stored)
        throw new DamagedCache('label sets do not match their checksum');
      for (const labels of decodeLabelSets(payload)) this.sets.push(labels);
      this.#stored = this.sets.length;
    }
  }

  /** The number of a label set, a new one if it has none. */
  numberOf(labels: Labels): number {
    for (; this.#numbered < this.sets.length; this.#numbered++)
      this.#numbers.set(labelText(this.sets[this.#numbered]!), this.#numbered);
    const text = labelText(labels);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.sets.push(labels) - 1;
      this.#numbers.set(text, number);
      this.#numbered = this.sets.length;
    }
    return number;
  }

  /** Stores the numbers given since the last time. */
  save(database: Database.Database): void {
    if (this.#stored === this.sets.length) return;
    const payload = encodeLabelSets(this.sets.slice(this.#stored));
    database
      .prepare('INSERT INTO label_sets (dictionary, first, crc, payload) VALUES (?, ?, ?, ?)')
      .run(this.id, this.#stored, checksum(payload), payload);
    this.#stored = this.sets.length;
  }
}
