import type Database from 'better-sqlite3';
import { DAY, MINUTE } from '@gumshoe/base/time';
import type { Series } from '@gumshoe/base/series';
import { cutSeries } from '../snapshot/contents.ts';
import { DamagedCache } from './cache-file.ts';
import {
  blocksOf,
  checksum,
  encodeBlock,
  histogramBlocksOf,
  openBlock,
  openHistogramBlock,
} from './chunk.ts';
import type { NumberedHistograms, NumberedSeries, OpenBlock } from './chunk.ts';
import { Dictionary } from './dictionary.ts';
import { ceilTo, floorTo, missingOf, slotsOf, type Interval } from './intervals.ts';
import { SeriesJoin } from './join.ts';

/** Chunks end at multiples of these; those inside a complete one are made one. A window needs few, a live end many. */
const LEVELS = [5 * MINUTE, 30 * MINUTE] as const;
/** Samples may come this long after their time (a collector that had to wait). Fetched before, they are asked for again. */
export const LATE = 10 * MINUTE;
/** A use is written down when the last one noted is this old, ms. */
const USE_GRAIN = 10 * MINUTE;
const DICTIONARIES_IN_MEMORY = 2_000;
/** Kinds of blocks. */
const [FLOATS, HISTOGRAMS] = ['floats', 'histograms'];

interface ChunkRow extends Interval {
  readonly id: number;
  readonly dictionary: number;
  readonly fetched: number;
  readonly used: number;
}

/** Holds for ever: no sample can have come since. */
const isFinal = ({ to, fetched }: ChunkRow): boolean => fetched >= to + LATE;
const isStale = (row: ChunkRow, now: number): boolean =>
  !isFinal(row) && now >= ceilTo(row.to, LEVELS[0]) + LATE;

/** What is held of a metric, and what is held but must be read again. */
export interface Held {
  readonly good: readonly Interval[];
  readonly stale: readonly Interval[];
}

/** Series of one metric that came from the source for an interval. */
export interface Fetched {
  readonly interval: Interval;
  readonly series: readonly Series[];
}

/**
 * Raw series by metric in one SQLite file. A chunk says which interval it covers and holds everything that was there,
 * so that chunk and coverage are one row, and a row without blocks means that there was nothing. Chunks of a metric
 * never overlap. Methods throw what SQLite throws, and DamagedCache.
 */
export class MetricStore {
  readonly #database: Database.Database;
  readonly #metrics = new Map<string, number>();
  readonly #dictionaries = new Map<number, Dictionary>();
  readonly #source: number;

  constructor(database: Database.Database, sourceKey: string) {
    this.#database = database;
    database.prepare('INSERT OR IGNORE INTO sources (key) VALUES (?)').run(sourceKey);
    this.#source = database.prepare('SELECT id FROM sources WHERE key = ?').pluck().get(sourceKey) as number;
  }

  /** What is held inside an interval. */
  held(metric: string, within: Interval, now: number): Held {
    const rows = this.#chunks(this.#metric(metric), within);
    return {
      good: rows.filter((row) => !isStale(row, now)),
      stale: rows.filter((row) => isStale(row, now)),
    };
  }

  /**
   * Adds what is held of a metric inside an interval to `join`, and of `fetched` what is not; false when the two
   * together leave gaps.
   */
  read(
    metric: string,
    within: Interval,
    now: number,
    fetched: readonly Fetched[],
    join: SeriesJoin,
  ): boolean {
    const id = this.#metric(metric);
    const rows = this.#database.transaction(() => {
      const found = this.#chunks(id, within).filter((row) => !isStale(row, now));
      const extra = fetched.flatMap(({ interval, series }) =>
        missingOf(interval, found).map((gap) => ({ ...gap, series })),
      );
      const pieces = [...found.map((row) => ({ ...row, row })), ...extra].sort((a, b) => a.from - b.from);
      if (missingOf(within, pieces).length > 0) return undefined;
      for (const piece of pieces)
        if ('row' in piece) {
          this.#addTo(join, piece.row);
        } else join.addSeries(piece.series.flatMap((one) => cutSeries(one, piece.from, piece.to)));
      return found;
    })();
    if (rows) this.#noteUse(rows, now);
    return rows !== undefined;
  }

  /** Keeps all samples that a metric has in an interval, in place of stale chunks; what is held otherwise stays. */
  write(metric: string, interval: Interval, series: readonly Series[], fetchedAt: number): void {
    try {
      this.#database
        .transaction(() => {
          const id = this.#metric(metric);
          const rows = this.#chunks(id, interval);
          const replaced = rows.filter(
            (row) => isStale(row, fetchedAt) && row.from >= interval.from && row.to <= interval.to,
          );
          for (const { id: chunk } of replaced) this.#remove(chunk);
          const kept = rows.filter((row) => !replaced.includes(row));
          for (const gap of missingOf(interval, kept))
            for (const slot of slotsOf(gap, LEVELS[1])) {
              const own = series.flatMap((one) => cutSeries(one, slot.from, slot.to));
              this.#insert(id, slot, own, fetchedAt, fetchedAt);
            }
          for (const slot of slotsOf(interval, LEVELS[1])) this.#merge(id, slot, fetchedAt);
        })
        .immediate();
    } catch (error) {
      // numbers given in a transaction that did not hold
      this.#dictionaries.clear();
      this.#metrics.clear();
      throw error;
    }
  }

  #metric(name: string): number {
    let id = this.#metrics.get(name);
    if (id === undefined) {
      this.#database
        .prepare('INSERT OR IGNORE INTO metrics (source, name) VALUES (?, ?)')
        .run(this.#source, name);
      id = this.#database
        .prepare('SELECT id FROM metrics WHERE source = ? AND name = ?')
        .pluck()
        .get(this.#source, name) as number;
      this.#metrics.set(name, id);
    }
    return id;
  }

  #chunks(metric: number, { from, to }: Interval): ChunkRow[] {
    const rows = this.#database
      .prepare(
        `SELECT id, dictionary, from_ms AS "from", to_ms AS "to", fetched_ms AS fetched, used_ms AS used
        FROM chunks WHERE metric = ? AND to_ms > ? AND from_ms < ? ORDER BY to_ms`,
      )
      .all(metric, from, to) as ChunkRow[];
    for (const [i, row] of rows.entries())
      if (!(row.to > row.from) || row.from < (rows[i - 1]?.to ?? -Infinity))
        throw new DamagedCache('chunks overlap');
    return rows;
  }

  #addTo(join: SeriesJoin, row: ChunkRow): void {
    const { sets, blocks, histograms } = this.#open(row);
    for (const block of blocks) join.add(sets, block);
    if (histograms.length > 0) join.addHistograms(sets, histograms);
  }

  #open(row: ChunkRow): {
    sets: Dictionary['sets'];
    blocks: OpenBlock[];
    histograms: readonly NumberedHistograms[];
  } {
    const payloads = this.#database
      .prepare('SELECT kind, crc, payload FROM blocks WHERE chunk = ? ORDER BY id')
      .all(row.id) as { readonly kind: string; readonly crc: number; readonly payload: Buffer }[];
    const blocks: OpenBlock[] = [];
    const histograms: NumberedHistograms[] = [];
    for (const { kind, crc, payload } of payloads) {
      if (checksum(payload) !== crc) throw new DamagedCache('a chunk does not match its checksum');
      if (kind === FLOATS) blocks.push(openBlock(payload));
      else histograms.push(...openHistogramBlock(payload));
    }
    const dictionary = this.#dictionary(row.dictionary);
    if (payloads.length > 0) dictionary.refresh(this.#database);
    return { sets: dictionary.sets, blocks, histograms };
  }

  #dictionary(id: number): Dictionary {
    let dictionary = this.#dictionaries.get(id);
    if (dictionary === undefined) {
      if (this.#dictionaries.size >= DICTIONARIES_IN_MEMORY) this.#dictionaries.clear();
      this.#dictionaries.set(id, (dictionary = new Dictionary(id)));
    }
    return dictionary;
  }

  #dictionaryOf(metric: number, day: number): Dictionary {
    this.#database.prepare('INSERT OR IGNORE INTO dictionaries (metric, day) VALUES (?, ?)').run(metric, day);
    const id = this.#database
      .prepare('SELECT id FROM dictionaries WHERE metric = ? AND day = ?')
      .pluck()
      .get(metric, day) as number;
    const dictionary = this.#dictionary(id);
    dictionary.refresh(this.#database);
    return dictionary;
  }

  #insert(metric: number, slot: Interval, series: readonly Series[], fetched: number, used: number): void {
    const dictionary = this.#dictionaryOf(metric, Math.floor(slot.from / DAY));
    const numbered = series
      .map((one) => ({ ...one, id: dictionary.numberOf(one.labels) }))
      .sort((a, b) => a.id - b.id);
    const floats = numbered.filter((one: NumberedSeries) => one.timestamps.length > 0);
    const natives = numbered.flatMap(({ id, histograms }) => (histograms ? [{ id, histograms }] : []));
    dictionary.save(this.#database);
    const { lastInsertRowid: chunk } = this.#database
      .prepare(
        'INSERT INTO chunks (metric, dictionary, from_ms, to_ms, fetched_ms, used_ms) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(metric, dictionary.id, slot.from, slot.to, fetched, used);
    const insert = this.#database.prepare(
      'INSERT INTO blocks (chunk, kind, crc, payload) VALUES (?, ?, ?, ?)',
    );
    const put = (kind: string, payload: Buffer): void =>
      void insert.run(chunk, kind, checksum(payload), payload);
    for (const block of blocksOf(floats)) put(FLOATS, encodeBlock(block));
    for (const payload of histogramBlocksOf(natives)) put(HISTOGRAMS, payload);
  }

  /** Chunks that fill a slot together become one; in the larger slots only once they hold for ever. */
  #merge(metric: number, within: Interval, now: number): void {
    for (const level of LEVELS) {
      const from = floorTo(within.from, level);
      for (const slot of slotsOf({ from, to: ceilTo(within.to, level) }, level)) {
        const rows = this.#chunks(metric, slot).filter((row) => row.from >= slot.from && row.to <= slot.to);
        const covered = rows.reduce((sum, row) => sum + row.to - row.from, 0);
        if (rows.length < 2 || covered !== level) continue;
        if (level !== LEVELS[0] && !rows.every(isFinal)) continue;
        if (rows.some((row) => isStale(row, now))) continue;
        const join = new SeriesJoin();
        for (const row of rows) this.#addTo(join, row);
        const series = join.series();
        for (const { id } of rows) this.#remove(id);
        const oldest = Math.min(...rows.map(({ fetched }) => fetched));
        this.#insert(metric, slot, series, oldest, Math.max(...rows.map(({ used }) => used)));
      }
    }
  }

  #noteUse(rows: readonly ChunkRow[], now: number): void {
    const old = rows.filter(({ used }) => now - used > USE_GRAIN);
    if (old.length === 0) return;
    const update = this.#database.prepare('UPDATE chunks SET used_ms = ? WHERE id = ?');
    this.#database.transaction(() => old.forEach(({ id }) => update.run(now, id))).immediate();
  }

  #remove(chunk: number): void {
    this.#database.prepare('DELETE FROM blocks WHERE chunk = ?').run(chunk);
    this.#database.prepare('DELETE FROM chunks WHERE id = ?').run(chunk);
  }
}
