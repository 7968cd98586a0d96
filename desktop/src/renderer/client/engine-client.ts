import type { EngineApi } from '../../contract/engine.ts';
import type { ConnectionId, WorkbenchApi } from '../../contract/ipc.ts';

/** The engine of one open connection, as if it ran in this page. */
export function createEngineClient(workbench: WorkbenchApi, connection: ConnectionId): EngineApi {
  const on = (signal: AbortSignal | undefined) => (signal ? { signal } : {});
  return {
    status: (signal) => workbench.call('engine.status', [connection], on(signal)),
    extent: (signal) => workbench.call('engine.extent', [connection], on(signal)),
    overview: (range, signal) => workbench.call('engine.overview', [connection, range], on(signal)),
    serviceMap: (range, signal) => workbench.call('engine.serviceMap', [connection, range], on(signal)),
    inspections: (range, signal) => workbench.call('engine.inspections', [connection, range], on(signal)),
    deployments: (range, signal) => workbench.call('engine.deployments', [connection, range], on(signal)),
    risks: (range, signal) => workbench.call('engine.risks', [connection, range], on(signal)),
    costs: (range, signal) => workbench.call('engine.costs', [connection, range], on(signal)),
    alerts: (range, signal) => workbench.call('engine.alerts', [connection, range], on(signal)),
    followIncidents: (book, range, calm, signal) =>
      workbench.call('engine.followIncidents', [connection, book, range, calm], on(signal)),
    application: (id, range, signal) =>
      workbench.call('engine.application', [connection, id, range], on(signal)),
    investigate: (range, application, signal) =>
      workbench.call('engine.investigate', [connection, range, application], on(signal)),
    traces: (filter, signal) => workbench.call('engine.traces', [connection, filter], on(signal)),
    trace: (traceId, signal) => workbench.call('engine.trace', [connection, traceId], on(signal)),
    profile: (application, range, signal) =>
      workbench.call('engine.profile', [connection, application, range], on(signal)),
    logs: (filter, signal) => workbench.call('engine.logs', [connection, filter], on(signal)),
    promql: (query, grid, signal) => workbench.call('engine.promql', [connection, query, grid], on(signal)),
    sql: (query, signal) => workbench.call('engine.sql', [connection, query], on(signal)),
  };
}
