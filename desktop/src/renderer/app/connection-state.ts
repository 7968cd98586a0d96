import { toFailure, type Failure } from '@gumshoe/base/failure';
import { isRecorded } from '../../contract/connection-spec.ts';
import { createEngineClient } from '../client/engine-client.ts';
import { QueryStore } from '../client/query-store.ts';
import type { EngineApi } from '../../contract/engine.ts';
import type { OpenedConnection, OpenRequest, WorkbenchApi } from '../../contract/ipc.ts';
import { anchorAt } from '../state/follow.ts';
import { linkStore, navigate } from '../state/link.ts';
import { createStore } from '../state/store.ts';

/** The source on screen. */
export interface OpenSource {
  readonly request: OpenRequest;
  readonly connection: OpenedConnection;
  readonly engine: EngineApi;
}

/** The latest try to open one; the source on screen stays there until another is open. */
export type Attempt =
  | { readonly state: 'idle' }
  | { readonly state: 'opening'; readonly request: OpenRequest }
  | { readonly state: 'failed'; readonly request: OpenRequest; readonly failure: Failure };

export const openSource = createStore<OpenSource | undefined>(undefined);
export const attempt = createStore<Attempt>({ state: 'idle' });
export const queries = new QueryStore();

let opening: AbortController | undefined;

/** Opens a source and shows it; the one on screen before is closed. */
export async function openConnection(workbench: WorkbenchApi, request: OpenRequest): Promise<boolean> {
  opening?.abort();
  const controller = new AbortController();
  opening = controller;
  const { signal } = controller;
  attempt.set({ state: 'opening', request });
  try {
    const connection = await workbench.call('connections.open', [request], { signal });
    if (signal.aborted) return false;
    const before = openSource.get();
    if (before) void workbench.call('connections.close', [before.connection.id]).catch(() => {});
    queries.clear();
    showWindowOf(connection);
    const engine = createEngineClient(workbench, connection.id);
    openSource.set({ request, connection, engine });
    attempt.set({ state: 'idle' });
    return true;
  } catch (thrown) {
    if (signal.aborted) return false;
    attempt.set({
      state: 'failed',
      request,
      failure: toFailure(thrown, 'open the connection', request.name),
    });
    return false;
  }
}

/** Gives the latest try up; what is on screen stays. */
export function cancelOpening(): void {
  opening?.abort();
  attempt.set({ state: 'idle' });
}

/** A recording is shown whole and stands still; live data is followed. */
function showWindowOf({ spec, extent }: OpenedConnection): void {
  const recorded = isRecorded(spec);
  anchorAt(recorded ? extent?.to : undefined);
  const { range } = linkStore.get();
  // Exactly its window, so that it gives the answers that were given live.
  if (recorded && extent && range.kind === 'last')
    navigate({ range: { kind: 'fixed', from: extent.from, to: extent.to } });
}

/** The engine process was started again: its handles are gone, so the same source is opened anew. */
export function reopenConnection(workbench: WorkbenchApi): void {
  const { state } = attempt.get();
  const request = openSource.get()?.request;
  if (request && state !== 'opening') void openConnection(workbench, request);
}
