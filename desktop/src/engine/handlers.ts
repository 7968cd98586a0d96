import { randomUUID } from 'node:crypto';
import { FailureError } from '@gumshoe/base/failure';
import type { Secrets, SourceStatus } from '@gumshoe/engine/ports';
import { connectionTarget, parseConnectionSpec } from '../contract/connection-spec.ts';
import {
  ENGINE_METHODS,
  type ConnectionId,
  type EngineMethod,
  type OpenedConnection,
  type OpenRequest,
  type WorkbenchHandlers,
} from '../contract/ipc.ts';
import { answerWithin } from './answer-limit.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { PreferenceStore } from './preference-store.ts';
import type { OpenSource, Source } from './source.ts';

export interface HandlerParts {
  readonly connections: ConnectionStore;
  readonly preferences: PreferenceStore;
  readonly secrets: Secrets;
  readonly openSource: OpenSource;
}

export interface Workbench {
  readonly handlers: WorkbenchHandlers;
  /** Closes every open source. */
  close(): Promise<void>;
}

/** Sources open at once; each may hold sockets, tunnels and caches. */
const MAX_OPEN = 16;

/** All calls of the contract over one set of open sources. */
export function createWorkbench(parts: HandlerParts): Workbench {
  const sources = new Sources(parts);
  const hostHandlers = {
    'connections.list': () => parts.connections.list(),
    'connections.save': ([connection]) => parts.connections.save(connection),
    'connections.remove': ([id]) => parts.connections.remove(id),
    'connections.test': ([request], { signal }) => sources.test(request, signal),
    'connections.open': ([request], { signal }) => sources.open(request, signal),
    'connections.close': ([id]) => sources.close(id),
    'snapshot.estimate': async ([{ connection, range, choices }], { signal }) =>
      sources.get(connection).estimateSnapshot(range, choices, signal),
    'snapshot.export': async ([{ connection, range, path, choices }], { signal, progress }) => {
      const source = sources.get(connection);
      return { path, ...(await source.exportSnapshot(path, range, choices, progress, signal)) };
    },
    'preferences.get': () => parts.preferences.get(),
    'preferences.set': ([preferences]) => parts.preferences.set(preferences),
  } satisfies Partial<WorkbenchHandlers>;
  const handlers = { ...engineHandlers(sources), ...hostHandlers };
  return { handlers, close: () => sources.closeAll() };
}

type EngineHandlers = Pick<WorkbenchHandlers, `engine.${EngineMethod}`>;

/** `engine.<method>`: the first argument names the source, the rest goes to its engine. */
function engineHandlers(sources: Sources): EngineHandlers {
  const entries = ENGINE_METHODS.map((method) => [
    `engine.${method}`,
    async (
      [connection, ...args]: [ConnectionId, ...unknown[]],
      { signal }: { readonly signal: AbortSignal },
    ) => {
      const { engine } = sources.get(connection);
      const ask = engine[method].bind(engine) as (...all: unknown[]) => Promise<unknown>;
      return ask(...padded(args, ARGUMENT_COUNT[method]), signal);
    },
  ]);
  return Object.fromEntries(entries) as EngineHandlers;
}

/** The signal is the last parameter of every method, so optional arguments before it must be filled. */
const ARGUMENT_COUNT: Readonly<Record<EngineMethod, number>> = {
  status: 0,
  extent: 0,
  overview: 1,
  serviceMap: 1,
  inspections: 1,
  deployments: 1,
  risks: 1,
  costs: 1,
  alerts: 1,
  followIncidents: 3,
  application: 2,
  investigate: 2,
  traces: 1,
  trace: 1,
  profile: 2,
  logs: 1,
  promql: 2,
  sql: 1,
};

function padded(args: readonly unknown[], count: number): unknown[] {
  return Array.from({ length: count }, (_, at) => args[at]);
}

class Sources {
  private readonly open_ = new Map<ConnectionId, Source>();
  private readonly parts: HandlerParts;

  constructor(parts: HandlerParts) {
    this.parts = parts;
  }

  get(id: ConnectionId): Source {
    const source = this.open_.get(id);
    if (source) return source;
    throw new FailureError({
      code: 'not-found',
      tried: 'ask the source',
      target: String(id),
      reason: 'this connection is not open',
      remedy: 'Open it again from the list of connections.',
    });
  }

  async open(request: OpenRequest, signal: AbortSignal): Promise<OpenedConnection> {
    if (this.open_.size >= MAX_OPEN)
      throw new FailureError({
        code: 'limit-exceeded',
        tried: 'open the connection',
        target: request.name,
        reason: `${MAX_OPEN} connections are open`,
        remedy: 'Close one first.',
      });
    const valid = checkRequest(request);
    const source = await this.reach(valid, signal);
    try {
      const status = await this.statusOf(source, valid, signal);
      const extent = await source.engine.extent(signal);
      // Unique beyond this process: a handle of an engine that ended must never lead to another source.
      const id = randomUUID() as string as ConnectionId;
      this.open_.set(id, source);
      return { id, name: valid.name, spec: valid.spec, status, ...(extent ? { extent } : {}) };
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  async test(request: OpenRequest, signal: AbortSignal): Promise<SourceStatus> {
    const valid = checkRequest(request);
    const source = await this.reach(valid, signal);
    try {
      return await this.statusOf(source, valid, signal);
    } finally {
      await source.close();
    }
  }

  /** A source that comes too late is closed. */
  private reach(request: OpenRequest, signal: AbortSignal): Promise<Source> {
    return answerWithin(connectionTarget(request.spec), signal, async (bounded) => {
      const source = await this.parts.openSource(request, this.parts.secrets, bounded);
      if (bounded.aborted) await source.close();
      return source;
    });
  }

  private statusOf({ engine }: Source, { spec }: OpenRequest, signal: AbortSignal): Promise<SourceStatus> {
    return answerWithin(connectionTarget(spec), signal, (bounded) => engine.status(bounded));
  }

  async close(id: ConnectionId): Promise<undefined> {
    const source = this.open_.get(id);
    this.open_.delete(id);
    await source?.close();
    return undefined;
  }

  async closeAll(): Promise<void> {
    const all = [...this.open_.values()];
    this.open_.clear();
    await Promise.allSettled(all.map((source) => source.close()));
  }
}

function checkRequest(request: OpenRequest): OpenRequest {
  const spec = parseConnectionSpec(request.spec);
  if (spec.ok) return { ...request, spec: spec.value };
  throw new FailureError({
    code: 'invalid-input',
    tried: 'read the connection',
    target: String(request.name),
    reason: spec.error.join('; '),
  });
}
