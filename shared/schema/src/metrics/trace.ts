import { metricsOf } from './define.ts';

const CALL = ['service_name', 'client_service_name'] as const;

/**
 * What spans and log records say in numbers, for applications that no collector counts: worked out when records are
 * read or imported (shared/model/src/derived/trace-series.ts), so that one model and one PromQL serve both worlds.
 * `client_service_name` is '' for requests whose caller left no span.
 */
export const TRACE_METRICS = metricsOf('trace', {
  requests: {
    name: 'gumshoe_trace_requests_total',
    type: 'counter',
    unit: 'count',
    labels: [...CALL, 'status'],
    help: 'Requests served according to spans, by caller and status (ok, failed).',
  },
  duration: {
    name: 'gumshoe_trace_request_duration_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: CALL,
    help: 'Latency of these requests, but for those that wait by design (blocking commands, polls, streams).',
  },
  calls: {
    name: 'gumshoe_trace_calls_total',
    type: 'counter',
    unit: 'count',
    labels: [...CALL, 'protocol'],
    help: 'Those of these requests whose spans say what was spoken: http, grpc, kafka, postgres …',
  },
  callTime: {
    name: 'gumshoe_trace_call_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: CALL,
    help: 'Time these requests took for their callers: more than for the server by what they spent on the way.',
  },
  callFailures: {
    name: 'gumshoe_trace_call_failures_total',
    type: 'counter',
    unit: 'count',
    labels: CALL,
    help: 'Requests that failed for their callers: more than the server knows of when they did not reach it.',
  },
  selfTime: {
    name: 'gumshoe_trace_self_seconds_total',
    type: 'counter',
    unit: 'seconds',
    labels: ['service_name', 'span_name'],
    help: 'Time that spans did not spend waiting for their children, by name of the span.',
  },
  spans: {
    name: 'gumshoe_trace_spans_total',
    type: 'counter',
    unit: 'count',
    labels: ['service_name', 'span_name', 'status'],
    help: 'Spans by name and status (ok, failed).',
  },
  failures: {
    name: 'gumshoe_trace_failures_total',
    type: 'counter',
    unit: 'count',
    labels: ['service_name', 'span_name'],
    help: 'Spans that failed although none of their children did: where an error begins.',
  },
  serviceInfo: {
    name: 'gumshoe_trace_service_info',
    type: 'gauge',
    unit: 'none',
    labels: ['service_name', 'container_id', 'k8s_namespace_name', 'k8s_pod_name'],
    help: 'Where a service runs, as the resource of its spans says.',
  },
  logMessages: {
    name: 'gumshoe_log_messages_total',
    type: 'counter',
    unit: 'count',
    labels: ['service_name', 'level', 'pattern_hash', 'sample'],
    help: 'Log records by service, level and pattern.',
  },
});

const STORED: ReadonlySet<string> = new Set(
  Object.values(TRACE_METRICS).flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
);

/** Whether a stored name is one of TRACE_METRICS. */
export const isTraceMetric = (name: string): boolean => STORED.has(name);

/** Histogram bounds of `duration`, seconds; +Inf is implied. */
export const TRACE_LATENCY_BOUNDS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
] as const;
