import type { TimeGrid, TimeRange } from '@gumshoe/base/time';
import type {
  Alerts,
  ApplicationFindings,
  ApplicationPage,
  Costs,
  DeploymentReport,
  EngineApi,
  FlameGraph,
  IncidentBook,
  IncidentNews,
  Overview,
  Report,
  RiskReport,
  ServiceMap,
  TraceSummary,
  TraceTree,
} from '@gumshoe/engine/api';
import type {
  AnnotatedMatrix,
  ConnectionSpec,
  LogFilter,
  LogRecord,
  SourceStatus,
  SpanFilter,
  Table,
} from '@gumshoe/engine/ports';
import type { ApplicationId } from '@gumshoe/model/entities';

/** Handle of an open source; valid until the engine process ends or the connection is closed. */
export type ConnectionId = string & { readonly __id: 'connection' };
/** Key of a saved connection. */
export type SavedConnectionId = string & { readonly __id: 'saved-connection' };

/** One kind of call: what goes in, what comes back, and what is reported on the way. */
interface Call<Arguments extends readonly unknown[], Result, Progress = never> {
  readonly args: Arguments;
  readonly result: Result;
  readonly progress: Progress;
}

/** EngineApi as data. A method missing here or with another shape fails to compile (see `EngineCallsMatch`). */
export interface EngineCalls {
  status: Call<[], SourceStatus>;
  extent: Call<[], TimeRange | undefined>;
  overview: Call<[range: TimeRange], Overview>;
  serviceMap: Call<[range: TimeRange], ServiceMap>;
  inspections: Call<[range: TimeRange], readonly ApplicationFindings[]>;
  deployments: Call<[range: TimeRange], readonly DeploymentReport[]>;
  risks: Call<[range: TimeRange], readonly RiskReport[]>;
  costs: Call<[range: TimeRange], Costs>;
  alerts: Call<[range: TimeRange], Alerts>;
  followIncidents: Call<[book: IncidentBook, range: TimeRange, calm: number | undefined], IncidentNews>;
  application: Call<[id: ApplicationId, range: TimeRange], ApplicationPage>;
  investigate: Call<[range: TimeRange, application: ApplicationId | undefined], Report>;
  traces: Call<[filter: SpanFilter], readonly TraceSummary[]>;
  trace: Call<[traceId: string], TraceTree>;
  profile: Call<[application: ApplicationId, range: TimeRange], FlameGraph>;
  logs: Call<[filter: LogFilter], readonly LogRecord[]>;
  promql: Call<[query: string, grid: TimeGrid], AnnotatedMatrix>;
  sql: Call<[query: string], Table>;
}

export type EngineMethod = keyof EngineCalls;

/** EngineApi without its signals: every method called with a call's arguments gives that call's result. */
type EngineFromCalls = {
  readonly [M in EngineMethod]: (...args: EngineCalls[M]['args']) => Promise<EngineCalls[M]['result']>;
};
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** Compile-time proof that the two lists of methods are one. */
export const engineCallsMatch: Same<keyof EngineApi, EngineMethod> = true;
export const engineIsCallable = (api: EngineApi): EngineFromCalls => api;

/** Names of all methods, in the order of the contract. */
export const ENGINE_METHODS = [
  'status',
  'extent',
  'overview',
  'serviceMap',
  'inspections',
  'deployments',
  'risks',
  'costs',
  'alerts',
  'followIncidents',
  'application',
  'investigate',
  'traces',
  'trace',
  'profile',
  'logs',
  'promql',
  'sql',
] as const satisfies readonly EngineMethod[];

export interface SavedConnection {
  readonly id: SavedConnectionId;
  readonly name: string;
  /** Holds references to secrets, never secrets. */
  readonly spec: ConnectionSpec;
}

export interface OpenRequest {
  readonly name: string;
  readonly spec: ConnectionSpec;
  /** Fingerprint (`SHA256:…`) that the user has just confirmed for this host. */
  readonly trustedHostKey?: string;
}

export interface OpenedConnection {
  readonly id: ConnectionId;
  readonly name: string;
  readonly spec: ConnectionSpec;
  readonly status: SourceStatus;
  /** First and last instant with data; undefined when the source is empty. */
  readonly extent?: TimeRange;
}

/** What goes into a snapshot, and what must not leave; nothing chosen is everything as it is. */
export interface ExportChoices {
  /** Only this application and its neighbourhood of dependencies. */
  readonly application?: ApplicationId;
  /** Leaves out texts, attributes and samples of log records. */
  readonly dropLogBodies?: boolean;
  /** Replaces literals, ids, addresses and secrets in texts and queries. */
  readonly obfuscate?: boolean;
  /** Replaces names of applications, hosts and namespaces by keyed hashes. */
  readonly hashNames?: boolean;
}

export interface EstimateRequest {
  readonly connection: ConnectionId;
  readonly range: TimeRange;
  readonly choices: ExportChoices;
}

export interface ExportRequest extends EstimateRequest {
  /** File to write, chosen by the user in the system's dialog. */
  readonly path: string;
}

export interface ExportProgress {
  /** 0..1, or undefined while it cannot be told. */
  readonly fraction?: number;
  readonly stage: string;
}

export interface ExportResult {
  readonly path: string;
  readonly bytes: number;
  /** What was replaced or left out, one sentence each. */
  readonly redaction: readonly string[];
}

export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark';
  /** Seconds between refreshes while following live data; 0 is off. */
  readonly refreshSeconds: number;
  /** The engine's sentences say times in UTC; so do the clocks, unless told otherwise. */
  readonly timeZone: 'local' | 'utc';
}

export const DEFAULT_PREFERENCES: Preferences = { theme: 'system', refreshSeconds: 10, timeZone: 'utc' };

type EngineCallsByConnection = {
  [M in EngineMethod as `engine.${M}`]: Call<
    [connection: ConnectionId, ...args: EngineCalls[M]['args']],
    EngineCalls[M]['result']
  >;
};

interface HostCalls {
  'connections.list': Call<[], readonly SavedConnection[]>;
  'connections.save': Call<[SavedConnection], readonly SavedConnection[]>;
  'connections.remove': Call<[SavedConnectionId], readonly SavedConnection[]>;
  /** Opens, asks every hop and store how it is, and closes again. */
  'connections.test': Call<[OpenRequest], SourceStatus>;
  'connections.open': Call<[OpenRequest], OpenedConnection>;
  'connections.close': Call<[ConnectionId], undefined>;
  /** About how many bytes an export would have; redaction makes it smaller. */
  'snapshot.estimate': Call<[EstimateRequest], number>;
  'snapshot.export': Call<[ExportRequest], ExportResult, ExportProgress>;
  'preferences.get': Call<[], Preferences>;
  'preferences.set': Call<[Preferences], Preferences>;
}

/** Everything the renderer may ask of the engine process. */
export type WorkbenchCalls = EngineCallsByConnection & HostCalls;
export type WorkbenchMethod = keyof WorkbenchCalls;

export interface CallContext<M extends WorkbenchMethod> {
  readonly signal: AbortSignal;
  progress(value: WorkbenchCalls[M]['progress']): void;
}

/** The serving side: one function per method; rejections cross as Failure. */
export type WorkbenchHandlers = {
  readonly [M in WorkbenchMethod]: (
    args: WorkbenchCalls[M]['args'],
    context: CallContext<M>,
  ) => Promise<WorkbenchCalls[M]['result']>;
};

export interface CallOptions<M extends WorkbenchMethod> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (value: WorkbenchCalls[M]['progress']) => void;
}

/** The calling side. Rejects with FailureError; a cancelled call rejects with code `cancelled`. */
export interface WorkbenchApi {
  call<M extends WorkbenchMethod>(
    method: M,
    args: WorkbenchCalls[M]['args'],
    options?: CallOptions<M>,
  ): Promise<WorkbenchCalls[M]['result']>;
}
