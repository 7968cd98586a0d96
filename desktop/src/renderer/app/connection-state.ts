import { FailureError, toFailure, type Failure } from '@gumshoe/base/failure';
import { MINUTE } from '@gumshoe/base/time';
import { createEngineClient } from '../client/engine-client.ts';
import { QueryStore } from '../client/query-store.ts';
import type { EngineApi } from '../../contract/engine.ts';
import type { OpenedConnection, OpenRequest, WorkbenchApi } from '../../contract/ipc.ts';
import { anchorAt } from '../state/follow.ts';
import { linkStore, navigate } from '../state/link.ts';
import { createStore } from '../state/store.ts';

export type ConnectionState =
  | { readonly state: 'none' }
  | { readonly state: 'opening'; readonly request: OpenRequest }
  | { readonly state: 'failed'; readonly request: OpenRequest; readonly failure: Failure }
  | {
      readonly state: 'open';
      readonly request: OpenRequest;
      readonly connection: OpenedConnection;
      readonly engine: EngineApi;
    };

export const connectionState = createStore<ConnectionState>({ state: 'none' });
export const queries = new QueryStore();

let opening: AbortController | undefined;

/** Opens a source and shows it; the one on screen before is closed. */
export async function openConnection(workbench: WorkbenchApi, request: OpenRequest): Promise<boolean> {
  opening?.abort();
  const controller = new AbortController();
  opening = controller;
  const before = connectionState.get();
  connectionState.set({ state: 'opening', request });
  try {
    const { signal } = controller;
    const connection = await workbench.call('connections.open', [request], { signal });
    if (signal.aborted) return false;
    if (before.state === 'open')
      void workbench.call('connections.close', [before.connection.id]).catch(() => {});
    queries.clear();
    showWindowOf(connection);
    const engine = createEngineClient(workbench, connection.id);
    connectionState.set({ state: 'open', request, connection, engine });
    return true;
  } catch (thrown) {
    if (controller.signal.aborted) return false;
    const failure = toFailure(thrown, 'open the connection', request.name);
    connectionState.set({ state: 'failed', request, failure });
    return false;
  }
}

/** A recording is shown whole and stands still; live data is followed. */
function showWindowOf({ spec, extent }: OpenedConnection): void {
  anchorAt(spec.kind === 'snapshot' ? extent?.to : undefined);
  const { range } = linkStore.get();
  if (spec.kind === 'snapshot' && extent && range.kind === 'last')
    navigate({
      range: { kind: 'last', minutes: Math.max(1, Math.ceil((extent.to - extent.from) / MINUTE)) },
    });
}

/** The engine process was started again: its handles are gone, so the same source is opened anew. */
export function reopenConnection(workbench: WorkbenchApi): void {
  const current = connectionState.get();
  if (current.state === 'open') void openConnection(workbench, current.request);
}

export const isCancelled = (thrown: unknown): boolean =>
  thrown instanceof FailureError && thrown.failure.code === 'cancelled';
