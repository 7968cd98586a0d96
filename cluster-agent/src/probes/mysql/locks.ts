import { MYSQL_METRICS as M } from '@gumshoe/schema/metrics/mysql';
import { obfuscateSql } from '@gumshoe/text/sql-obfuscate';
import { highestFirst } from '../counters.ts';
import type { ProbeContext } from '../define.ts';

/** A statement that waits; `blocking` is '' when who holds the lock runs nothing, absent when nobody says. */
export interface LockWait {
  readonly waiting_id: number | string;
  readonly schema: string;
  readonly waiting: string;
  readonly blocking?: string;
  readonly blocking_id?: number | string;
}

/** Who holds a lock and executes nothing: its client forgot to commit, or computes. */
const IDLE = '(idle transaction)';

/**
 * Waiting statements, by their text and by the statement at the head of their queue: a blocker that waits itself is
 * not the one to blame.
 */
export function emitLocks(context: ProbeContext, waits: readonly LockWait[]): void {
  const waiting = new Set(waits.map(({ waiting_id }) => String(waiting_id)));
  const locked = new Map<string, { schema: string; query: string; ids: Set<string> }>();
  const held = new Map<string, { schema: string; blocking_query: string; ids: Set<string> }>();
  const add = <T extends { ids: Set<string> }>(into: Map<string, T>, made: T, id: string): void => {
    const { ids: _ids, ...labels } = made;
    const key = JSON.stringify(labels);
    const known = into.get(key);
    if (known) known.ids.add(id);
    else into.set(key, { ...made, ids: new Set([id]) });
  };
  for (const { waiting_id, schema, waiting: query, blocking, blocking_id } of waits) {
    const id = String(waiting_id);
    add(locked, { schema, query: obfuscateSql(query), ids: new Set<string>() }, id);
    if (blocking === undefined || waiting.has(String(blocking_id))) continue;
    const blocking_query = blocking === '' ? IDLE : obfuscateSql(blocking);
    add(held, { schema, blocking_query, ids: new Set<string>() }, id);
  }
  for (const { ids, ...labels } of highestFirst(locked.values(), ({ ids }) => ids.size))
    context.emit(M.lockedQueries, ids.size, labels);
  for (const { ids, ...labels } of highestFirst(held.values(), ({ ids }) => ids.size))
    context.emit(M.lockAwaitingQueries, ids.size, labels);
}
