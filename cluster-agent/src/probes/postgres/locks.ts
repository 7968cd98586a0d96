/** One session of pg_stat_activity with the pids that pg_blocking_pids names. */
export interface Session {
  readonly pid: number;
  readonly db: string;
  readonly user: string;
  readonly query: string;
  readonly blockedBy: readonly number[];
}

export interface LockWait {
  readonly db: string;
  readonly user: string;
  readonly blockingQuery: string;
  readonly waiting: number;
}

/**
 * Waiting sessions counted by the query at the head of their queue: a blocker that waits itself is followed
 * to the one that does not, so that the holder is named and not the next in line. Cycles end where they close.
 */
export function lockWaits(sessions: readonly Session[]): LockWait[] {
  const byPid = new Map(sessions.map((session) => [session.pid, session]));
  const waits = new Map<string, { wait: LockWait; waiting: number }>();
  for (const session of sessions) {
    if (session.blockedBy.length === 0) continue;
    const holder = headOfQueue(session, byPid);
    const blockingQuery = holder?.query ?? '';
    const key = JSON.stringify([session.db, session.user, blockingQuery]);
    const known = waits.get(key);
    if (known) known.waiting++;
    else
      waits.set(key, { wait: { db: session.db, user: session.user, blockingQuery, waiting: 1 }, waiting: 1 });
  }
  return [...waits.values()].map(({ wait, waiting }) => ({ ...wait, waiting }));
}

function headOfQueue(session: Session, byPid: ReadonlyMap<number, Session>): Session | undefined {
  const seen = new Set<number>([session.pid]);
  let current: Session | undefined = session;
  while (current !== undefined && current.blockedBy.length > 0) {
    const free: number | undefined = current.blockedBy.find(
      (pid) => (byPid.get(pid)?.blockedBy.length ?? 0) === 0,
    );
    const next: number | undefined = free ?? current.blockedBy.find((pid) => !seen.has(pid));
    if (next === undefined || seen.has(next)) return current === session ? undefined : current;
    seen.add(next);
    current = byPid.get(next);
  }
  return current;
}
