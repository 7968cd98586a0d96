import type { Labels } from '@gumshoe/base/series';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { containerElsewhere, containerOf, podNetwork, type Rule } from './foreign-labels.ts';

/** Sums of a pod are read as well; `withoutSums` drops them where its containers are there. */
const container = (labels: Labels): Labels | undefined => containerOf(labels, true);

const device = (labels: Labels): Labels | undefined => {
  const base = container(labels);
  return base && { ...base, mount_point: '', device: labels['device'] ?? '', volume: '' };
};

const disk = (labels: Labels): Labels | undefined => {
  const base = container(labels);
  return (
    base && { ...base, mount_point: labels['mountpoint'] ?? '/', device: labels['device'] ?? '', volume: '' }
  );
};

/** kube-state-metrics has one metric for the limits of all resources. */
const limitOf =
  (resource: string) =>
  (labels: Labels): Labels | undefined =>
    labels['resource'] === resource ? containerElsewhere(labels) : undefined;

const ofDirection =
  (direction: string) =>
  (labels: Labels): Labels | undefined =>
    labels['direction'] === direction ? podNetwork(labels) : undefined;

const NETWORK: ReadonlySet<string> = new Set([
  X.networkReceived.name,
  X.networkTransmitted.name,
  X.networkReceiveDropped.name,
  X.networkTransmitDropped.name,
]);

/** Containers as cAdvisor, kube-state-metrics and the Collector's receivers measure them. */
export const CONTAINER_RULES: Readonly<Record<string, Rule>> = {
  container_cpu_usage_seconds_total: { to: C.cpuUsage.name, labels: container },
  container_cpu_cfs_throttled_seconds_total: { to: C.cpuThrottled.name, labels: container },
  container_memory_rss: { to: C.memoryRss.name, labels: container },
  container_memory_working_set_bytes: { to: C.memoryRss.name, labels: container },
  container_memory_usage_bytes: { to: C.memoryRss.name, labels: container },
  container_memory_cache: { to: C.memoryCache.name, labels: container },
  container_spec_memory_limit_bytes: { to: C.memoryLimit.name, labels: container },
  // in each period of 100 ms, which is the kernel's and Kubernetes' default
  container_spec_cpu_quota: { to: C.cpuLimit.name, labels: container, scale: 1e-5 },
  container_oom_events_total: { to: C.oomKills.name, labels: container },
  container_fs_reads_total: { to: C.diskReads.name, labels: device },
  container_fs_writes_total: { to: C.diskWrites.name, labels: device },
  container_fs_reads_bytes_total: { to: C.diskReadBytes.name, labels: device },
  container_fs_writes_bytes_total: { to: C.diskWrittenBytes.name, labels: device },
  container_fs_usage_bytes: { to: C.diskUsed.name, labels: disk },
  container_fs_limit_bytes: { to: C.diskSize.name, labels: disk },
  ...Object.fromEntries(
    Object.values(X).map(({ name }) => [
      name,
      { to: name, labels: NETWORK.has(name) ? podNetwork : container },
    ]),
  ),
  kube_pod_container_status_restarts_total: { to: C.restarts.name, labels: containerElsewhere },
  kube_pod_container_resource_limits: {
    to: C.cpuLimit.name,
    labels: limitOf('cpu'),
    also: { to: C.memoryLimit.name, labels: limitOf('memory') },
  },
  kube_pod_container_resource_limits_cpu_cores: { to: C.cpuLimit.name, labels: containerElsewhere },
  kube_pod_container_resource_limits_memory_bytes: { to: C.memoryLimit.name, labels: containerElsewhere },
  container_cpu_time: { to: C.cpuUsage.name, labels: container },
  container_cpu_time_seconds_total: { to: C.cpuUsage.name, labels: container },
  container_cpu_usage_total: { to: C.cpuUsage.name, labels: container, scale: 1e-9 },
  container_memory_working_set: { to: C.memoryRss.name, labels: container },
  container_memory_usage_total: { to: C.memoryRss.name, labels: container },
  container_memory_usage_limit: { to: C.memoryLimit.name, labels: container },
  k8s_container_memory_limit: { to: C.memoryLimit.name, labels: container },
  k8s_container_memory_limit_bytes: { to: C.memoryLimit.name, labels: container },
  k8s_container_cpu_limit: { to: C.cpuLimit.name, labels: container },
  k8s_container_restarts: { to: C.restarts.name, labels: container },
  k8s_pod_cpu_time: { to: C.cpuUsage.name, labels: container },
  k8s_pod_cpu_time_seconds_total: { to: C.cpuUsage.name, labels: container },
  k8s_pod_memory_working_set: { to: C.memoryRss.name, labels: container },
  k8s_pod_memory_working_set_bytes: { to: C.memoryRss.name, labels: container },
  k8s_pod_network_io: {
    to: X.networkReceived.name,
    labels: ofDirection('receive'),
    also: { to: X.networkTransmitted.name, labels: ofDirection('transmit') },
  },
  k8s_pod_network_errors: { to: X.networkReceiveDropped.name, labels: ofDirection('receive') },
};

/** Gauges of a rate that stand for a counter: the Collector's receivers give both. */
export const CONTAINER_RATES: Readonly<Record<string, Rule>> = {
  container_cpu_usage: { to: C.cpuUsage.name, labels: container },
  container_cpu_utilization: { to: C.cpuUsage.name, labels: container },
  k8s_pod_cpu_usage: { to: C.cpuUsage.name, labels: container },
  k8s_pod_cpu_utilization: { to: C.cpuUsage.name, labels: container },
};

/** Metrics of which only the first in this list is used, where a case has several. */
export const ALTERNATIVES: readonly (readonly string[])[] = [
  ['container_memory_working_set_bytes', 'container_memory_rss', 'container_memory_usage_bytes'],
  ['container_memory_working_set', 'k8s_pod_memory_working_set', 'container_memory_usage_total'],
  [
    'container_cpu_usage_seconds_total',
    'container_cpu_time_seconds_total',
    'container_cpu_time',
    'container_cpu_usage_total',
    'k8s_pod_cpu_time_seconds_total',
    'k8s_pod_cpu_time',
    'container_cpu_usage',
    'k8s_pod_cpu_usage',
    'container_cpu_utilization',
    'k8s_pod_cpu_utilization',
  ],
  ['kube_pod_container_resource_limits', 'container_spec_memory_limit_bytes'],
  ['kube_pod_container_resource_limits', 'container_spec_cpu_quota'],
  ['process_cpu_seconds_total', 'process_cpu_time_seconds_total', 'process_cpu_time'],
];
