import type { InspectionArea } from '@gumshoe/analysis/finding';
import type { RuleAlert } from '@gumshoe/analysis/alerts/alert-rules';
import type { Costs } from '@gumshoe/analysis/costs/find-costs';
import type { DeploymentComparison } from '@gumshoe/analysis/deployments/compare';
import type { Deployment } from '@gumshoe/analysis/deployments/find-deployments';
import type { IncidentBook } from '@gumshoe/analysis/incidents/book';
import type { Risk } from '@gumshoe/analysis/risks/find-risks';
import type { Claim } from '@gumshoe/analysis/rca/claim';
import type {
  ApplicationSight,
  Conclusion,
  Counterfactual,
  Examined,
  Falsifier,
  Placebo,
} from '@gumshoe/analysis/rca/report';
import type { BudgetCourse } from '@gumshoe/analysis/slo/error-budget';
import type { ObjectiveAlert } from '@gumshoe/analysis/slo/burn-alerts';
import type { Failure } from '@gumshoe/base/failure';
import type { Milliseconds, TimeGrid, TimeRange } from '@gumshoe/base/time';
import type { Unit } from '@gumshoe/base/units';
import type {
  ApplicationId,
  ApplicationKind,
  Evidence,
  Health,
  InstanceId,
  NodeId,
} from '@gumshoe/model/entities';
import type {
  AnnotatedMatrix,
  LogFilter,
  LogRecord,
  SourceStatus,
  Span,
  SpanFilter,
  Table,
} from './ports.ts';

export type { InspectionArea };

/**
 * What a host (desktop, command, cluster agent) may ask about one open source. Same input, same answer.
 * Every method rejects with FailureError; every method takes a signal that cancels.
 */
export interface EngineApi {
  status(signal?: AbortSignal): Promise<SourceStatus>;
  /** First and last instant with data. */
  extent(signal?: AbortSignal): Promise<TimeRange | undefined>;
  overview(range: TimeRange, signal?: AbortSignal): Promise<Overview>;
  serviceMap(range: TimeRange, signal?: AbortSignal): Promise<ServiceMap>;
  /** What the inspections say of every application; worst first, then by id. */
  inspections(range: TimeRange, signal?: AbortSignal): Promise<readonly ApplicationFindings[]>;
  /** Rollouts that touch the window, oldest first, each with what it changed. */
  deployments(range: TimeRange, signal?: AbortSignal): Promise<readonly DeploymentReport[]>;
  /** What is not wrong yet. */
  risks(range: TimeRange, signal?: AbortSignal): Promise<readonly RiskReport[]>;
  /** What applications use, and what that costs a month. */
  costs(range: TimeRange, signal?: AbortSignal): Promise<Costs>;
  /** Rules of the configuration, and burn rates of objectives, that are or were active in the window. */
  alerts(range: TimeRange, signal?: AbortSignal): Promise<Alerts>;
  /**
   * What happened to incidents since the book was written; call it with ascending windows. `calm` is how long
   * all must have been good before an incident is called resolved, ms; default 2 min.
   */
  followIncidents(
    book: IncidentBook,
    range: TimeRange,
    calm?: number,
    signal?: AbortSignal,
  ): Promise<IncidentNews>;
  application(id: ApplicationId, range: TimeRange, signal?: AbortSignal): Promise<ApplicationPage>;
  /** RCA over the window; without `application` it starts from whatever breaks its objective. */
  investigate(range: TimeRange, application?: ApplicationId, signal?: AbortSignal): Promise<Report>;
  traces(filter: SpanFilter, signal?: AbortSignal): Promise<readonly TraceSummary[]>;
  trace(traceId: string, signal?: AbortSignal): Promise<TraceTree>;
  profile(application: ApplicationId, range: TimeRange, signal?: AbortSignal): Promise<FlameGraph>;
  logs(filter: LogFilter, signal?: AbortSignal): Promise<readonly LogRecord[]>;
  promql(query: string, grid: TimeGrid, signal?: AbortSignal): Promise<AnnotatedMatrix>;
  sql(query: string, signal?: AbortSignal): Promise<Table>;
}

/** One line of a chart. Values lie on the chart's grid; NaN is a gap. */
export interface ChartSeries {
  readonly name: string;
  readonly values: Float64Array;
  readonly promql?: string;
}

export interface Chart {
  readonly title: string;
  readonly unit: Unit;
  readonly grid: TimeGrid;
  readonly series: readonly ChartSeries[];
  readonly threshold?: { readonly value: number; readonly label: string };
  /** Instants worth a vertical line: onset, restart, deployment. */
  readonly marks: readonly { readonly at: Milliseconds; readonly label: string }[];
}

export interface SloState {
  readonly kind: 'availability' | 'latency';
  /** Share that must be good, 0..1. */
  readonly objective: number;
  /** Latency objective in seconds. */
  readonly threshold?: number;
  /** Share of good requests in the window; NaN without traffic. */
  readonly compliance: number;
  readonly health: Health;
  /** 1 = nothing burnt, 0 = all of the window's budget gone, negative = overspent; NaN without requests. */
  readonly budgetLeft: number;
  /** Of the rolling period, at the end of the window. */
  readonly errorBudget?: ErrorBudgetState;
  /** Of the rules that have enough history to judge. */
  readonly burnRates: readonly {
    readonly longWindow: number;
    readonly shortWindow: number;
    readonly threshold: number;
    readonly longRate: number;
    readonly shortRate: number;
    readonly firing: boolean;
  }[];
  readonly since?: Milliseconds;
  readonly requests: number;
  readonly failed: number;
  readonly evidence: readonly Evidence[];
}

export interface ErrorBudgetState {
  /** ms */
  readonly period: number;
  /** ms of the period that were seen; the rest is taken to be free of errors. */
  readonly covered: number;
  /** Requests that may be bad in the period, and those that were. */
  readonly allowed: number;
  readonly spent: number;
  /** As `budgetLeft`; NaN without requests. */
  readonly left: number;
  /** How it was consumed: what was left at instants spread over the time that was seen, the last of them now. */
  readonly timeline: BudgetCourse;
  /** Over the last hour; NaN with too few requests. */
  readonly burnRate: number;
  /** Since when it is gone, or when it will be if the last hour goes on. */
  readonly exhaustedAt?: Milliseconds;
  /** All of it in one line. */
  readonly summary: string;
}

export interface ApplicationRow {
  readonly id: ApplicationId;
  readonly name: string;
  readonly kind: ApplicationKind;
  /** nginx, nodejs, python, postgres, redis … when recognised. */
  readonly type?: string;
  readonly health: Health;
  /** Last minute of the window; NaN is unknown. */
  readonly requestRate: number;
  readonly errorRatio: number;
  /** seconds */
  readonly p99: number;
  readonly slos: readonly SloState[];
  readonly instances: { readonly up: number; readonly known: number };
  readonly findings: number;
  readonly lastSeen: Milliseconds;
  /** Request rate over the window, for a sparkline. */
  readonly sparkline: Float64Array;
}

/** One trouble and every objective it broke. */
export interface Incident {
  /** Stays the same for as long as the incident is known. */
  readonly id: string;
  /** Closest to the users of what it hit, and the objective hit hardest there. */
  readonly application: ApplicationId;
  readonly name: string;
  readonly slo: 'availability' | 'latency';
  readonly severity: 'warning' | 'critical';
  readonly openedAt: Milliseconds;
  readonly resolvedAt?: Milliseconds;
  /** Nothing was seen after `resolvedAt`: nobody knows whether it recovered. */
  readonly silent?: true;
  /** Share of requests affected since it opened, 0..1. */
  readonly impact: number;
  /** Part of the error budget of the whole period that it used up, of the objective hit hardest; may be above 1. */
  readonly budgetSpent: number;
  readonly summary: string;
  /** Every broken objective, that of `application` first. */
  readonly impacts: readonly IncidentImpact[];
}

export interface IncidentImpact {
  readonly application: ApplicationId;
  readonly name: string;
  readonly slo: 'availability' | 'latency';
  readonly severity: 'warning' | 'critical';
  readonly openedAt: Milliseconds;
  readonly resolvedAt?: Milliseconds;
  /** Nothing was seen after `resolvedAt`: nobody knows whether it recovered. */
  readonly silent?: true;
  /** 0..1 */
  readonly impact: number;
  /** Part of the objective's error budget; may be above 1. */
  readonly budgetSpent: number;
  readonly summary: string;
}

export type { ApplicationSight, Claim, Conclusion, Counterfactual, Examined, Falsifier, Placebo };
export type {
  BudgetCourse,
  Costs,
  Deployment,
  DeploymentComparison,
  IncidentBook,
  ObjectiveAlert,
  Risk,
  RuleAlert,
};

export interface Alerts {
  readonly rules: readonly RuleAlert[];
  readonly objectives: readonly ObjectiveAlert[];
}

export interface DeploymentReport {
  readonly deployment: Deployment;
  readonly comparison: DeploymentComparison;
  /** What shows the versions, each difference and the new errors, as far as one query can. */
  readonly evidence: readonly DeploymentEvidence[];
}

export interface DeploymentEvidence extends Evidence {
  readonly about: DeploymentComparison['differences'][number]['metric'] | 'version' | 'new-errors';
}

export interface RiskReport extends Risk {
  readonly evidence: readonly Evidence[];
}

export interface IncidentNews {
  /** To be handed over with the next window. */
  readonly book: IncidentBook;
  readonly open: readonly Incident[];
  readonly events: readonly {
    readonly kind: 'opened' | 'updated' | 'merged' | 'reopened' | 'resolved';
    readonly incident: Incident;
  }[];
}

export interface Overview {
  readonly range: TimeRange;
  readonly applications: readonly ApplicationRow[];
  readonly incidents: readonly Incident[];
  readonly nodes: readonly NodeRow[];
  /** What could not be read or judged, and what that costs. */
  readonly blindSpots: readonly BlindSpot[];
}

export interface NodeRow {
  readonly id: NodeId;
  readonly hostname: string;
  readonly health: Health;
  readonly cpuUsage: number;
  readonly memoryUsage: number;
  readonly applications: number;
}

export interface BlindSpot {
  readonly subject: string;
  readonly reason: string;
  readonly cost: string;
}

export interface ServiceMap {
  readonly range: TimeRange;
  readonly nodes: readonly ServiceMapNode[];
  readonly edges: readonly ServiceMapEdge[];
}

export interface ServiceMapNode {
  readonly id: ApplicationId;
  readonly name: string;
  readonly type?: string;
  readonly kind: ApplicationKind;
  /** Where samples of several clusters are merged. */
  readonly cluster?: string;
  /** `application`, `control-plane`, `monitoring`, or a category of the configuration. */
  readonly category?: string;
  readonly health: Health;
  /** Why it is not ok, worst first. */
  readonly reasons: readonly string[];
  readonly instances: { readonly up: number; readonly known: number };
  readonly requestRate: number;
  readonly errorRatio: number;
  readonly p99: number;
}

export interface ServiceMapEdge {
  readonly client: ApplicationId;
  readonly server: ApplicationId;
  readonly protocols: readonly string[];
  readonly health: Health;
  readonly reasons: readonly string[];
  readonly requestRate: number;
  /** seconds */
  readonly p99: number;
  readonly averageLatency: number;
  readonly errorRatio: number;
  readonly failedConnects: number;
  readonly bytesPerSecond: number;
  readonly evidence: readonly Evidence[];
}

/** What one inspection says of one application. */
export interface Finding {
  readonly inspection: string;
  readonly title: string;
  readonly area: InspectionArea;
  readonly health: Health;
  /** One plain sentence with values, threshold and window. */
  readonly message: string;
  readonly value: number;
  readonly threshold: number;
  readonly unit: Unit;
  /** Per instance, worst first. */
  readonly instances: readonly {
    readonly instance: InstanceId;
    readonly value: number;
    readonly health: Health;
  }[];
  readonly evidence: readonly Evidence[];
  /** The arithmetic, line by line. */
  readonly explanation: readonly string[];
  /** The inspection itself failed, and why; its health is unknown and its value NaN. */
  readonly failure?: Failure;
  readonly chart?: Chart;
}

/** An application and its findings, without charts. */
export interface ApplicationFindings {
  readonly row: ApplicationRow;
  /** Worst first; the ones in order are among them. */
  readonly findings: readonly Finding[];
}

export interface ApplicationPage {
  readonly row: ApplicationRow;
  readonly range: TimeRange;
  readonly findings: readonly Finding[];
  readonly instances: readonly InstanceRow[];
  readonly upstreams: readonly ServiceMapEdge[];
  readonly downstreams: readonly ServiceMapEdge[];
  /** RED charts first, then resources. */
  readonly charts: readonly Chart[];
  readonly hasProfile: boolean;
  readonly blindSpots: readonly BlindSpot[];
}

export interface InstanceRow {
  readonly id: InstanceId;
  readonly node: string;
  readonly up: boolean;
  readonly restarts: number;
  readonly addresses: readonly string[];
  readonly cpuUsage: number;
  readonly memory: number;
  readonly lastSeen: Milliseconds;
}

/** The answer of an investigation; also what `--json` prints. Field order is part of the format. */
export interface Report {
  readonly schema: 'gumshoe.report/1';
  readonly window: { readonly from: Milliseconds; readonly to: Milliseconds };
  readonly impacted: readonly Impact[];
  readonly causes: readonly Cause[];
  readonly cleared: readonly Cleared[];
  readonly notExamined: readonly { readonly subject: string; readonly reason: string }[];
  /** One paragraph a person can act on: the statements of `claims`, one after the other. */
  readonly summary: string;
  readonly conclusion?: Conclusion;
  readonly claims?: readonly Claim[];
  readonly examined?: Examined;
}

export interface Impact {
  readonly application: ApplicationId;
  readonly slo: 'availability' | 'latency';
  readonly since: Milliseconds;
  readonly until?: Milliseconds;
  /** Nothing was seen after `until`: nobody knows whether it recovered. */
  readonly silent?: true;
  readonly impact: number;
  readonly severity: 'warning' | 'critical';
  readonly message: string;
  readonly evidence?: readonly Evidence[];
}

export interface Cause {
  readonly rank: number;
  readonly application: ApplicationId;
  readonly instance?: InstanceId;
  /** Stable id of the kind of cause: `postgres-lock`, `instance-down`, `cpu-hog`, `memory-oom`, `redis-slow`, `tcp-refused` … */
  readonly kind: string;
  /** Title of the cause in plain words. */
  readonly title: string;
  /** Metric or signal that shows it. */
  readonly signal: string;
  /** 0..1 */
  readonly score: number;
  readonly onset?: Milliseconds;
  /** From the impacted application to the cause. */
  readonly path: readonly ApplicationId[];
  readonly evidence: readonly Evidence[];
  readonly remediation: string;
  /** 0..1: how often answers like this one are right, blind spots and rivals included. */
  readonly confidence?: number;
  /** What would disprove it, whether the data allowed to look, and whether it withstood. */
  readonly falsifier?: Falsifier;
  /** Of a change: the same test on earlier changes, and on replicas that did not change. */
  readonly placebo?: Placebo;
  /** Share of the impact that would be gone, had this stayed as before. */
  readonly counterfactual?: Counterfactual;
  /** What the applications on the path do not let us see; those that hide nothing are left out. */
  readonly blindSpots?: readonly ApplicationSight[];
  /** The explanation, sentence by sentence. */
  readonly claims?: readonly Claim[];
}

export interface Cleared {
  readonly application: ApplicationId;
  readonly signal: string;
  readonly reason: string;
}

export interface TraceSummary {
  readonly traceId: string;
  readonly root: Span;
  readonly spans: number;
  readonly services: readonly string[];
  readonly errors: number;
  /** ms */
  readonly duration: number;
}

export interface TraceTree {
  readonly traceId: string;
  /** Depth-first, children by start time. */
  readonly spans: readonly TraceTreeSpan[];
  /** Spans whose parent is missing, other than the first. */
  readonly orphans: number;
}

export interface TraceTreeSpan {
  readonly span: Span;
  readonly depth: number;
  /** ms after the trace's start */
  readonly offset: number;
  /** Own time without children, ms. */
  readonly selfTime: number;
  readonly inferred: boolean;
  readonly criticalPath: boolean;
}

/** Nodes depth-first; `parent[i] < i`, root is 0. */
export interface FlameGraph {
  readonly unit: 'nanoseconds' | 'bytes' | 'count';
  readonly names: readonly string[];
  readonly name: Uint32Array;
  readonly parent: Int32Array;
  readonly depth: Uint16Array;
  readonly total: Float64Array;
  readonly self: Float64Array;
  /** Part of the whole whose stacks miss callers, since code without frame pointers hid them; absent: none is known of. */
  readonly cut?: number;
}

/** A failed part of an answer, where the rest still stands. */
export interface PartialFailure {
  readonly subject: string;
  readonly failure: Failure;
}
