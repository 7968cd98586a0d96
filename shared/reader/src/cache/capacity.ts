import type Database from 'better-sqlite3';

/** Room is made down to this part of the cap, so that not every write makes room. */
const LOW_WATER = 0.9;
const CHUNKS_AT_ONCE = 64;

/** Bytes of the file that hold something. */
export function usedBytes(database: Database.Database): number {
  const pragma = (name: string): number => database.pragma(name, { simple: true }) as number;
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
}

/** Removes the chunks longest not asked for, oldest first, until the file fits. How many there were. */
export function evict(database: Database.Database, cap: number): number {
  if (usedBytes(database) <= cap) return 0;
  let evicted = 0;
  while (usedBytes(database) > cap * LOW_WATER) {
    const removed = database.transaction(() => removeOldest(database)).immediate();
    if (removed === 0) break;
    evicted += removed;
  }
  database.pragma('incremental_vacuum');
  return evicted;
}

function removeOldest(database: Database.Database): number {
  const ids = database
    .prepare('SELECT id FROM chunks ORDER BY used_ms, to_ms LIMIT ?')
    .pluck()
    .all(CHUNKS_AT_ONCE) as number[];
  const blocks = database.prepare('DELETE FROM blocks WHERE chunk = ?');
  const chunks = database.prepare('DELETE FROM chunks WHERE id = ?');
  for (const id of ids) {
    blocks.run(id);
    chunks.run(id);
  }
  database.exec(`DELETE FROM dictionaries WHERE NOT EXISTS
      (SELECT 1 FROM chunks WHERE chunks.dictionary = dictionaries.id);
    DELETE FROM label_sets WHERE dictionary NOT IN (SELECT id FROM dictionaries)`);
  return ids.length;
}
