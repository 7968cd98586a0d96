import type { Milliseconds, TimeGrid, TimeRange } from '@gumshoe/base/time';
import type { Labels } from '@gumshoe/base/series';
import type { RequestSource } from '@gumshoe/schema/metrics/requests';
import type {
  DatabaseTarget,
  LabelledColumn,
  MongodbTarget,
  PostgresBackups,
  PostgresReplication,
} from './database-target.ts';
import type { ApplicationId, ApplicationKind, InstanceId, NodeId } from './entities.ts';

/** One value per cell of the world's grid; cell `i` covers `(t[i] - step, t[i]]`. NaN is "not observed". */
export type Column = Float64Array;

/** Cells `lo <= i < hi` of the grid. */
export interface CellRange {
  readonly lo: number;
  readonly hi: number;
}

/**
 * Everything the metrics say about a window, in columns. Built once per question and never changed.
 * Lists are sorted by id, so that equal samples give an equal world.
 */
export interface World {
  /** What was asked for. */
  readonly range: TimeRange;
  /** Covers the history before `range` as well: baselines come from there. */
  readonly grid: TimeGrid;
  /** `range` in cells of the grid. */
  readonly window: CellRange;
  /** Typical distance of samples, ms. */
  readonly interval: number;
  readonly applications: readonly Application[];
  readonly byId: ReadonlyMap<ApplicationId, Application>;
  readonly nodes: readonly Node[];
  readonly dependencies: readonly Dependency[];
  readonly gaps: readonly SourceGap[];
  /** First and last sample of any series; undefined for a world without samples. */
  readonly observed?: TimeRange;
}

export interface Application {
  readonly id: ApplicationId;
  readonly name: string;
  readonly namespace: string;
  readonly kind: ApplicationKind;
  /** Where samples of several clusters are merged. */
  readonly cluster?: string;
  /** `application`, `control-plane`, `monitoring`, or a category of the configuration. */
  readonly category: string;
  /** What its pods are annotated with under coroot.com/, as kube-state-metrics writes names: slo_latency_threshold. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** What Kubernetes wants of it; undefined without kube-state-metrics. */
  readonly replicas?: ReplicaColumns;
  /** nginx, nodejs, python, postgres, redis … when recognised. */
  readonly type?: string;
  readonly instances: readonly Instance[];
  /** Requests as this application's own processes served them, per protocol. */
  readonly inbound: readonly RequestColumns[];
  /** Dependencies in which this application is the client. */
  readonly upstreams: readonly Dependency[];
  /** Dependencies in which this application is the server. */
  readonly downstreams: readonly Dependency[];
  readonly postgres: readonly PostgresTarget[];
  readonly redis: readonly RedisTarget[];
  readonly mysql: readonly DatabaseTarget[];
  readonly mongodb: readonly MongodbTarget[];
  readonly memcached: readonly DatabaseTarget[];
  /** Consumer groups of Kafka that are its own, or that read from it, where an exporter tells. */
  readonly consumerLags: readonly ConsumerLagColumns[];
  /** What an operator says about its backups; undefined when none does. */
  readonly postgresBackups?: PostgresBackups;
  readonly logs: readonly LogPatternColumns[];
  /** What its processes ask of DNS; undefined when nobody listens to that. */
  readonly dns?: DnsColumns;
  /** Kubernetes services that lead to it from outside the cluster. */
  readonly exposedBy: readonly ServiceExposure[];
  /** Certificates by which others know it, where somebody looks when they end. */
  readonly certificates: readonly CertificateColumns[];
  /** What spans of its own say it did; empty without traces. */
  readonly operations: readonly OperationColumns[];
  /** Requests that it served, by its spans alone: fewer than `inbound` counts where traces are sampled. */
  readonly tracedRequests?: Column;
  /** Names under which its traces, logs and profiles are stored. */
  readonly serviceNames: readonly string[];
  readonly firstSeen: Milliseconds;
  readonly lastSeen: Milliseconds;
}

/** A service of type NodePort or LoadBalancer, at the end of the window. */
export interface ServiceExposure {
  /** `namespace/name` */
  readonly service: string;
  readonly type: 'NodePort' | 'LoadBalancer';
  /** Open on every node; empty where kube-state-metrics does not tell ports. */
  readonly nodePorts: readonly string[];
  /** Addresses and host names of its load balancer, and further addresses. */
  readonly addresses: readonly string[];
}

/** Pods as kube-state-metrics counts them. */
export interface ReplicaColumns {
  readonly desired: Column;
  readonly available: Column;
}

/**
 * up: fresh samples at the end of the window; down: its samples ended while its node's went on; unknown:
 * the node itself fell silent; replaced: gone, and another instance took its place; finished: a short-lived
 * one that never served anybody.
 */
export type InstanceState = 'up' | 'down' | 'unknown' | 'replaced' | 'finished';

export interface Instance {
  readonly id: InstanceId;
  readonly node: NodeId;
  readonly containerIds: readonly string[];
  /** Within a database cluster: primary, replica, arbiter, router … */
  readonly role?: string;
  /** What kube-state-metrics says of its pod. */
  readonly pod?: PodFacts;
  readonly state: InstanceState;
  readonly firstSeen: Milliseconds;
  readonly lastSeen: Milliseconds;
  /** Times without samples while the node had some; the last one is open when the state is down. */
  readonly downtimes: readonly Downtime[];
  /** `ip:port` it listens on, or listened on last. */
  readonly addresses: readonly string[];
  /** cores */
  readonly cpuUsage: Column;
  /** cores; undefined without a quota */
  readonly cpuLimit?: Column;
  /** seconds per second */
  readonly cpuThrottled?: Column;
  readonly cpuDelay?: Column;
  /** bytes */
  readonly memoryRss: Column;
  readonly memoryLimit?: Column;
  readonly memoryPressure?: Column;
  /** Per second. */
  readonly oomKills: Column;
  readonly restarts: Column;
  readonly images: readonly ImageChange[];
  readonly disks: readonly DiskColumns[];
  /** Requests as this instance served them, all protocols; absent when nobody counts them. */
  readonly served?: ServedColumns;
  /** Everything else that is measured of it, by metric: rates of counters, values of gauges. */
  readonly signals: ReadonlyMap<string, Column>;
  /** What it shows of itself to a scraper, by metric: rates of counters, values of gauges. */
  readonly exposed: ReadonlyMap<string, LabelledColumn>;
}

/** A series with all of its labels, by which it can be found again. */
export interface ScrapedColumn extends LabelledColumn {
  readonly metric: string;
}

export interface ConsumerLagColumns {
  readonly group: string;
  readonly topic: string;
  /** '' where samples name no cluster. */
  readonly cluster: string;
  /** The metric that tells. */
  readonly metric: string;
  /** Messages that the group has not read yet, over all partitions of the topic. */
  readonly lag: Column;
}

/** `expires` and `renews` are unix seconds. */
export interface CertificateColumns {
  /** `namespace/name`, an address, a site or a file. */
  readonly name: string;
  readonly metric: string;
  readonly labels: Labels;
  readonly expires: Column;
  /** When it is to be replaced, where somebody looks after it. */
  readonly renews?: Column;
}

/** The clock of a machine as it sees it itself. */
export interface ClockColumns {
  /** seconds */
  readonly offset?: ScrapedColumn;
  /** 1 while it follows a reference. */
  readonly synchronised?: ScrapedColumn;
  /** seconds by which it may be wrong */
  readonly maxError?: ScrapedColumn;
}

export interface PodFacts {
  readonly uid: string;
  /** Kind and name of what the pod belongs to, as Kubernetes says: ReplicaSet/web-7d4b9c6f5d. */
  readonly owner: string;
  /** Pending, Running, Succeeded, Failed or Unknown; '' when nobody says. */
  readonly phase: string;
  /** 1 while the pod may serve, else 0. */
  readonly ready?: Column;
  /** What its containers ask for: cores, and bytes. */
  readonly cpuRequest?: Column;
  readonly memoryRequest?: Column;
  /** Why a container of it waits at the end: CrashLoopBackOff, ImagePullBackOff … */
  readonly waitingReason?: string;
  readonly lastTerminatedReason?: string;
}

/** Per second; `durationSum` in seconds per second. */
export interface ServedColumns {
  readonly rate: Column;
  readonly failed: Column;
  readonly durationSum: Column;
}

export interface Downtime {
  readonly from: Milliseconds;
  readonly to?: Milliseconds;
}

/** An image first seen; the first of an instance is what it started with. */
export interface ImageChange {
  readonly at: Milliseconds;
  readonly image: string;
}

export interface DiskColumns {
  readonly mountPoint: string;
  readonly device: string;
  /** Name of the volume; empty for what is mounted from the node itself. */
  readonly volume: string;
  /** bytes */
  readonly size: Column;
  readonly used: Column;
}

/** Requests of one protocol in one direction. Rates are per second. */
export interface RequestColumns {
  readonly protocol: RequestSource;
  readonly rate: Column;
  readonly failed: Column;
  /** Seconds of latency per second: divided by the histogram's rate it is the mean. */
  readonly durationSum: Column;
  /** The same as the client took it, where both sides tell: more by what was spent on the way. */
  readonly clientTime?: Column;
  readonly latency?: HistogramColumns;
  /** Age of the oldest request without an answer, seconds; clients' view only. */
  readonly inFlightAge?: Column;
  /** Failed requests per second by status. */
  readonly failedByStatus: ReadonlyMap<string, Column>;
}

/** Cumulative buckets: `counts[b][i]` is the rate of observations `<= bounds[b]`; the last bound is Infinity. */
export interface HistogramColumns {
  readonly bounds: readonly number[];
  readonly counts: readonly Column[];
}

export interface TcpColumns {
  /** Per second. */
  readonly connects: Column;
  readonly failedConnects: Column;
  readonly retransmits: Column;
  readonly bytesSent: Column;
  readonly bytesReceived: Column;
  /** Seconds spent connecting per second. */
  readonly connectTime: Column;
  readonly active: Column;
  /** seconds, worst link */
  readonly rtt: Column;
  /** Where somebody counts them. Per second: open connections that the server reset, and that the client did. */
  readonly resetsReceived?: Column;
  readonly resetsSent?: Column;
  /** Per second: connections found with a peer that takes no more data. */
  readonly zeroWindows?: Column;
  /** Failed attempts per second by reason: refused, timed_out, unreachable, cancelled, other. */
  readonly connectErrors?: ReadonlyMap<string, Column>;
}

/** Client application → server application, with what was seen on the wire between them. */
export interface Dependency {
  readonly client: ApplicationId;
  readonly server: ApplicationId;
  readonly links: readonly Link[];
  /** What spans say of it: the names both sides go by there. */
  readonly calls: readonly Call[];
  readonly requests: readonly RequestColumns[];
  /** What is spoken as spans say, the most frequent first; empty where none does. */
  readonly spoken: readonly string[];
  readonly tcp: TcpColumns;
  readonly connection: ConnectionState;
  /** Client and server are in two clusters. */
  readonly crossesClusters: boolean;
  /** Seconds by which the server's clock must be ahead for the spans of both to fit; 0 while they do. */
  readonly clockSkew?: ScrapedColumn;
  /** Which series say so, the metrics with most series first. */
  readonly evidence: readonly DependencyEvidence[];
  readonly firstSeen: Milliseconds;
  readonly lastSeen: Milliseconds;
}

/**
 * By the last cells with samples. established: connections are open or were made; failing: attempts fail and none
 * succeeds; unstable: some fail, some succeed; unreachable: packets came back before and none does any more although
 * connections are tried; idle: nothing is tried; unknown: nobody watches connections.
 */
export type ConnectionState = 'established' | 'failing' | 'unstable' | 'unreachable' | 'idle' | 'unknown';

/** Series of one metric that a dependency was made from. */
export interface DependencyEvidence {
  readonly metric: string;
  /** How many series. */
  readonly series: number;
  /** Labels of some of them, least first: enough to find them again. */
  readonly examples: readonly Labels[];
}

/** Requests between two services as their spans name them. */
export interface Call {
  readonly clientServiceName: string;
  readonly serverServiceName: string;
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

/** One client container and one address it spoke to, for one stretch of time. */
export interface Link {
  readonly clientInstance: InstanceId;
  readonly clientContainerId: string;
  readonly serverInstance?: InstanceId;
  /** As dialled. */
  readonly destination: string;
  /** After address translation; equal to `destination` when unknown. */
  readonly actualDestination: string;
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

export interface Node {
  readonly id: NodeId;
  readonly cluster?: string;
  readonly hostname: string;
  readonly cores: number;
  /** Busy share of all CPUs, 0..1. */
  readonly cpuUsage: Column;
  readonly ioWait: Column;
  readonly memoryTotal: Column;
  readonly memoryAvailable: Column;
  readonly disks: readonly NodeDisk[];
  readonly gpus: readonly GpuColumns[];
  /** Tracked connections. */
  readonly conntrack?: OccupancyColumns;
  /** Ports handed out to clients. */
  readonly ephemeralPorts?: OccupancyColumns;
  readonly cloud?: CloudPlace;
  readonly clock?: ClockColumns;
  /** Certificates of its kubelet. */
  readonly certificates: readonly CertificateColumns[];
  readonly firstSeen: Milliseconds;
  readonly lastSeen: Milliseconds;
}

/** What the cloud says of a machine; '' for what it does not say. */
export interface CloudPlace {
  readonly provider: string;
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
  /** on-demand, spot, preemptible … */
  readonly lifeCycle: string;
  readonly publicAddress: string;
}

export interface NodeDisk {
  readonly device: string;
  /** Seconds per second with I/O in flight, at most 1. */
  readonly ioTime: Column;
  /** Seconds per second that requests took, summed over requests: the length of the queue. */
  readonly readTime: Column;
  readonly writeTime: Column;
  /** Failed requests per second; undefined where nobody counts them. */
  readonly errors?: Column;
}

export interface GpuColumns {
  readonly uuid: string;
  readonly name: string;
  /** Percent of the time that kernels ran. */
  readonly utilization: Column;
  /** bytes */
  readonly memoryUsed: Column;
  readonly memoryTotal: Column;
  /** °C */
  readonly temperature: Column;
}

/** Something of which there is a fixed number. */
export interface OccupancyColumns {
  readonly used: Column;
  readonly limit: Column;
}

/** A source of metrics that was silent for a time: what it watches is unknown then. */
export interface SourceGap {
  readonly node: NodeId;
  readonly hostname: string;
  readonly from: Milliseconds;
  /** undefined: silent until the end of the window. */
  readonly to?: Milliseconds;
}

/** DNS queries as the client sees them. */
export interface DnsColumns {
  readonly questions: readonly DnsQuestion[];
  readonly latency?: HistogramColumns;
}

export interface DnsQuestion {
  /** TypeA, TypeAAAA … */
  readonly type: string;
  readonly domain: string;
  /** Answers per second by status: ok, nxdomain, servfail … */
  readonly byStatus: ReadonlyMap<string, Column>;
}

export interface LogPatternColumns {
  readonly level: string;
  readonly pattern: string;
  readonly sample: string;
  /** messages per second */
  readonly rate: Column;
}

/** Spans of one name. Rates are per second. */
export interface OperationColumns {
  readonly name: string;
  readonly rate: Column;
  readonly failed: Column;
  /** Of these, the ones without a failed child: where the error began. */
  readonly failedHere: Column;
  /** Seconds per second spent in it and not in its children. */
  readonly selfTime: Column;
}

/** What the probe says about one PostgreSQL server. */
export interface PostgresTarget extends DatabaseTarget {
  /** Seconds by summary: avg, max, p50, p95, p99. */
  readonly latency: ReadonlyMap<string, Column>;
  readonly connections: Column;
  readonly maxConnections?: number;
  readonly reservedConnections?: number;
  /** Numbers and booleans (0, 1) by name; times in seconds. */
  readonly settings: ReadonlyMap<string, number>;
  /** Replicas whose primary is probed as well. */
  readonly replication?: PostgresReplication;
  /** Waiting queries by the query that blocks them. */
  readonly lockWaits: readonly { readonly blockingQuery: string; readonly waiting: Column }[];
  readonly topQueries: readonly { readonly query: string; readonly time: Column }[];
}

/** What the probe says about one Redis server. */
export interface RedisTarget extends DatabaseTarget {
  /** Calls and seconds per second by command. */
  readonly commands: readonly { readonly command: string; readonly rate: Column; readonly time: Column }[];
  readonly running: readonly { readonly command: string; readonly seconds: Column }[];
  readonly blockedClients: Column;
  readonly memoryUsed: Column;
  readonly memoryMax: Column;
}
