import type { Labels, Series } from '@gumshoe/base/series';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { NODE_METRICS as N } from '@gumshoe/schema/metrics/node';
import { TRACE_METRICS as T } from '@gumshoe/schema/metrics/trace';
import { OTEL_REQUEST_RULES, OTEL_RULES } from './otel-metrics.ts';

/** How a metric of another system becomes one of the catalogue. `undefined` labels: not this series. */
export interface Rule {
  readonly to: string;
  readonly labels: (labels: Labels) => Labels | undefined;
  readonly scale?: number;
  /** A second metric that the same series becomes. */
  readonly also?: Rule;
}

const machineOf = (labels: Labels): string => labels['node'] ?? labels['instance'] ?? labels['host'] ?? '';

/** cAdvisor's and kube-state-metrics' labels; the pod's sums (no container) and pause containers are left out. */
function pod(labels: Labels): Labels | undefined {
  // from OTLP, where resource attributes say it
  if (labels['container_id']?.startsWith('/k8s/'))
    return { container_id: labels['container_id'], machine_id: labels['machine_id'] ?? machineOf(labels) };
  const name = labels['pod'] ?? labels['pod_name'];
  const container = labels['container'] ?? labels['container_name'];
  if (name && container && container !== 'POD')
    return {
      container_id: `/k8s/${labels['namespace'] ?? 'default'}/${name}/${container}`,
      machine_id: machineOf(labels),
    };
  const docker = labels['name'];
  return docker && !name ? { container_id: `/docker/${docker}`, machine_id: machineOf(labels) } : undefined;
}

/** As `pod`, for metrics that cAdvisor has of the whole pod. */
const device = (labels: Labels): Labels | undefined => {
  const base = pod(labels);
  return base && { ...base, mount_point: '', device: labels['device'] ?? '', volume: '' };
};

const node = (labels: Labels): Labels => ({ machine_id: machineOf(labels) });

/** Istio's standard labels. Reported by the server's proxy where it has one, so that no request counts twice. */
function mesh(labels: Labels): Labels | undefined {
  const server =
    labels['destination_canonical_service'] ?? labels['destination_workload'] ?? labels['destination_app'];
  const client = labels['source_canonical_service'] ?? labels['source_workload'] ?? labels['source_app'];
  if (!server || server === 'unknown' || labels['reporter'] === 'source') return undefined;
  return {
    service_name: server,
    client_service_name: client === undefined || client === 'unknown' ? '' : client,
  };
}

const meshStatus = (labels: Labels): Labels | undefined => {
  const base = mesh(labels);
  const failed =
    /^5|^0$/.test(labels['response_code'] ?? '') || /^(?!0$)\d+$/.test(labels['grpc_response_status'] ?? '');
  return base && { ...base, status: failed ? 'failed' : 'ok' };
};

const meshBucket = (labels: Labels): Labels | undefined => {
  const base = mesh(labels);
  const le = labels['le'] ?? '';
  return base && { ...base, le: le === '+Inf' ? le : String(Number(le) / 1000) };
};

/** The pod's network namespace is that of all its containers: cAdvisor names none, or the pause container. */
function podNetwork(labels: Labels): Labels | undefined {
  const name = labels['pod'] ?? labels['pod_name'];
  if (!name) return pod(labels);
  return {
    container_id: `/k8s/${labels['namespace'] ?? 'default'}/${name}/POD`,
    machine_id: machineOf(labels),
  };
}

const NETWORK: ReadonlySet<string> = new Set([
  X.networkReceived.name,
  X.networkTransmitted.name,
  X.networkReceiveDropped.name,
  X.networkTransmitDropped.name,
]);

const RULES: Readonly<Record<string, Rule>> = {
  ...OTEL_RULES,
  container_cpu_usage_seconds_total: { to: C.cpuUsage.name, labels: pod },
  container_cpu_cfs_throttled_seconds_total: { to: C.cpuThrottled.name, labels: pod },
  container_memory_rss: { to: C.memoryRss.name, labels: pod },
  container_memory_working_set_bytes: { to: C.memoryRss.name, labels: pod },
  container_memory_cache: { to: C.memoryCache.name, labels: pod },
  container_spec_memory_limit_bytes: { to: C.memoryLimit.name, labels: pod },
  container_oom_events_total: { to: C.oomKills.name, labels: pod },
  container_fs_reads_total: { to: C.diskReads.name, labels: device },
  container_fs_writes_total: { to: C.diskWrites.name, labels: device },
  container_fs_reads_bytes_total: { to: C.diskReadBytes.name, labels: device },
  container_fs_writes_bytes_total: { to: C.diskWrittenBytes.name, labels: device },
  ...Object.fromEntries(
    Object.values(X).map(({ name }) => [name, { to: name, labels: NETWORK.has(name) ? podNetwork : pod }]),
  ),
  kube_pod_container_status_restarts_total: { to: C.restarts.name, labels: pod },
  node_cpu_seconds_total: {
    to: N.cpuUsage.name,
    labels: (labels) => ({ ...node(labels), mode: labels['mode'] ?? '', cpu: labels['cpu'] ?? '' }),
  },
  node_memory_MemTotal_bytes: { to: N.memoryTotal.name, labels: node },
  node_memory_MemAvailable_bytes: { to: N.memoryAvailable.name, labels: node },
  node_disk_io_time_seconds_total: {
    to: N.diskIoTime.name,
    labels: (labels) => ({ ...node(labels), device: labels['device'] ?? '' }),
  },
  istio_requests_total: { to: T.requests.name, labels: meshStatus },
  istio_request_duration_milliseconds_bucket: { to: `${T.duration.name}_bucket`, labels: meshBucket },
  istio_request_duration_milliseconds_sum: { to: `${T.duration.name}_sum`, labels: mesh, scale: 0.001 },
  istio_request_duration_milliseconds_count: { to: `${T.duration.name}_count`, labels: mesh },
};

const UNLIMITED_IS_ZERO = 'container_spec_memory_limit_bytes';

/** Metrics of which only the first in this order is used, where a container has several. */
const PREFERRED: Readonly<Record<string, string>> = {
  container_memory_rss: 'container_memory_working_set_bytes',
};

/**
 * What cAdvisor, kube-state-metrics, the node exporter and Istio's proxies measured, in terms of the catalogue. The
 * foreign series stay as they are beside them, and the new ones keep what else their labels say. Metrics that the catalogue has already are left alone.
 */
export function translateForeign(series: readonly Series[], hasSpans = false): readonly Series[] {
  const present = new Set(series.map(({ labels }) => labels['__name__'] ?? ''));
  const rules = rulesFor(present, hasSpans);
  return series.flatMap((one) => {
    const name = one.labels['__name__'] ?? '';
    const rule = rules[name];
    const better = PREFERRED[name];
    if (!rule || isOurs(rule, one.labels, present) || (better !== undefined && present.has(better)))
      return [];
    if (name === UNLIMITED_IS_ZERO && !one.values.some((value) => value > 0)) return [];
    return [...translated(one, rule), ...(rule.also ? translated(one, rule.also) : [])];
  });
}

function translated(series: Series, { to, scale, labels }: Rule): readonly Series[] {
  const ours = labels(series.labels);
  if (!ours) return [];
  const values = scale === undefined ? series.values : series.values.map((value) => value * scale);
  return [{ labels: { ...series.labels, ...ours, __name__: to }, timestamps: series.timestamps, values }];
}

/** Requests are counted once: by a mesh, else by spans, else by what services and the Collector say. */
function rulesFor(present: ReadonlySet<string>, hasSpans: boolean): Readonly<Record<string, Rule>> {
  const counted = hasSpans || present.has('istio_requests_total') || present.has(T.requests.name);
  const requests = counted
    ? undefined
    : OTEL_REQUEST_RULES.find((rules) =>
        Object.entries(rules).some(([name, { to }]) => to === T.requests.name && present.has(name)),
      );
  return { ...RULES, ...requests };
}

/** Already in terms of the catalogue: nothing to translate. */
const isOurs = ({ to }: Rule, labels: Labels, present: ReadonlySet<string>): boolean =>
  to === labels['__name__'] ? labels['container_id'] !== undefined : present.has(to);

/** Names of the foreign metrics that are understood. */
export const FOREIGN_METRICS: readonly string[] = [
  ...new Set([RULES, ...OTEL_REQUEST_RULES].flatMap((rules) => Object.keys(rules))),
];
