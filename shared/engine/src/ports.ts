import type { Failure } from '@gumshoe/base/failure';
import type { Matrix, Series } from '@gumshoe/base/series';
import type { Milliseconds, TimeGrid, TimeRange } from '@gumshoe/base/time';
import type { Annotated } from '@gumshoe/promql/annotations';

/**
 * What the engine may ask of a source. Implementations (ClickHouse and Prometheus, gRPC gateway, snapshot)
 * live in shared/reader; all reject with FailureError. `signal` cancels; a cancelled call rejects with code
 * `cancelled`.
 */
export interface Reader {
  /** Never rejects: what works and what does not is in the answer. */
  status(signal?: AbortSignal): Promise<SourceStatus>;

  /**
   * Raw samples with `range.from < t <= range.to` of every series of the named metrics. Counters and
   * histogram buckets come as stored (`_bucket`, `_sum`, `_count` are names of their own).
   */
  series(metrics: readonly string[], range: TimeRange, signal?: AbortSignal): Promise<readonly Series[]>;

  /** PromQL range query, evaluated by the server where it has an evaluator, else by ours. */
  queryRange(promql: string, grid: TimeGrid, signal?: AbortSignal): Promise<AnnotatedMatrix>;

  /** Read-only SQL of ClickHouse; a snapshot answers a part of it, over the same tables and the samples of metrics. */
  sql(query: string, limits: SqlLimits, signal?: AbortSignal): Promise<Table>;

  spans(filter: SpanFilter, signal?: AbortSignal): Promise<readonly Span[]>;
  /** All spans of a trace, joined across nodes by parent span id. Empty when unknown. */
  trace(traceId: string, signal?: AbortSignal): Promise<readonly Span[]>;
  /** All spans of several traces at once. Optional: without it the engine asks for each trace by itself. */
  spansOf?(traceIds: readonly string[], signal?: AbortSignal): Promise<readonly Span[]>;
  logs(filter: LogFilter, signal?: AbortSignal): Promise<readonly LogRecord[]>;
  /** Kubernetes' and other events, newest first. Optional: without it the engine looks for them among log records. */
  events?(range: TimeRange, limit: number, signal?: AbortSignal): Promise<readonly LogRecord[]>;
  /** Samples merged over the window: distinct stacks with their summed value. */
  profile(filter: ProfileFilter, signal?: AbortSignal): Promise<StackSamples>;
  /** Last instant that has metrics, and the first; undefined when there are none. */
  extent(signal?: AbortSignal): Promise<TimeRange | undefined>;
  /** What answers so far had to do without, in sentences; asks nothing. Optional: without it nothing was missing. */
  shortcomings?(): readonly string[];
  close(): Promise<void>;
}

/** `warnings` and `infos` where the evaluator had something to say: a rate of no counter, a part that did not answer. */
export type AnnotatedMatrix = Matrix & Partial<Annotated>;

export interface SourceStatus {
  /** Human name: address or file. */
  readonly name: string;
  readonly kind: 'direct' | 'grpc' | 'ssh' | 'snapshot' | 'several';
  readonly parts: readonly SourcePart[];
}

/** One hop or store on the way: `ssh bastion`, `ClickHouse`, `Prometheus`, `collector`. */
export interface SourcePart {
  readonly name: string;
  readonly target: string;
  readonly state: 'ok' | 'failed' | 'absent';
  readonly latencyMs?: number;
  readonly version?: string;
  readonly failure?: Failure;
  /** Extra facts: eBPF programs refused, newest sample, rows. */
  readonly notes: readonly string[];
}

export interface SqlLimits {
  readonly maxRows: number;
  readonly timeoutMs: number;
}

/** Columns with ClickHouse type names; rows as text, numbers, booleans or undefined (NULL). */
export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | number | boolean | undefined)[])[];
  readonly truncated: boolean;
}

/** One span, from kernel events or OpenTelemetry. Times in ns as decimal-safe pairs: start is epoch ms (float). */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'Server' | 'Client' | 'Producer' | 'Consumer' | 'Internal';
  readonly serviceName: string;
  readonly containerId: string;
  /** ms since the epoch, with fraction (µs precision). */
  readonly start: number;
  /** ms, with fraction. */
  readonly duration: number;
  readonly status: 'Unset' | 'Ok' | 'Error';
  readonly statusMessage: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface SpanFilter {
  readonly range: TimeRange;
  readonly serviceName?: string;
  readonly spanName?: string;
  readonly kind?: Span['kind'];
  readonly rootsOnly?: boolean;
  readonly errorsOnly?: boolean;
  /** ms */
  readonly minDuration?: number;
  readonly order: 'newest' | 'slowest';
  readonly limit: number;
}

export interface LogRecord {
  readonly timestamp: Milliseconds;
  readonly severity: string;
  readonly serviceName: string;
  readonly containerId: string;
  readonly body: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface LogFilter {
  readonly range: TimeRange;
  readonly serviceName?: string;
  readonly severities?: readonly string[];
  readonly contains?: string;
  readonly limit: number;
}

export interface ProfileFilter {
  readonly range: TimeRange;
  readonly serviceName: string;
  readonly containerId?: string;
  /** `ebpf:cpu:nanoseconds` */
  readonly type: string;
}

/** Stacks leaf first; `values[i]` belongs to `stacks[i]`. Frames are indexes into `frames`. */
export interface StackSamples {
  readonly frames: readonly string[];
  readonly stacks: readonly Uint32Array[];
  readonly values: Float64Array;
  readonly unit: 'nanoseconds' | 'bytes' | 'count';
  /** Sum of the values whose stacks miss callers; absent where none is known of. */
  readonly cut?: number;
}

/** Secrets by reference; a host keeps them in the OS key store. Never logged. */
export interface Secrets {
  get(reference: string): Promise<string | undefined>;
}

/** How to reach a source. Saved as JSON, so it holds references to secrets, never secrets. */
export type ConnectionSpec = SingleConnection | SeveralConnection;

/** One source. */
export type SingleConnection = DirectConnection | GrpcConnection | SshConnection | SnapshotConnection;

export interface DirectConnection {
  readonly kind: 'direct';
  /** http(s) URL without credentials. */
  readonly clickhouseUrl: string;
  readonly clickhouseUser?: string;
  readonly clickhousePasswordRef?: string;
  readonly clickhouseTls?: TlsSettings;
  /** With the prefix of its path, where it has one: `https://mimir.example/prometheus`. */
  readonly prometheusUrl: string;
  readonly prometheusTokenRef?: string;
  /** Basic authentication, instead of a token. */
  readonly prometheusUser?: string;
  readonly prometheusPasswordRef?: string;
  readonly prometheusTls?: TlsSettings;
  /** Sent with every question: `X-Scope-OrgID` for a tenant. */
  readonly prometheusHeaders?: readonly ExtraHeader[];
  /** Collector's status endpoint, optional. */
  readonly collectorUrl?: string;
}

/** PEM files of this machine. */
export interface TlsSettings {
  /** Authorities to trust instead of the system's. */
  readonly caFile?: string;
  /** Certificate to show the server, and its key. */
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly keyPassphraseRef?: string;
  /** The name that the server's certificate must have, where it is not the URL's. */
  readonly serverName?: string;
}

/** `value` as it is, or the reference of a secret. */
export type ExtraHeader =
  { readonly name: string; readonly value: string } | { readonly name: string; readonly valueRef: string };

export interface GrpcConnection {
  readonly kind: 'grpc';
  /** host:port */
  readonly address: string;
  readonly tokenRef?: string;
  /** PEM file with the authority to trust. */
  readonly caFile?: string;
  /** Plain text; accepted on loopback only. */
  readonly insecure?: boolean;
}

export interface SshConnection {
  readonly kind: 'ssh';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly auth:
    | { readonly method: 'agent' }
    | { readonly method: 'key'; readonly keyFile: string; readonly passphraseRef?: string }
    | { readonly method: 'password'; readonly passwordRef: string };
  readonly knownHostsFile?: string;
  /** Addresses as seen from the host. */
  readonly inner: Omit<DirectConnection, 'kind'>;
}

export interface SnapshotConnection {
  readonly kind: 'snapshot';
  readonly path: string;
}

/** Several clusters as one source; every series gets the label `cluster` with the name of the one it is from. */
export interface SeveralConnection {
  readonly kind: 'several';
  readonly clusters: readonly { readonly name: string; readonly spec: SingleConnection }[];
}
