import type { Labels } from '@gumshoe/base/series';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import type { Rule } from './foreign-metrics.ts';

// Names as OTLP has them with `_` for `.`, and as the Collector's Prometheus exporter writes them, with units.

/** Kubernetes' and Docker's statistics carry the container in resource attributes, which became labels. */
const container = (labels: Labels): Labels | undefined => {
  const id = labels['container_id'] ?? '';
  return id.startsWith('/') ? { container_id: id, machine_id: labels['machine_id'] ?? '' } : undefined;
};

const nodeCpu = (labels: Labels): Labels | undefined => {
  const machine = labels['machine_id'] ?? labels['instance'] ?? labels['host'];
  if (!machine) return undefined;
  return { machine_id: machine, mode: labels['state'] ?? labels['mode'] ?? '', cpu: labels['cpu'] ?? '' };
};

const serviceOf = (labels: Labels): string | undefined =>
  labels['service_name'] ?? labels['service'] ?? labels['exported_job'] ?? labels['job'];

/** Requests that a service itself says it answered; nothing says who asked. */
function served(labels: Labels): Labels | undefined {
  const service = serviceOf(labels);
  const kind = labels['span_kind'] ?? 'SPAN_KIND_SERVER';
  return service && /SERVER|CONSUMER/i.test(kind)
    ? { service_name: service, client_service_name: '' }
    : undefined;
}

function outcome(labels: Labels): Labels | undefined {
  const base = served(labels);
  const http = labels['http_response_status_code'] ?? labels['http_status_code'] ?? '';
  const grpc = labels['rpc_grpc_status_code'] ?? '0';
  const failed =
    http.startsWith('5') || !/^(0|OK)?$/i.test(grpc) || /ERROR/i.test(labels['status_code'] ?? '');
  return base && { ...base, status: failed ? 'failed' : 'ok' };
}

/** The same as spans of the service: what makes it an application. */
const operation: Rule = {
  to: T.spans.name,
  labels: (labels) => {
    const base = outcome(labels);
    const name = labels['span_name'] ?? labels['http_route'] ?? labels['rpc_method'] ?? '';
    return (
      base && { service_name: base['service_name'] ?? '', span_name: name, status: base['status'] ?? 'ok' }
    );
  },
};

const bucket =
  (scale: number) =>
  (labels: Labels): Labels | undefined => {
    const base = served(labels);
    const le = labels['le'] ?? '';
    return base && { ...base, le: le === '+Inf' ? le : String(Number((Number(le) * scale).toPrecision(12))) };
  };

/** A histogram of durations: buckets and sum in seconds, and its count as requests by outcome. */
const durations = (name: string, scale: number): readonly (readonly [string, Rule])[] => [
  [`${name}_bucket`, { to: `${T.duration.name}_bucket`, labels: bucket(scale) }],
  [`${name}_sum`, { to: `${T.duration.name}_sum`, labels: served, scale }],
  [`${name}_count`, { to: T.requests.name, labels: outcome, also: operation }],
];
/** Of a histogram whose requests another metric counts. */
const durationsOnly = (name: string, scale: number) => durations(name, scale).slice(0, 2);

/** Common names: only what the Collector counted of spans says their kind. */
const ofSpans = (rule: Rule): Rule => ({
  ...rule,
  labels: (labels) => (labels['span_kind'] ? rule.labels(labels) : undefined),
  ...(rule.also ? { also: ofSpans(rule.also) } : {}),
});

const SECONDS = 1;
const MILLISECONDS = 0.001;

/** Of containers and nodes: kubelet and host statistics of the Collector. */
export const OTEL_RULES: Readonly<Record<string, Rule>> = {
  container_cpu_time: { to: C.cpuUsage.name, labels: container },
  container_cpu_time_seconds_total: { to: C.cpuUsage.name, labels: container },
  container_memory_working_set: { to: C.memoryRss.name, labels: container },
  k8s_container_memory_limit: { to: C.memoryLimit.name, labels: container },
  k8s_container_memory_limit_bytes: { to: C.memoryLimit.name, labels: container },
  k8s_container_cpu_limit: { to: C.cpuLimit.name, labels: container },
  k8s_container_restarts: { to: C.restarts.name, labels: container },
  system_cpu_time: { to: N.cpuUsage.name, labels: nodeCpu },
  system_cpu_time_seconds_total: { to: N.cpuUsage.name, labels: nodeCpu },
};

/** Of requests: used where there are no spans, which say more: who asked. The first that a file has is taken. */
export const OTEL_REQUEST_RULES: readonly Readonly<Record<string, Rule>>[] = [
  ...['traces_span_metrics_calls_total', 'traces_spanmetrics_calls_total', 'calls_total', 'calls'].map(
    (calls) =>
      Object.fromEntries(
        [
          [calls, { to: T.requests.name, labels: outcome, also: operation }] as const,
          ...durationsOnly('traces_span_metrics_duration_milliseconds', MILLISECONDS),
          ...durationsOnly('traces_spanmetrics_latency', SECONDS),
          ...durationsOnly('duration_milliseconds', MILLISECONDS),
          ...durationsOnly('duration', MILLISECONDS),
        ].map(([name, rule]) => [name, ofSpans(rule)]),
      ),
  ),
  Object.fromEntries(durations('http_server_request_duration_seconds', SECONDS)),
  Object.fromEntries(durations('http_server_request_duration', SECONDS)),
  Object.fromEntries(durations('http_server_duration_milliseconds', MILLISECONDS)),
  Object.fromEntries(durations('http_server_duration', MILLISECONDS)),
  Object.fromEntries(durations('rpc_server_duration_milliseconds', MILLISECONDS)),
  Object.fromEntries(durations('rpc_server_duration', MILLISECONDS)),
];
