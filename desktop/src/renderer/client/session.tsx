import type { TimeRange } from '@gumshoe/base/time';
import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from 'react';
import type { EngineApi } from '../../contract/engine.ts';
import type { OpenedConnection } from '../../contract/ipc.ts';
import type { Query, QueryStore, Question } from './query-store.ts';

/** An open connection with everything a view needs to ask it. */
export interface Session {
  readonly connection: OpenedConnection;
  readonly engine: EngineApi;
  readonly queries: QueryStore;
  /** The window on screen, resolved to instants. */
  readonly range: TimeRange;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('no connection is open here');
  return session;
}

export interface LiveQuery<T> extends Query<T> {
  readonly retry: () => void;
}

/**
 * Asks the engine and follows the answer. `family` names the question without its window; `args` are all that
 * the answer depends on, the window included.
 */
export function useQuery<T>(
  family: string,
  args: readonly unknown[],
  ask: (engine: EngineApi, signal: AbortSignal) => Promise<T>,
): LiveQuery<T> {
  const { engine, queries, connection } = useSession();
  const key = `${connection.id} ${family} ${JSON.stringify(args)}`;
  // The key names everything the answer depends on, so the closure of its first render is the right one.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const question = useMemo<Question<T>>(
    () => ({ key, family: `${connection.id} ${family}`, ask: (signal) => ask(engine, signal) }),
    [key, queries],
  );
  const subscribe = useCallback(
    (listener: () => void) => queries.observe(question, listener),
    [queries, question],
  );
  const read = (): Query<T> => queries.read(question);
  const state = useSyncExternalStore(subscribe, read, read);
  const retry = useCallback(() => queries.retry(question), [queries, question]);
  return { ...state, retry };
}
