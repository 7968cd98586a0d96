import type { Labels } from '@gumshoe/base/series';
import { CADVISOR_METRICS as X } from '@gumshoe/schema/metrics/cadvisor';
import { CONTAINER_METRICS as C } from '@gumshoe/schema/metrics/container';
import { GO_METRICS as G } from '@gumshoe/schema/metrics/go';
import { JVM_METRICS as J } from '@gumshoe/schema/metrics/jvm';
import { containerElsewhere, type Rule } from './foreign-labels.ts';

/** A process is taken for the container of its pod, else of its service. */
function ofService(labels: Labels): Labels | undefined {
  const own = containerElsewhere(labels);
  if (own) return own;
  const job = labels['exported_job'] ?? labels['job'];
  return job ? containerElsewhere({ ...labels, service: job.slice(job.lastIndexOf('/') + 1) }) : undefined;
}

/** The machine's label is its main class, which no exporter tells. */
const jvm = (labels: Labels): Labels | undefined => {
  const base = ofService(labels);
  return base && { ...base, jvm: 'java' };
};
const heap = (labels: Labels): Labels | undefined =>
  /^heap$/i.test(labels['area'] ?? labels['jvm_memory_type'] ?? labels['type'] ?? '')
    ? jvm(labels)
    : undefined;
const collector = (labels: Labels): Labels | undefined => {
  const base = jvm(labels);
  return base && { ...base, gc: labels['gc'] ?? labels['jvm_gc_name'] ?? labels['action'] ?? '' };
};

/** What processes say of themselves that their containers are measured for: used where no container is. */
export const PROCESS_RULES: Readonly<Record<string, Rule>> = {
  process_cpu_seconds_total: { to: C.cpuUsage.name, labels: ofService },
  process_cpu_time: { to: C.cpuUsage.name, labels: ofService },
  process_cpu_time_seconds_total: { to: C.cpuUsage.name, labels: ofService },
  process_resident_memory_bytes: { to: C.memoryRss.name, labels: ofService },
  process_memory_usage: { to: C.memoryRss.name, labels: ofService },
  process_memory_usage_bytes: { to: C.memoryRss.name, labels: ofService },
};

const SECONDS_OF_MS = 0.001;

/** Runtimes as Micrometer, the Prometheus clients and OpenTelemetry measure them. */
export const RUNTIME_RULES: Readonly<Record<string, Rule>> = {
  jvm_memory_used_bytes: { to: J.heapUsed.name, labels: heap },
  jvm_memory_bytes_used: { to: J.heapUsed.name, labels: heap },
  jvm_memory_used: { to: J.heapUsed.name, labels: heap },
  process_runtime_jvm_memory_usage: { to: J.heapUsed.name, labels: heap },
  jvm_memory_max_bytes: { to: J.heapMax.name, labels: heap },
  jvm_memory_bytes_max: { to: J.heapMax.name, labels: heap },
  jvm_memory_limit: { to: J.heapMax.name, labels: heap },
  jvm_memory_limit_bytes: { to: J.heapMax.name, labels: heap },
  jvm_gc_pause_seconds_sum: { to: J.gcTime.name, labels: collector },
  jvm_gc_collection_seconds_sum: { to: J.gcTime.name, labels: collector },
  jvm_gc_duration_seconds_sum: { to: J.gcTime.name, labels: collector },
  jvm_gc_duration_sum: { to: J.gcTime.name, labels: collector },
  process_runtime_jvm_gc_duration_sum: { to: J.gcTime.name, labels: collector, scale: SECONDS_OF_MS },
  jvm_threads_live_threads: { to: X.threads.name, labels: ofService },
  jvm_threads_current: { to: X.threads.name, labels: ofService },
  jvm_thread_count: { to: X.threads.name, labels: ofService },
  process_open_fds: { to: X.fileDescriptors.name, labels: ofService },
  process_files_open_files: { to: X.fileDescriptors.name, labels: ofService },
  go_memstats_alloc_bytes_total: { to: G.allocatedBytes.name, labels: ofService },
};
